import type { ApiClient } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { QueryClient } from '@tanstack/react-query';
import { createContext, use } from 'react';

export const ApiContext = createContext<ApiClient | undefined>(undefined);

/** The typed client that `main.tsx` made. */
export function useApi(): ApiClient {
  const api = use(ApiContext);
  if (api === undefined) throw new Fault('internal', 'a page was drawn outside the application');
  return api;
}

/** Worth another try on its own: the way to the console, not what it said. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof Fault &&
    (error.code === 'unreachable' || error.code === 'timed-out' || error.code === 'unavailable')
  );
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Lists are refetched when `overview.revision` moves, not by age.
        staleTime: 30_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && isPassing(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
      mutations: { retry: false },
    },
  });
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: { readonly value: number; readonly exact: boolean };
}
export interface Whole<T> {
  readonly items: readonly T[];
  readonly total: { readonly value: number; readonly exact: boolean };
  /** More exist than were fetched. */
  readonly cut: boolean;
}

const PAGES_MAX = 20;

/** A whole list, page after page, for views that group or filter all of it. */
export async function fetchWhole<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>): Promise<Whole<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items: some, next, total } = await fetchPage(cursor);
    items.push(...some);
    if (next === null) return { items, total, cut: false };
    cursor = next;
    if (page === PAGES_MAX - 1) return { items, total, cut: true };
  }
  return { items, total: { value: items.length, exact: true }, cut: false };
}
