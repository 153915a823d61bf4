import { type Query, type QueryKey, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useApi } from './api.tsx';
import { fetchFurther } from './further-rows.tsx';
import { rowsOf } from './list-rows.ts';

const PAGE = 200;
/** Fetched again with every change of the estate, which is every few seconds in a large one; of a longer list that would be each page. */
const LIVE_PAGES_MAX = 2;
const KIND = 'page by page';

interface ListPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: { readonly value: number; readonly exact: boolean };
}

/** A list of which more was scrolled to than is fetched again by itself: its page says when it is outdated. */
export function isLong(query: {
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  readonly state: { readonly data: unknown };
}): boolean {
  return query.meta?.['kind'] === KIND && pagesOf(query.state.data) > LIVE_PAGES_MAX;
}

/**
 * The last change that was told of each list since its first page was fetched. A query forgets that it was invalidated as soon as a
 * further page comes, while the pages before that are as old as they were.
 */
const changes = new WeakMap<Query, symbol>();

/** Its first page is from before a change of the estate. */
export function tellOutdated(query: Query): void {
  changes.set(query, Symbol('change'));
}

function pagesOf(data: unknown): number {
  const pages = typeof data === 'object' && data !== null && 'pages' in data ? data.pages : undefined;
  return Array.isArray(pages) ? pages.length : 0;
}

/** A list that the console sorts and filters: further pages on demand. */
export function useLongList<T, P extends ListPage<T> = ListPage<T>>(
  queryKey: QueryKey,
  keyOf: (row: T) => string,
  fetchPage: (
    api: ReturnType<typeof useApi>,
    page: { readonly limit: number; readonly cursor: string | undefined },
  ) => Promise<P & ListPage<T>>,
) {
  const api = useApi();
  const client = useQueryClient();
  const list = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam }) => {
      const query = client.getQueryCache().find({ queryKey, exact: true });
      const before = query && changes.get(query);
      const page = await fetchPage(api, { limit: PAGE, cursor: pageParam });
      // The first page is fetched only where all of them are; what was told meanwhile may not be in it.
      if (pageParam === undefined && query !== undefined && changes.get(query) === before) changes.delete(query);
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Outdated by what the console says, never by age.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: (query) => !isLong(query),
    refetchOnReconnect: (query) => !isLong(query),
    meta: { kind: KIND },
  });
  const pages = list.data?.pages;
  const query = client.getQueryCache().find({ queryKey, exact: true });
  // A page that failed leaves the list stale as well: that is no change of it.
  const changed = (query !== undefined && changes.has(query)) || (list.isStale && !list.isError);
  return {
    ...list,
    first: pages?.[0],
    rows: rowsOf(pages, keyOf),
    total: pages?.[0]?.total,
    outdated: changed && (!list.isFetching || list.isFetchingNextPage) && pagesOf(list.data) > LIVE_PAGES_MAX,
    /** As it is now, from the top. */
    show: () => {
      client.setQueryData<typeof list.data>(queryKey, (old) =>
        old === undefined ? old : { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) },
      );
      window.scrollTo(0, 0);
      void list.refetch();
    },
    more: () => fetchFurther(list),
  };
}
