import { Fault } from '@hullcheck/core';
import { createAuthorization } from './authorization.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import { isLoopbackHost } from './egress.ts';
import { type Endpoint, parseEndpoint, speaksNoTls } from './endpoint.ts';
import { createKeeper } from './keeper.ts';
import type { MachineIdentity } from './machine/identity.ts';
import { toPatternTest } from './pattern.ts';
import type { Access } from './refusal.ts';
import { createRequester, type Requester } from './requester.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';
import { findVendor } from './vendors/catalogue.ts';
import type { Presented, RegistryVendor, VendorContext } from './vendors/vendor.ts';

export interface ConnectionOptions extends Omit<TransportOptions, 'clientOrigin'> {
  /** `host[:port]`, `https://host`, or `docker.io`. */
  readonly registry: string;
  /** Id of the vendor catalogue; `generic` by default. */
  readonly vendor?: string;
  readonly credentials?: Credentials | null;
  /** Credentials for single repositories, before `credentials`; the first pattern that fits counts. `*` matches anything. */
  readonly repositoryCredentials?: readonly RepositoryCredentials[];
  /** What the vendor lists by: users, organisations, projects. */
  readonly namespaces?: readonly string[];
  /** Origins of token servers on other hosts that may have the credentials. */
  readonly trustedRealms?: readonly string[];
  /** Plain HTTP beyond this machine; off by default. */
  readonly allowPlainHttp?: boolean;
  /** Base of the vendor's own API where it is not the usual one. It gets the credentials, for tokens too. */
  readonly apiOrigin?: string;
  /** Base of the server that trades credentials (STS, Entra, Google's token server) where it is not the usual one. */
  readonly exchangeOrigin?: string;
  /** Where the operator lets credentials of kind `machine` be used. */
  readonly machine?: MachineIdentity;
  readonly clock?: Clock;
  /** Instead of one made of the other options; tests. Closed with the connection. */
  readonly transport?: Transport;
}

export interface RepositoryCredentials {
  readonly pattern: string;
  /** Null: read as nobody, whatever the others are read as. */
  readonly credentials: Credentials | null;
}

/** What reading from and writing to one registry share. */
export interface Connection {
  readonly vendor: RegistryVendor;
  readonly requester: Requester;
  readonly transport: Transport;
  readonly credentials: Credentials | null;
  readonly contextOf: (wanted: Credentials | null) => VendorContext;
  /** Those of one repository, where it has its own. */
  readonly credentialsFor: (repository: string) => Credentials | null;
  /** Scheme, host and port as far as they are known. */
  readonly endpoint: () => URL;
  /** The base of `/v2/`; the first call settles the scheme where it is open. */
  readonly base: (signal: AbortSignal) => Promise<URL>;
}

export function openConnection(options: ConnectionOptions): Connection {
  const vendor = findVendor(options.vendor ?? 'generic');
  if (vendor === undefined)
    throw new Fault('invalid-input', 'no such registry vendor', { place: options.vendor ?? '' });
  const clock = options.clock ?? systemClock;
  const credentials = options.credentials ?? null;
  const own = (options.repositoryCredentials ?? []).map((it) => ({ ...it, fits: toPatternTest(it.pattern) }));
  const [apiBase, exchangeBase] = [options.apiOrigin, options.exchangeOrigin].map((text) =>
    text === undefined ? null : parseApiBase(text, options.allowPlainHttp),
  );
  let endpoint: Endpoint = parseEndpoint(options.registry, options.allowPlainHttp ?? false);
  const transport = options.transport ?? createTransport({ ...options, clientOrigin: endpoint.url.origin });
  const presented = new Map<Credentials, Presented>();

  function credentialsFor(repository: string): Credentials | null {
    const found = own.find(({ fits }) => fits(repository));
    return found === undefined ? credentials : found.credentials;
  }

  const keepers = new Map<Credentials | null, VendorContext['keep']>();
  function keeperOf(wanted: Credentials | null): VendorContext['keep'] {
    const keep = keepers.get(wanted) ?? createKeeper(clock);
    keepers.set(wanted, keep);
    return keep;
  }

  /** What the registry takes for this, traded anew when it has run out. */
  async function present(access: Access, signal: AbortSignal): Promise<Presented | null> {
    const wanted = access.kind === 'repository' ? credentialsFor(access.name) : credentials;
    if (wanted === null || vendor === undefined) return null;
    const known = presented.get(wanted);
    if (known !== undefined && known.expiresAtMs > clock.now()) return known;
    const fresh = await vendor.present(wanted, contextOf(wanted), signal);
    presented.set(wanted, fresh);
    return fresh;
  }

  const authorization = createAuthorization({
    present,
    // An API that the operator named gets the credentials anyway, so it may be the token server too.
    trustedRealms: [...(options.trustedRealms ?? []), ...(apiBase == null ? [] : [apiBase.origin])],
    clock,
  });
  const requester = createRequester(transport, authorization, clock);

  const contextOf = (wanted: Credentials | null): VendorContext => ({
    base: endpoint.url,
    requester,
    transport,
    credentials: wanted,
    namespaces: options.namespaces ?? [],
    apiBase: apiBase ?? null,
    exchangeBase: exchangeBase ?? null,
    machine: options.machine ?? null,
    clock,
    keep: keeperOf(wanted),
  });

  /** The base of `/v2/`; the first call settles the scheme where it is open. */
  async function base(signal: AbortSignal): Promise<URL> {
    if (endpoint.scheme === 'fixed') return endpoint.url;
    try {
      const probe = await requester.start(signal).exchange({
        method: 'GET',
        url: new URL('/v2/', endpoint.url),
        headers: {},
        reach: 'registry',
      });
      probe.body.destroy();
      endpoint = { url: endpoint.url, scheme: 'fixed' };
    } catch (error) {
      if (!speaksNoTls(error)) throw error;
      endpoint = { url: new URL(`http://${endpoint.url.host}`), scheme: 'fixed' };
    }
    return endpoint.url;
  }

  return { vendor, requester, transport, credentials, contextOf, credentialsFor, endpoint: () => endpoint.url, base };
}

/** The vendor's API gets the credentials, so the rule for plain HTTP is the registry's own. Ends in `/`. */
function parseApiBase(text: string, allowPlainHttp = false): URL {
  const url = URL.parse(text);
  const isPlain = url?.protocol === 'http:' && (allowPlainHttp || isLoopbackHost(url.hostname));
  if (
    url === null ||
    !(url.protocol === 'https:' || isPlain) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== ''
  )
    throw new Fault('invalid-input', 'not the https address of an API', { place: url?.host ?? 'apiOrigin' });
  return new URL(`${url.origin}${url.pathname.replace(/\/*$/, '/')}`);
}
