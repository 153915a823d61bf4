import { useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

export function useHost(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ['hosts', id], queryFn: () => api.call('hosts.get', { params: { id } }) });
}

export function useHostContainers(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['hosts', id, 'containers'],
    queryFn: () =>
      fetchWhole((cursor) => api.call('hosts.containers', { params: { id }, query: { limit: 500, cursor } })),
  });
}

export function useHostImages(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['hosts', id, 'images'],
    queryFn: () => fetchWhole((cursor) => api.call('hosts.images', { params: { id }, query: { limit: 500, cursor } })),
  });
}
