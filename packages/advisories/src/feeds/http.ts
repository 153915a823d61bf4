import { Fault } from '@hullcheck/core';
import { type Dispatcher, getGlobalDispatcher, request } from 'undici';
import { BODY_IDLE_TIMEOUT_MS, HEADERS_TIMEOUT_MS, REDIRECTS_MAX } from './limits-network.ts';

export interface HttpContext {
  readonly dispatcher: Dispatcher | undefined;
  readonly signal: AbortSignal | undefined;
  /** The operator named a mirror without TLS. Loopback is allowed without. */
  readonly allowPlainHttp: boolean;
  /** Before the second attempt; twice that before the third. */
  readonly retryDelayMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: Dispatcher.ResponseData['body'];
}

/**
 * One GET, following redirects by hand: each target must be https again. No request carries a credential, so none can
 * leak; what the dispatcher allows (proxy, egress policy, certificates) is the caller's decision.
 */
export async function get(url: string, headers: Record<string, string>, context: HttpContext): Promise<HttpAnswer> {
  let target = checkedUrl(url, context);
  for (let redirects = 0; ; redirects += 1) {
    const response = await attempt(target, headers, context);
    const header = (name: string) => {
      const value = response.headers[name];
      return typeof value === 'string' ? value : (value?.[0] ?? null);
    };
    const location = header('location');
    if (response.statusCode < 300 || response.statusCode > 399 || location === null) {
      return { status: response.statusCode, header, body: response.body };
    }
    await response.body.dump();
    if (redirects === REDIRECTS_MAX) {
      throw new Fault('feed-invalid', `${target.host} redirects more than ${REDIRECTS_MAX} times`, {
        place: target.host,
      });
    }
    target = checkedUrl(new URL(location, target).href, context);
  }
}

async function attempt(target: URL, headers: Record<string, string>, context: HttpContext) {
  try {
    return await request(target, {
      dispatcher: context.dispatcher ?? getGlobalDispatcher(),
      headers: { 'user-agent': 'hullcheck', 'accept-encoding': 'identity', ...headers },
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_IDLE_TIMEOUT_MS,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
  } catch (error) {
    throw networkFault(error, target.host, context.signal);
  }
}

/** The fault of a connection that failed; a cancelled one stays cancelled. */
export function networkFault(error: unknown, host: string, signal: AbortSignal | undefined): Fault {
  if (error instanceof Fault) return error;
  if (signal?.aborted === true) return new Fault('cancelled', 'the update was cancelled', { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/CERT|SSL|TLS/.test(code)) {
    return new Fault('ssl-handshake', `the certificate of ${host} is not trusted`, { cause: error, place: host });
  }
  if (/TIMEOUT/.test(code))
    return new Fault('timed-out', `${host} did not answer in time`, { cause: error, place: host });
  return new Fault('unreachable', `${host} cannot be reached`, { cause: error, place: host });
}

function checkedUrl(text: string, context: HttpContext): URL {
  const url = URL.parse(text);
  if (url === null) throw new Fault('invalid-input', 'the address of a feed is not an address');
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (loopback || context.allowPlainHttp))) return url;
  throw new Fault('address-refused', `${url.host} would be read without TLS`, {
    place: url.host,
    hint: 'Feeds are read over https only.',
  });
}
