import type { ImageRow } from '@hullcheck/contract';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../../app/api.tsx';
import { rowsOf } from '../../app/list-rows.ts';
import type { ContainersSearch } from '../../app/search.ts';
import { holdOrder } from '../../design/hold-order.ts';

/** Some screens of rows; a page of the estate is asked for with each that is scrolled to. */
const PAGE = 100;
const RUNNING_MS = 2_500;

/** The list as the address asks for it; more pages on demand, and again every few seconds while a visible row is being read. */
export function useImages(filters: Omit<ContainersSearch, 'image'>) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['images', 'list', filters],
    queryFn: ({ pageParam }) => api.call('images.list', { query: { ...filters, limit: PAGE, cursor: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((row) => row.assessment.activity === 'running')) === true
        ? RUNNING_MS
        : false,
  });
}

interface Taken {
  readonly filters: string;
  readonly pages: number;
  readonly rows: readonly ImageRow[];
}

/** The rows in the order in which the person first saw them, until `show` takes the new order. */
export function useHeldRows(filters: string, pages: readonly { readonly items: readonly ImageRow[] }[] | undefined) {
  const fresh = rowsOf(pages, (row) => row.id);
  const [taken, setTaken] = useState<Taken | undefined>();
  const now: Taken = { filters, pages: pages?.length ?? 0, rows: fresh };
  if (pages !== undefined && mustTake(taken, now)) {
    setTaken(taken?.filters === filters && taken.rows.length > 0 ? appended(taken, now) : now);
  }
  const rows = taken?.filters === filters ? taken.rows : fresh;
  const held = holdOrder(
    rows.map((row) => row.id),
    new Map(rows.map((row) => [row.id, row])),
    fresh,
    (row) => row.id,
  );
  return { ...held, show: () => setTaken(now) };
}

function mustTake(taken: Taken | undefined, now: Taken): boolean {
  if (taken === undefined || taken.filters !== now.filters) return true;
  if (taken.pages !== now.pages) return true;
  // An empty list has no order to keep: what comes is shown at once.
  return taken.rows.length === 0 && now.rows.length > 0;
}

/** Another page came: its rows follow, those already there stay where they are. */
function appended(taken: Taken, now: Taken): Taken {
  const known = new Set(taken.rows.map((row) => row.id));
  return { ...now, rows: [...taken.rows, ...now.rows.filter((row) => !known.has(row.id))] };
}

export function useSamples() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('samples.create', {}),
    onSuccess: () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' }),
  });
}

/** Images that others were built on: what the list can be narrowed to. */
export function useBases() {
  const api = useApi();
  return useQuery({ queryKey: ['images', 'bases'], queryFn: () => api.call('bases.list', {}), staleTime: 60_000 });
}
