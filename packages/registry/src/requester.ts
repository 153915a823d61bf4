import type { Authorization } from './authorization.ts';
import type { Clock } from './clock.ts';
import { abortFault, RegistryFault } from './fault.ts';
import { redirectsMax } from './limits.ts';
import { type Operation, startOperation } from './operation.ts';
import { type Access, refusal } from './refusal.ts';
import type { Answer, Exchange, Transport } from './transport.ts';

export interface Ask {
  readonly method: Exchange['method'];
  readonly url: URL;
  readonly access: Access;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Exchange['body'];
  /** Statuses that the caller understands; any other becomes the fault it means. */
  readonly accepts: readonly number[];
}

export interface RateLimit {
  readonly limit: number | null;
  readonly remaining: number;
  readonly windowSeconds: number | null;
  /** Epoch milliseconds. */
  readonly observedAtMs: number;
}

export interface Requester {
  start(signal: AbortSignal): Operation;
  /** Authenticates, follows redirects by hand and retries; gives only accepted answers. */
  send(ask: Ask, operation: Operation): Promise<Answer>;
  /** What the registry last said of its pull limit. */
  rateLimit(): RateLimit | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The way of one request to a registry. Credentials go to the exact origin that was configured and to nobody else: they
 * leave at the first hop to another scheme, host or port and do not come back when a later hop returns (section 1.6).
 */
export function createRequester(transport: Transport, authorization: Authorization, clock: Clock): Requester {
  let limit: RateLimit | undefined;

  async function walk(ask: Ask, operation: Operation, header: string | undefined): Promise<Answer> {
    let url = ask.url;
    let isHome = true;
    for (let hops = 0; ; hops += 1) {
      const answer = await operation.exchange({
        method: ask.method,
        url,
        reach: isHome ? 'registry' : 'elsewhere',
        headers: {
          'accept-encoding': 'identity',
          ...ask.headers,
          ...(isHome && header !== undefined ? { authorization: header } : {}),
        },
        ...(ask.body === undefined ? {} : { body: ask.body }),
      });
      if (isHome) limit = readRateLimit(answer, clock) ?? limit;
      if (!REDIRECTS.has(answer.status)) {
        if (isHome || ask.accepts.includes(answer.status)) return answer;
        throw await targetRefusal(answer, ask.access, clock, operation.signal);
      }
      answer.body.destroy();
      if (ask.method === 'POST' || ask.method === 'PUT')
        throw redirectFault('what is written goes nowhere else', ask.url);
      if (hops >= redirectsMax) throw redirectFault('too many redirects', ask.url);
      url = redirectTarget(answer, url);
      isHome &&= url.origin === ask.url.origin;
    }
  }

  async function authorized(ask: Ask, operation: Operation): Promise<Answer> {
    const known = authorization.find(ask.url, ask.access);
    const first = await walk(ask, operation, known);
    if (first.status !== 401) return first;
    return await walk(ask, operation, await authorization.answer(first, ask.access, operation));
  }

  return {
    start: (signal) => startOperation(transport, clock, signal),
    rateLimit: () => limit,
    async send(ask, operation) {
      let answer: Answer;
      try {
        answer = await authorized(ask, operation);
      } catch (error) {
        // A signed address at the redirect's target may have run out: the registry is asked for a new one, once.
        if (!(error instanceof RegistryFault) || error.reason !== 'REDIRECT_TARGET_REFUSED') throw error;
        answer = await authorized(ask, operation);
      }
      if (operation.signal.aborted) throw abortFault(operation.signal, ask.url.host);
      if (ask.accepts.includes(answer.status)) return answer;
      const isScopeMissing = /insufficient_scope/.test(answer.headers['www-authenticate'] ?? '');
      const fault = await refusal(answer, ask.access, clock, operation.signal);
      throw isScopeMissing && fault.code === 'authorization-failed' ? scopeFault(fault, ask.access) : fault;
    },
  };
}

/** The URL that a redirect names, or a fault: other schemes, a downgrade to plain HTTP and user names in it are refused. */
function redirectTarget(answer: Answer, from: URL): URL {
  const target = URL.parse(answer.headers.location ?? '', from.href);
  if (target === null || answer.headers.location === undefined) throw redirectFault('it names no address', from);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw redirectFault('not http or https', from);
  if (from.protocol === 'https:' && target.protocol === 'http:') throw redirectFault('from https to http', from);
  if (target.username !== '' || target.password !== '') throw redirectFault('it carries a user name', from);
  target.hash = '';
  return target;
}

function redirectFault(reason: string, from: URL): RegistryFault {
  return new RegistryFault('unsupported', 'REDIRECT_REFUSED', `a redirect of the registry is refused: ${reason}`, {
    place: from.host,
  });
}

/** What another host refuses says nothing about the credentials of the registry. */
async function targetRefusal(
  answer: Answer,
  access: Access,
  clock: Clock,
  signal: AbortSignal,
): Promise<RegistryFault> {
  const httpStatus = answer.status;
  if (httpStatus !== 401 && httpStatus !== 403) return await refusal(answer, access, clock, signal);
  answer.body.destroy();
  return new RegistryFault(
    'unsupported',
    'REDIRECT_TARGET_REFUSED',
    `the redirect's target refused (HTTP ${httpStatus})`,
    {
      place: answer.url.host,
      httpStatus,
    },
  );
}

/** A token server may grant less than was asked for and not call that an error: the registry then says so. */
function scopeFault(fault: RegistryFault, access: Access): RegistryFault {
  const reason = access.kind === 'catalog' ? 'NO_ACCESS_TO_CATALOG' : 'NO_ACCESS_TO_REPOSITORY';
  return new RegistryFault('authorization-failed', reason, 'these credentials do not reach this', {
    ...(fault.place === undefined ? {} : { place: fault.place }),
    ...(fault.httpStatus === undefined ? {} : { httpStatus: fault.httpStatus }),
  });
}

/** Docker Hub's `ratelimit-remaining: 20;w=21600`. */
function readRateLimit(answer: Answer, clock: Clock): RateLimit | undefined {
  const remaining = /^\s*([0-9]{1,9})(?:;w=([0-9]{1,9}))?/.exec(answer.headers['ratelimit-remaining'] ?? '');
  if (remaining === null) return undefined;
  const limit = /^\s*([0-9]{1,9})/.exec(answer.headers['ratelimit-limit'] ?? '')?.[1];
  return {
    limit: limit === undefined ? null : Number(limit),
    remaining: Number(remaining[1]),
    windowSeconds: remaining[2] === undefined ? null : Number(remaining[2]),
    observedAtMs: clock.now(),
  };
}
