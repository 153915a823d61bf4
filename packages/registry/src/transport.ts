import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import type { Fault } from '@hullcheck/core';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { type ClientCertificate, clientCertificateFacts } from './client-certificate.ts';
import { systemClock } from './clock.ts';
import { basicAuthorization } from './credentials.ts';
import {
  type AddressRule,
  addressRule,
  type EgressPolicy,
  isLoopbackHost,
  type Resolve,
  resolveAllowed,
  systemResolve,
} from './egress.ts';
import { networkCode, networkFault, RegistryFault } from './fault.ts';
import { bodyIdleTimeoutMs, connectionsMax, connectTimeoutMs, headersTimeoutMs } from './limits.ts';
import type { ProxyChoice } from './proxy.ts';

export interface TlsOptions {
  /** PEM of authorities that are trusted beside the system's. */
  readonly ca?: string;
  /** For registries that ask who connects; shown to `clientOrigin` alone. */
  readonly client?: ClientCertificate;
}

export interface TransportOptions {
  readonly egress?: EgressPolicy;
  readonly tls?: TlsOptions;
  /** Scheme, host and port of the one server that is shown the client's certificate. */
  readonly clientOrigin?: string;
  readonly resolve?: Resolve;
  readonly userAgent?: string;
  /** The operator's proxy for a URL; see `parseProxySettings`. The proxy then resolves names, and numbers are still checked here. */
  readonly proxy?: ProxyChoice;
}

export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is opened anew for each try. */
  readonly body?: string | Uint8Array | (() => Readable);
  /** `registry`: the operator named this host. `elsewhere`: a foreign answer did; stricter addresses. */
  readonly reach: 'registry' | 'elsewhere';
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; repeated ones joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
  /** To be read to its end or destroyed by whoever holds the answer. */
  readonly body: Readable;
}

