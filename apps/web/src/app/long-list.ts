import { type QueryKey, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useApi } from './api.tsx';

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

function pagesOf(data: unknown): number {
  const pages = typeof data === 'object' && data !== null && 'pages' in data ? data.pages : undefined;
  return Array.isArray(pages) ? pages.length : 0;
}

/** A list that the console sorts and filters: further pages on demand. */
export function useLongList<T, P extends ListPage<T> = ListPage<T>>(
  queryKey: QueryKey,
  fetchPage: (
    api: ReturnType<typeof useApi>,
    page: { readonly limit: number; readonly cursor: string | undefined },
  ) => Promise<P & ListPage<T>>,
) {
  const api = useApi();
  const client = useQueryClient();
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(api, { limit: PAGE, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Outdated by what the console says, never by age.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: (query) => !isLong(query),
    refetchOnReconnect: (query) => !isLong(query),
    meta: { kind: KIND },
  });
  const pages = list.data?.pages;
  return {
    ...list,
    first: pages?.[0],
    rows: pages?.flatMap(({ items }) => items) ?? [],
    total: pages?.[0]?.total,
    outdated: list.isStale && !list.isFetching && pagesOf(list.data) > LIVE_PAGES_MAX,
    /** As it is now, from the top. */
    show: () => {
      client.setQueryData<typeof list.data>(queryKey, (old) =>
        old === undefined ? old : { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) },
      );
      window.scrollTo(0, 0);
      void list.refetch();
    },
    more: () => {
      // Asked for again while the table is drawn: that is no reason to begin anew.
      if (list.hasNextPage) void list.fetchNextPage({ cancelRefetch: false });
    },
  };
}
