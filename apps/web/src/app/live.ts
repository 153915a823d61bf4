import type { Overview } from '@hullcheck/contract';
import { type Query, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useApi } from './api.tsx';
import { isLong, tellOutdated } from './long-list.ts';

const BUSY_MS = 2_000;
const IDLE_MS = 10_000;

/** How soon to ask again: often while something runs, seldom otherwise. */
export function pollDelayMs(overview: Overview | undefined): number {
  return overview !== undefined && (overview.running.length > 0 || overview.queued > 0) ? BUSY_MS : IDLE_MS;
}

export function useOverview() {
  const api = useApi();
  return useQuery({
    queryKey: ['overview'],
    queryFn: () => api.call('overview.get', {}),
    refetchInterval: (query) => pollDelayMs(query.state.data),
    refetchOnWindowFocus: true,
    staleTime: 1_000,
  });
}

/** Fetches what is on the page again when the console says that any list could show something else. Once, in the shell. */
export function useLiveLists(): void {
  const client = useQueryClient();
  const revision = useOverview().data?.revision;
  const seen = useRef(revision);
  useEffect(() => {
    if (revision === undefined || revision === seen.current) return;
    const first = seen.current === undefined;
    seen.current = revision;
    if (first) return;
    const isListed = ({ queryKey: [what] }: Query) => what !== 'overview' && what !== 'session' && what !== 'trend';
    void client.invalidateQueries({ predicate: (query) => isListed(query) && !isLong(query) });
    const long = client.getQueryCache().findAll({ predicate: (query) => isListed(query) && isLong(query) });
    for (const query of long) {
      tellOutdated(query);
      void client.invalidateQueries({ queryKey: query.queryKey, exact: true, refetchType: 'none' });
    }
  }, [revision, client]);
}