export interface Transport {
  /** One request, one answer: no redirects, no retries, no credentials of its own. */
  exchange(request: Exchange, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

const NOTHING_MORE: EgressPolicy = { registry: [], elsewhere: [] };

/**
 * HTTP over undici with the address of every connection checked and then used: no second look-up that could answer
 * differently (DNS rebinding), also for hosts that are written as a number.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const egress = options.egress ?? NOTHING_MORE;
  const resolve = options.resolve ?? systemResolve;
  const rules = { registry: addressRule(egress.registry), elsewhere: addressRule(egress.elsewhere) };
  const { ca, client } = options.tls ?? {};
  const anonymous = ca === undefined ? {} : { ca };
  const agents = {
    registry: createAgent(rules.registry, resolve, anonymous),
    elsewhere: createAgent(rules.elsewhere, resolve, anonymous),
  };
  // An agent of its own: a connection that showed the certificate is used for no other origin, and none without it for this one.
  const known = client === undefined ? undefined : createAgent(rules.registry, resolve, { ...anonymous, client });
  const showsCertificate = ({ url, reach }: Exchange) => reach === 'registry' && url.origin === options.clientOrigin;
  const userAgent = options.userAgent ?? 'hullcheck';
  const tunnels = new Map<string, ProxyAgent>();

  async function dispatcherFor(request: Exchange): Promise<Dispatcher> {
    const { url, reach } = request;
    const isKnown = client !== undefined && showsCertificate(request);
    const proxy = options.proxy?.(url);
    if (proxy === undefined) return isKnown ? (known ?? agents[reach]) : agents[reach];
    if (isIP(url.hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) await resolveAllowed(url.hostname, rules[reach], resolve);
    else if (isLoopbackHost(url.hostname)) await resolveAllowed('127.0.0.1', rules[reach], resolve);
    const key = `${reach} ${isKnown ? 'known ' : ''}${proxy.href}`;
    const tunnel = tunnels.get(key) ?? createTunnel(proxy, isKnown ? { ...anonymous, client } : anonymous);
    tunnels.set(key, tunnel);
    return tunnel;
  }

  return {
    async exchange(request, signal) {
      try {
        const dispatcher = await dispatcherFor(request);
        const response = await dispatcher.request({
          origin: request.url.origin,
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: { 'user-agent': userAgent, ...request.headers },
          body: typeof request.body === 'function' ? request.body() : (request.body ?? null),
          signal,
        });
        // A body that nobody waits for any more must not end the process with an unhandled 'error' event.
        response.body.on('error', () => undefined);
        return {
          status: response.statusCode,
          headers: joinHeaders(response.headers),
          url: request.url,
          body: response.body,
        };
      } catch (error) {
        const fault = networkFault(error, request.url.host, signal);
        throw client !== undefined && showsCertificate(request) ? withEndOf(client, fault) : fault;
      }
    },
    async close() {
      const all = [agents.registry, agents.elsewhere, ...(known === undefined ? [] : [known]), ...tunnels.values()];
      await Promise.all(all.map((agent) => agent.destroy()));
    },
  };
}

/** An alert names no reason that can be relied on: Go's servers of before 2022 call an ended certificate a bad one. */
function withEndOf({ certificate }: ClientCertificate, fault: Fault): Fault {
  if (fault.code !== 'ssl-handshake' || networkCode(fault)?.includes('_ALERT_') !== true) return fault;
  const { endsAtMs } = clientCertificateFacts(certificate);
  if (endsAtMs > systemClock.now()) return fault;
  const day = new Date(endsAtMs).toISOString().slice(0, 10);
  return new RegistryFault(fault.code, 'TLS', fault.message, {
    cause: fault.cause,
    ...(fault.place === undefined ? {} : { place: fault.place }),
    hint: `The client certificate ended on ${day}.`,
  });
}

function createAgent(rule: AddressRule, resolve: Resolve, tls: TlsOptions): Agent {
  const connectTo = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: trustedAuthorities(tls.ca) }),
    ...(tls.client === undefined ? {} : { cert: tls.client.certificate, key: tls.client.key }),
    autoSelectFamily: true,
    lookup: (hostname, options, callback) => {
      resolveAllowed(hostname, rule, resolve).then(
        (addresses) => {
          const [first] = addresses;
          if (options.all === true || first === undefined) callback(null, [...addresses]);
          else callback(null, first.address, first.family);
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error('look-up failed'), []),
      );
    },
  });
  return new Agent({
    allowH2: false,
    connections: connectionsMax,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyIdleTimeoutMs,
    maxHeaderSize: 32 * 1024,
    connect: (target, callback) => {
      const connected: buildConnector.Callback = (...result) => {
        // In TLS 1.3 who wants a certificate says so after the handshake: undici would report the end that follows, not that alert.
        const [, socket] = result;
        socket?.once('error', (error: Error) => socket.destroy(error));
        callback(...result);
      };
      // The socket asks no look-up for a host that is a number, so that is checked here.
      if (isIP(target.hostname.replace(/^\[(.*)\]$/, '$1')) === 0) return connectTo(target, connected);
      resolveAllowed(target.hostname, rule, resolve).then(
        () => connectTo(target, connected),
        (error: unknown) => callback(error instanceof Error ? error : new Error('address refused'), null),
      );
    },
  });
}

function createTunnel(proxy: URL, tls: TlsOptions): ProxyAgent {
  const [username, password] = [proxy.username, proxy.password].map(decodeURIComponent);
  return new ProxyAgent({
    uri: proxy.origin,
    ...(username === undefined || username === '' ? {} : { token: basicAuthorization(username, password ?? '') }),
    proxyTunnel: true,
    connections: connectionsMax,
    allowH2: false,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyIdleTimeoutMs,
    requestTls: {
      minVersion: 'TLSv1.2',
      timeout: connectTimeoutMs,
      ...(tls.ca === undefined ? {} : { ca: trustedAuthorities(tls.ca) }),
      ...(tls.client === undefined ? {} : { cert: tls.client.certificate, key: tls.client.key }),
    },
  });
}

function trustedAuthorities(extra: string): string[] {
  return [...getCACertificates('default'), extra];
}

function joinHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const joined: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}
