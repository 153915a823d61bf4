import type { Readable } from 'node:stream';
import { Fault } from '@hullcheck/core';
import type { Transport } from '@hullcheck/registry';
import { DOWNLOAD_MS_MAX, REDIRECTS_MAX } from './limits-network.ts';

export interface HttpContext {
  /** Carries proxy and egress policy: its `registry` is the host that was named, `elsewhere` where that one redirects to. */
  readonly transport: Transport;
  readonly signal: AbortSignal | undefined;
  /** The operator named a mirror without TLS. Loopback is allowed without. */
  readonly allowPlainHttp: boolean;
  /** Before the second attempt; twice that before the third. */
  readonly retryDelayMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** To be read to its end or destroyed. */
  readonly body: Readable;
}

/**
 * One GET, following redirects by hand: each target must be https again and at an address that the egress policy allows, so
 * that no source of advisories can make us ask the metadata service or our neighbours. No request carries a credential.
 */
export async function get(url: string, headers: Record<string, string>, context: HttpContext): Promise<HttpAnswer> {
  const first = checkedUrl(URL.parse(url), context);
  const deadline = AbortSignal.timeout(DOWNLOAD_MS_MAX);
  const signal = context.signal === undefined ? deadline : AbortSignal.any([context.signal, deadline]);
  let target = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await attempt(target, target.origin === first.origin, headers, signal, context);
    const header = (name: string) => answer.headers[name] ?? null;
    const location = header('location');
    if (answer.status < 300 || answer.status > 399 || location === null) {
      return { status: answer.status, header, body: answer.body };
    }
    answer.body.destroy();
    if (redirects === REDIRECTS_MAX) {
      throw new Fault('feed-invalid', `${target.host} redirects more than ${REDIRECTS_MAX} times`, {
        place: target.host,
      });
    }
    const next = URL.parse(location, target.href);
    if (next === null) {
      throw new Fault('feed-invalid', `${target.host} redirects to what is no address`, { place: target.host });
    }
    target = checkedUrl(next, context);
  }
}

async function attempt(
  url: URL,
  isNamed: boolean,
  headers: Record<string, string>,
  signal: AbortSignal,
  context: HttpContext,
) {
  try {
    return await context.transport.exchange(
      {
        method: 'GET',
        url,
        headers: { 'accept-encoding': 'identity', ...headers },
        reach: isNamed ? 'registry' : 'elsewhere',
      },
      signal,
    );
  } catch (error) {
    throw networkFault(error, url.host, context.signal);
  }
}

/** The fault of a connection that failed, in the words of feeds; a cancelled one stays cancelled. */
export function networkFault(error: unknown, host: string, signal: AbortSignal | undefined): Fault {
  if (signal?.aborted === true) return new Fault('cancelled', 'the update was cancelled', { cause: error });
  const options = { cause: error, place: host };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/TIMEOUT/.test(code) || code === 'timed-out' || (error instanceof Error && error.name === 'TimeoutError')) {
    return new Fault('timed-out', `${host} did not answer in time`, options);
  }
  if (code === 'ssl-handshake' || /CERT|SSL|TLS/.test(code)) {
    return new Fault('ssl-handshake', `the certificate of ${host} is not trusted`, options);
  }
  if (code === 'address-refused') {
    return new Fault('address-refused', `${host} is at an address that is not allowed`, {
      ...options,
      hint: 'Feeds are fetched from public addresses; a mirror in a network of your own is named as one.',
    });
  }
  if (error instanceof Fault && code !== 'unreachable' && code !== 'internal') return error;
  return new Fault('unreachable', `${host} cannot be reached`, options);
}

function checkedUrl(url: URL | null, context: HttpContext): URL {
  if (url === null) throw new Fault('invalid-input', 'the address of a feed is not an address');
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (loopback || context.allowPlainHttp))) return url;
  throw new Fault('address-refused', `${url.host} would be read without TLS`, {
    place: url.host,
    hint: 'Feeds are read over https only.',
  });
}
