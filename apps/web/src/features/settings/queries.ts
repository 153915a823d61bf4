import type { CallInput } from '@hullcheck/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

const PAGE = 500;

export function useDatabase() {
  const api = useApi();
  return useQuery({
    queryKey: ['database'],
    queryFn: () => api.call('database.get', {}),
    refetchInterval: ({ state }) => (state.data?.activity === 'refreshing' ? 1_500 : false),
  });
}

export function useRefresh() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('database.refresh', {}),
    onSuccess: (database) => client.setQueryData(['database'], database),
  });
}

export function useAgents() {
  const api = useApi();
  return useQuery({
    queryKey: ['agents'],
    queryFn: () => fetchWhole((cursor) => api.call('agents.list', { query: { limit: PAGE, cursor } })),
  });
}

export function useRevokeAgent() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('agents.revoke', { params: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['agents'] }),
  });
}

export function useNodeEnrollment() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: { readonly id: string } & CallInput<'agents.update'>['body']) =>
      api.call('agents.update', { params: { id }, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['agents'] }),
  });
}

export function useTokens() {
  const api = useApi();
  return useQuery({
    queryKey: ['tokens'],
    queryFn: () => fetchWhole((cursor) => api.call('tokens.list', { query: { limit: PAGE, cursor } })),
  });
}

export function useCreateToken() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CallInput<'tokens.create'>['body']) => api.call('tokens.create', { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
    // The secret is in this answer: it must not stay in memory after the dialog.
    gcTime: 0,
  });
}

export function useRevokeToken() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('tokens.delete', { params: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useAudit() {
  const api = useApi();
  return useQuery({ queryKey: ['audit'], queryFn: () => api.call('audit.list', { query: { limit: PAGE } }) });
}

export function useJobs() {
  const api = useApi();
  return useQuery({
    queryKey: ['jobs'],
    queryFn: () => api.call('jobs.list', { query: { limit: PAGE } }),
    refetchInterval: 5_000,
  });
}
