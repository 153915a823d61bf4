import { chooseChallenge, parseChallenges } from './challenge.ts';
import type { Clock } from './clock.ts';
import { basicAuthorization } from './credentials.ts';
import { RegistryFault } from './fault.ts';
import type { Operation } from './operation.ts';
import type { Access } from './refusal.ts';
import { fetchToken, type Token } from './token.ts';
import type { Answer } from './transport.ts';
import type { Presented } from './vendors/vendor.ts';

/**
 * What this client has learnt about proving itself, per origin and kind of path: one host may want Bearer for
 * repositories and Basic for the catalogue (Harbor does), so nothing is remembered per host.
 */
export interface Authorization {
  /** The header for a request, or undefined: nothing known yet, or what was known has expired. */
  find(origin: URL, access: Access): string | undefined;
  /** Learns from a 401 how to answer it. Throws where it can't be answered. */
  answer(challenged: Answer, access: Access, operation: Operation): Promise<string>;
}

interface Learnt {
  readonly header: string;
  readonly expiresAtMs: number;
}

const REMEMBERED_MAX = 10_000;

export function createAuthorization(options: {
  /** What the registry is shown for this; null: nothing, anonymous. */
  readonly present: (access: Access, signal: AbortSignal) => Promise<Presented | null>;
  readonly trustedRealms: readonly string[];
  readonly clock: Clock;
}): Authorization {
  const { present, trustedRealms, clock } = options;
  const learnt = new Map<string, Learnt>();

  function remember(key: string, header: string, expiresAtMs: number): string {
    if (learnt.size >= REMEMBERED_MAX) learnt.clear();
    learnt.set(key, { header, expiresAtMs });
    return header;
  }

  return {
    find(origin, access) {
      const known = learnt.get(keyOf(origin, access));
      return known !== undefined && known.expiresAtMs > clock.now() ? known.header : undefined;
    },
    async answer(challenged, access, operation) {
      const origin = challenged.url;
      const key = keyOf(origin, access);
      learnt.delete(key);
      const challenge = chooseChallenge(parseChallenges(challenged.headers['www-authenticate'] ?? ''));
      challenged.body.destroy();
      const presented = await present(access, operation.signal);
      const credentials = presented?.credentials ?? null;
      const endsAtMs = presented?.expiresAtMs ?? Number.POSITIVE_INFINITY;
      if (credentials?.kind === 'bearer') {
        return remember(key, `Bearer ${credentials.token}`, endsAtMs);
      }
      if (challenge?.scheme === 'bearer') {
        const token: Token = await fetchToken(
          { challenge, access, registry: new URL(origin.origin), credentials, trustedRealms },
          operation,
          clock,
        );
        return remember(key, `Bearer ${token.value}`, token.expiresAtMs);
      }
      if (credentials === null) {
        throw new RegistryFault('authorization-failed', 'CREDENTIALS_REQUIRED', 'the registry wants credentials', {
          place: origin.host,
          httpStatus: 401,
        });
      }
      // A 401 without any challenge is treated as Basic; one with only unknown schemes can't be answered.
      if (credentials.kind !== 'basic' || (challenge === undefined && 'www-authenticate' in challenged.headers)) {
        throw new RegistryFault(
          'authorization-failed',
          'CHALLENGE_UNSUPPORTED',
          'the registry wants another kind of credentials',
          {
            place: origin.host,
            httpStatus: 401,
          },
        );
      }
      return remember(key, basicAuthorization(credentials.username, credentials.password), endsAtMs);
    },
  };
}

function keyOf(origin: URL, access: Access): string {
  return access.kind === 'repository'
    ? `${origin.origin} ${access.name} ${access.actions ?? 'pull'}`
    : `${origin.origin} /${access.kind}`;
}
