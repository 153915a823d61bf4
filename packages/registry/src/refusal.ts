import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import type { Clock } from './clock.ts';
import { RegistryFault, type RegistryReason } from './fault.ts';
import { errorBytesMax, retryAfterMsMax } from './limits.ts';
import type { Answer } from './transport.ts';

const ErrorBody = z.object({
  errors: z.array(z.object({ code: z.string().max(100).catch('') })).min(1),
});

/** What was asked for; decides how a refusal is worded and which credentials are remembered for it. */
export type Access =
  | { readonly kind: 'ping' }
  | { readonly kind: 'catalog' }
  /** The vendor's own API; `what` is the account, organisation or project that it is asked about. */
  | { readonly kind: 'api'; readonly what: string }
  | {
      readonly kind: 'repository';
      readonly name: string;
      /** A token to write is asked for only by who writes, Azure's to see dates only by who asks for them. */
      readonly actions?: 'pull,push' | 'metadata_read';
    };

/** An answer that is not the one asked for, as the fault it means. Foreign text never enters the message, only known codes. */
export async function refusal(
  answer: Answer,
  access: Access,
  clock: Clock,
  signal: AbortSignal,
): Promise<RegistryFault> {
  return refusalOf(answer, access, clock, await readErrorCode(answer, signal));
}

/** The same for a body that was read already; `code` is a code of the distribution specification in it. */
export function refusalOf(answer: Answer, access: Access, clock: Clock, code: string | undefined): RegistryFault {
  const { host } = answer.url;
  const place =
    access.kind === 'repository' ? `${host}/${access.name}` : access.kind === 'api' ? `${host}/${access.what}` : host;
  const httpStatus = answer.status;
  const said = code === undefined ? `HTTP ${httpStatus}` : `HTTP ${httpStatus} ${code}`;
  const options = { place, httpStatus };
  if (isRateLimit(answer) || code === 'TOOMANYREQUESTS') {
    const retryAtMs = clock.now() + (retryAfterMs(answer, clock) ?? 60_000);
    return new RegistryFault('rate-limited', 'RATE_LIMITED', 'the registry limits requests', { ...options, retryAtMs });
  }
  if (httpStatus === 401) {
    const reason: RegistryReason = access.kind === 'catalog' ? 'NO_ACCESS_TO_CATALOG' : 'CREDENTIALS_REFUSED';
    return new RegistryFault('authorization-failed', reason, `the registry refused the credentials (${said})`, options);
  }
  if (httpStatus === 403) {
    return new RegistryFault('authorization-failed', 'FORBIDDEN', `the registry forbids this (${said})`, options);
  }
  if (httpStatus === 404 || httpStatus === 410) {
    const reason: RegistryReason = access.kind === 'ping' ? 'NOT_A_REGISTRY' : 'NAME_UNKNOWN';
    const message = access.kind === 'ping' ? 'there is no registry at this address' : 'the registry has no such thing';
    return new RegistryFault('not-found', reason, `${message} (${said})`, options);
  }
  if (httpStatus >= 500 || httpStatus === 408) {
    return new RegistryFault('unreachable', 'SERVER_ERROR', `the registry failed (${said})`, options);
  }
  return new RegistryFault(
    'unsupported',
    'ANSWER_INVALID',
    `the registry gave an unexpected answer (${said})`,
    options,
  );
}

/** 429; 503 with a time to come back; GitHub's 403 with nothing left, or (its second limit) with a time to come back. */
export function isRateLimit(answer: Answer): boolean {
  if (answer.status === 429) return true;
  if (answer.status === 503) return answer.headers['retry-after'] !== undefined;
  return (
    answer.status === 403 &&
    (answer.headers['x-ratelimit-remaining'] === '0' || answer.headers['retry-after'] !== undefined)
  );
}

/** How long the registry asks to wait, in milliseconds, at most {@link retryAfterMsMax}. */
export function retryAfterMs(answer: Answer, clock: Clock): number | undefined {
  // Docker Hub's API states a Unix time where everybody else states seconds.
  const hubReset = Number(answer.headers['x-retry-after']);
  if (Number.isFinite(hubReset) && hubReset > 1e9) return bounded(hubReset * 1000 - clock.now());
  const header = answer.headers['retry-after']?.trim();
  if (header === undefined || header === '') {
    // GitHub's API gives no time to wait but the Unix time at which its hour ends.
    const reset = Number(answer.headers['x-ratelimit-reset']);
    return Number.isFinite(reset) && reset > 1e9 ? bounded(reset * 1000 - clock.now()) : undefined;
  }
  if (/^[0-9]+$/.test(header)) return bounded(Number(header) * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : bounded(date - clock.now());
}

function bounded(durationMs: number): number {
  return Math.min(Math.max(durationMs, 0), retryAfterMsMax);
}

async function readErrorCode(answer: Answer, signal: AbortSignal): Promise<string | undefined> {
  try {
    const body = ErrorBody.safeParse(parseJson(await readBody(answer, errorBytesMax, signal)));
    const code = body.success ? body.data.errors[0]?.code : undefined;
    return code !== undefined && KNOWN_CODES.has(code) ? code : undefined;
  } catch (error) {
    // The status alone says enough; only the caller's own wish to stop counts for more.
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** Error codes of the distribution specification; anything else a registry writes there is not repeated. */
const KNOWN_CODES: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'DENIED',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'TOOMANYREQUESTS',
  'UNAUTHORIZED',
  'UNSUPPORTED',
]);
