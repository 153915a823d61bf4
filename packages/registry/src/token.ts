import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import type { Challenge } from './challenge.ts';
import type { Clock } from './clock.ts';
import { basicAuthorization, type RegistryCredentials } from './credentials.ts';
import { RegistryFault } from './fault.ts';
import { tokenBytesMax, tokenLifeDefaultMs, tokenMarginMs } from './limits.ts';
import type { Operation } from './operation.ts';
import { judgeRealm, unreachableRealm, untrustedRealm } from './realm.ts';
import { type Access, refusal } from './refusal.ts';

export interface Token {
  readonly value: string;
  /** Epoch milliseconds from which it is not used any more. */
  readonly expiresAtMs: number;
}

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly access: Access;
  readonly registry: URL;
  readonly credentials: RegistryCredentials | null;
  readonly trustedRealms: readonly string[];
}

const CLIENT_ID = 'hullcheck';

// Visible ASCII only: the token becomes a header.
const TokenText = z
  .string()
  .min(1)
  .max(64 * 1024)
  .regex(/^[\x21-\x7e]+$/);
const TokenAnswer = z.object({
  token: TokenText.optional().catch(undefined),
  access_token: TokenText.optional().catch(undefined),
  expires_in: z.number().positive().max(1e9).optional().catch(undefined),
  issued_at: z.string().optional().catch(undefined),
});

/**
 * Asks the token server that a Bearer challenge names (https://distribution.github.io/distribution/spec/auth/token/).
 * Scopes are asked for what the caller does (`pull`, when it writes also `push`), whatever the challenge says.
 */
export async function fetchToken(request: TokenRequest, operation: Operation, clock: Clock): Promise<Token> {
  const { challenge, access, registry, credentials } = request;
  const realm = judgeRealm(challenge.parameters.get('realm') ?? '', registry, request.trustedRealms);
  if (credentials !== null && !realm.takesCredentials) throw untrustedRealm(realm.url, registry);

  const service = challenge.parameters.get('service');
  const scopes = scopesOf(challenge.parameters.get('scope'), access);
  const isRefresh = credentials?.kind === 'identity-token';
  const url = new URL(realm.url);
  if (!isRefresh) {
    if (service !== undefined) url.searchParams.append('service', service);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    url.searchParams.append('client_id', CLIENT_ID);
  }
  const asked = operation.exchange({
    method: isRefresh ? 'POST' : 'GET',
    url,
    reach: realm.reach,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(credentials?.kind === 'basic'
        ? { authorization: basicAuthorization(credentials.username, credentials.password) }
        : {}),
      ...(isRefresh ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(isRefresh ? { body: refreshForm(credentials.token, service ?? '', scopes) } : {}),
  });
  const answer = await asked.catch((error: unknown) => {
    if (realm.reach === 'elsewhere' && error instanceof RegistryFault && error.reason === 'ADDRESS_REFUSED')
      throw unreachableRealm(realm.url, error);
    throw error;
  });
  if (answer.status === 400 || answer.status === 401 || answer.status === 403) {
    const httpStatus = answer.status;
    const fault = await refusal(answer, access, clock, operation.signal);
    if (fault.code === 'rate-limited') throw fault;
    const [reason, message] =
      credentials === null
        ? (['CREDENTIALS_REQUIRED', 'the registry wants credentials'] as const)
        : (['CREDENTIALS_REFUSED', 'the token server refused the credentials'] as const);
    throw new RegistryFault('authorization-failed', reason, `${message} (HTTP ${httpStatus})`, {
      place: url.host,
      httpStatus,
    });
  }
  if (answer.status !== 200) throw await refusal(answer, access, clock, operation.signal);
  return parseToken(await readBody(answer, tokenBytesMax, operation.signal), url, clock);
}

function parseToken(bytes: Uint8Array, realm: URL, clock: Clock): Token {
  const parsed = TokenAnswer.safeParse(parseJson(bytes));
  const value = parsed.success ? (parsed.data.token ?? parsed.data.access_token) : undefined;
  if (!parsed.success || value === undefined) {
    throw new RegistryFault('unsupported', 'TOKEN_INVALID', 'the token server gave no token', { place: realm.host });
  }
  const lifeMs = parsed.data.expires_in === undefined ? tokenLifeDefaultMs : parsed.data.expires_in * 1000;
  const now = clock.now();
  const issued = parsed.data.issued_at === undefined ? Number.NaN : Date.parse(parsed.data.issued_at);
  // A clock that is more than five minutes away is wrong, not early.
  const start = Math.abs(issued - now) < 5 * 60_000 ? Math.min(issued, now) : now;
  return { value, expiresAtMs: start + lifeMs - tokenMarginMs };
}

function scopesOf(named: string | undefined, access: Access): readonly string[] {
  if (access.kind === 'repository') return [`repository:${access.name}:${access.actions ?? 'pull'}`];
  const scopes = (named ?? '').split(' ').filter((scope) => scope !== '');
  if (access.kind === 'catalog' && scopes.length === 0) return ['registry:catalog:*'];
  return scopes.slice(0, 8);
}

function refreshForm(token: string, service: string, scopes: readonly string[]): string {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    service,
    client_id: CLIENT_ID,
    scope: scopes.join(' '),
    refresh_token: token,
  }).toString();
}
