import type { Session } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect } from 'react';
import { useApi } from './api.tsx';

export type User = NonNullable<Session['user']>;
export const UserContext = createContext<{ readonly user: User; readonly version: string } | undefined>(undefined);

export function useUser(): { readonly user: User; readonly version: string } {
  const value = use(UserContext);
  if (value === undefined) throw new Fault('internal', 'a page was drawn without a session');
  return value;
}

const rank = { viewer: 0, operator: 1, admin: 2 };
/** Whether the person may do what that role may. The console decides; the page only doesn't offer what it would refuse. */
export function useMay(role: User['role']): boolean {
  return rank[useUser().user.role] >= rank[role];
}

export const sessionKey = ['session'] as const;

export function useSession() {
  const api = useApi();
  return useQuery({ queryKey: sessionKey, queryFn: () => api.call('session.get', {}), staleTime: 60_000 });
}

/** Any answer "not signed in" asks for the session again, and the gate shows the sign-in page in place. */
export function useSessionWatch(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      client.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated' || event.query.queryKey[0] === 'session') return;
        const { error } = event.query.state;
        if (event.action.type === 'error' && error instanceof Fault && error.code === 'unauthenticated')
          void client.invalidateQueries({ queryKey: sessionKey });
      }),
    [client],
  );
}
