import { useMutation, useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

export function useHosts(inactive: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ['hosts', { inactive }],
    queryFn: async () => {
      let states = { reporting: 0, silent: 0, inactive: 0 };
      const list = await fetchWhole(async (cursor) => {
        const page = await api.call('hosts.list', {
          query: { limit: 500, cursor, inactive: inactive ? 'true' : 'false' },
        });
        states = page.states;
        return page;
      });
      return { ...list, states };
    },
  });
}

export function useEnrolment() {
  const api = useApi();
  return useMutation({ mutationFn: (nodes: boolean) => api.call('agents.enrollments', { body: { nodes } }) });
}
