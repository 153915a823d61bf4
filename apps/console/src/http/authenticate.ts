import { Fault } from '@hullcheck/core';
import type { Principal } from '../auth/principal.ts';
import { hashSecret, kindOfSecret, secretsEqual } from '../auth/secrets.ts';
import { findSessionUser, findToken, hasAdministrator, isFirstDay, readSetting } from '../store/accounts.ts';
import { findAgentByKey } from '../store/agents.ts';
import type { Queryable } from '../store/database.ts';
import { defaultScope } from '../store/scope.ts';

export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

/** Name of the cookie. `__Host-` binds it to this host and path, and browsers take that only under TLS. */
export const sessionCookie = (tls: boolean): string => (tls ? '__Host-hullcheck_session' : 'hullcheck_session');

export function cookieHeader(tls: boolean, token: string | null): string {
  const base = `${sessionCookie(tls)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict${tls ? '; Secure' : ''}`;
  return token === null ? `${base}; Max-Age=0` : base;
}

/**
 * Who sends this. A header wins over a cookie, and one that opens nothing is refused instead of ignored: a program with a
 * revoked token must not go on as somebody else.
 */
export async function authenticate(
  database: Queryable,
  credentials: Credentials,
  bootstrapToken: string | undefined,
  tls: boolean,
): Promise<Principal> {
  const { authorization, cookie } = credentials;
  if (authorization !== undefined) return byHeader(database, authorization, bootstrapToken);
  const token = readCookie(cookie, sessionCookie(tls));
  if (token === undefined || kindOfSecret(token) !== 'session') return { kind: 'anonymous' };
  const session = hashSecret(token);
  const user = await findSessionUser(database, session);
  return user === undefined ? { kind: 'anonymous' } : { kind: 'user', ...user, session };
}

async function byHeader(
  database: Queryable,
  authorization: string,
  bootstrapToken: string | undefined,
): Promise<Principal> {
  const secret = /^Bearer +([\x21-\x7e]{1,500})$/i.exec(authorization)?.[1];
  if (secret !== undefined) {
    if (bootstrapToken !== undefined && secretsEqual(secret, bootstrapToken)) {
      if (await isBootstrapOpen(database)) return { kind: 'bootstrap', role: 'admin' };
      throw new Fault('unauthenticated', 'the bootstrap token has ended', { hint: 'Sign in and make an API token.' });
    }
    const kind = kindOfSecret(secret);
    if (kind === 'api-token') {
      const token = await findToken(database, hashSecret(secret));
      if (token !== undefined) return { kind: 'token', ...token };
    }
    if (kind === 'agent-key') {
      const agent = await findAgentByKey(database, hashSecret(secret));
      if (agent !== undefined)
        return { kind: 'agent', id: agent.id, name: agent.name, scope: agent.scopeId ?? defaultScope };
    }
  }
  throw new Fault('unauthenticated', 'this token opens nothing: it is wrong, has ended or was revoked');
}

/**
 * For a day after the first start, and no longer than until somebody becomes administrator. An administrator that the same
 * environment names at the start does not end it: who gave both wants both.
 */
async function isBootstrapOpen(database: Queryable): Promise<boolean> {
  if (!(await isFirstDay(database))) return false;
  return (
    !(await hasAdministrator(database)) || (await readSetting(database, 'administrator-from-environment')) === true
  );
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
