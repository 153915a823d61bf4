import type { HostRow } from '@hullcheck/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useApi } from '../../app/api.tsx';
import { useLongList } from '../../app/long-list.ts';
import type { HostsSearch } from '../../app/search.ts';

/** As the address asks for them: of those that are heard from where it says nothing else. */
export function useHosts({ inactive, ...filters }: HostsSearch) {
  const query = { ...filters, inactive: inactive === true ? ('true' as const) : ('false' as const) };
  return useLongList(
    ['hosts', 'list', query],
    (row: HostRow) => row.id,
    (api, page) => api.call('hosts.list', { query: { ...query, ...page } }),
  );
}

/** The worst of those that have a runtime which can't be read, and how many there are. */
export function useUnreadableHosts(limit: number) {
  const api = useApi();
  return useQuery({
    queryKey: ['hosts', 'unreadable', limit],
    queryFn: () => api.call('hosts.list', { query: { unreadable: 'true', inactive: 'false', limit } }),
  });
}

export function useEnrolment() {
  const api = useApi();
  return useMutation({ mutationFn: (nodes: boolean) => api.call('agents.enrollments', { body: { nodes } }) });
}
