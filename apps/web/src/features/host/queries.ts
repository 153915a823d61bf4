import type { ContainerRow, ImageRow } from '@hullcheck/contract';
import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../app/api.tsx';
import { useLongList } from '../../app/long-list.ts';
import type { HostSearch } from '../../app/search.ts';

/** What tells a host's containers apart: `runtime/id`. */
export const containerKey = (row: Pick<ContainerRow, 'runtime' | 'id'>): string => `${row.runtime}/${row.id}`;

export function useHost(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ['hosts', id], queryFn: () => api.call('hosts.get', { params: { id } }) });
}

export function useHostContainers(id: string, filters: Pick<HostSearch, 'q' | 'state' | 'running' | 'sort'>) {
  return useLongList(['hosts', id, 'containers', filters], containerKey, (api, page) =>
    api.call('hosts.containers', { params: { id }, query: { ...filters, ...page } }),
  );
}

export function useHostImages(id: string, q: string | undefined) {
  return useLongList(
    ['hosts', id, 'images', q],
    (row: ImageRow) => row.id,
    (api, page) => api.call('hosts.images', { params: { id }, query: { q, ...page } }),
  );
}

/** `key`: `runtime/id`. */
export function useContainer(host: string, key: string) {
  const api = useApi();
  const slash = key.indexOf('/');
  const [runtime, container] = [key.slice(0, Math.max(0, slash)), key.slice(slash + 1)];
  return useQuery({
    queryKey: ['hosts', host, 'container', key],
    queryFn: () => api.call('hosts.container', { params: { id: host, runtime, container } }),
  });
}
