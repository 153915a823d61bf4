import type { CallInput } from '@hullcheck/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

const key = ['connections'] as const;

export function useConnections() {
  const api = useApi();
  return useQuery({
    queryKey: key,
    queryFn: () => fetchWhole((cursor) => api.call('connections.list', { query: { limit: 500, cursor } })),
  });
}

export type Tried = CallInput<'connections.test'>['body'];

export function useTest() {
  const api = useApi();
  return useMutation({ mutationFn: (body: Tried) => api.call('connections.test', { body }) });
}

export type Changed = CallInput<'connections.update'>['body'];

export function useSave(id: string | undefined) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Changed) =>
      id === undefined
        ? api.call('connections.create', { body: created(body) })
        : api.call('connections.update', { params: { id }, body }),
    onSuccess: () =>
      Promise.all([client.invalidateQueries({ queryKey: key }), client.invalidateQueries({ queryKey: ['overview'] })]),
  });
}

/** A new connection has no saved credential that could stay: what the form leaves out is nobody. */
function created({ repositoryCredentials = [], ...body }: Changed): CallInput<'connections.create'>['body'] {
  return {
    ...body,
    repositoryCredentials: repositoryCredentials.map(({ pattern, auth = { kind: 'anonymous' } }) => ({
      pattern,
      auth,
    })),
  };
}

export function useDelete() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('connections.delete', { params: { id } }),
    onSuccess: () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' }),
  });
}

export function useSync() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('connections.sync', { params: { id } }),
    onSuccess: () =>
      Promise.all([client.invalidateQueries({ queryKey: key }), client.invalidateQueries({ queryKey: ['overview'] })]),
  });
}
