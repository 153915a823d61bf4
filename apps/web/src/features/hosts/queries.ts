import { useMutation, useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

export function useHosts() {
  const api = useApi();
  return useQuery({
    queryKey: ['hosts'],
    queryFn: () => fetchWhole((cursor) => api.call('hosts.list', { query: { limit: 500, cursor } })),
  });
}

export function useEnrolment() {
  const api = useApi();
  return useMutation({ mutationFn: () => api.call('agents.enrollments', {}) });
}
