import { type Digest, Fault } from '@hullcheck/core';
import { createAuthorization } from './authorization.ts';
import { openBlob } from './blob.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import { isLoopbackHost } from './egress.ts';
import { type Endpoint, parseEndpoint, speaksNoTls } from './endpoint.ts';
import { RegistryFault, type RegistryReason } from './fault.ts';
import { listTags } from './listing.ts';
import { type Manifest, type ManifestHead, manifestAccept, parseManifestHead, readManifest } from './manifest.ts';
import { toPatternTest } from './pattern.ts';
import { isRepositoryName, isTag } from './reference.ts';
import type { Access } from './refusal.ts';
import { createRequester, type RateLimit } from './requester.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import { findVendor } from './vendors/catalogue.ts';
import type { Presented, Repository, VendorContext } from './vendors/vendor.ts';

export interface RegistryClientOptions extends TransportOptions {
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
  readonly clock?: Clock;
}

export interface RepositoryCredentials {
  readonly pattern: string;
  /** Null: read as nobody, whatever the others are read as. */
  readonly credentials: Credentials | null;
}

/** The client of one registry with one set of credentials. All methods throw `Fault`. Read-only: GET and HEAD. */
export interface RegistryClient {
  /** Scheme, host and port; for a host without a scheme on this machine, `http:` once TLS proved absent. */
  readonly origin: string;
  /** `GET /v2/` with credentials where asked; resolves if a distribution API answers there. */
  ping(signal: AbortSignal): Promise<void>;
  listRepositories(signal: AbortSignal): AsyncIterable<Repository>;
  /** In the registry's order, each once. */
  listTags(repository: string, signal: AbortSignal): AsyncIterable<string>;
  /** The digest that a tag names now. On Docker Hub this costs no pull. */
  headManifest(repository: string, reference: string, signal: AbortSignal): Promise<ManifestHead>;
  /** `reference`: a tag or digest. Verified against the digest; at most 4 MiB. */
  getManifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest>;
  /** The bytes verified as they pass: an iteration that ends without a fault had the right size and digest. */
  openBlob(
    repository: string,
    digest: Digest,
    options: { readonly sizeBytes?: number; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
  rateLimit(): RateLimit | undefined;
  /** What users of this vendor do about a refusal, where that is something of their own. */
  advice(reason: RegistryReason): string | undefined;
  close(): Promise<void>;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const vendor = findVendor(options.vendor ?? 'generic');
  if (vendor === undefined)
    throw new Fault('invalid-input', 'no such registry vendor', { place: options.vendor ?? '' });
  const clock = options.clock ?? systemClock;
  const credentials = options.credentials ?? null;
  const own = (options.repositoryCredentials ?? []).map((it) => ({ ...it, fits: toPatternTest(it.pattern) }));
  const [apiBase, exchangeBase] = [options.apiOrigin, options.exchangeOrigin].map((text) =>
    text === undefined ? null : parseApiBase(text, options.allowPlainHttp),
  );
  const transport = createTransport(options);
  const presented = new Map<Credentials, Presented>();

  function credentialsFor(access: Access): Credentials | null {
    const found = access.kind === 'repository' ? own.find(({ fits }) => fits(access.name)) : undefined;
    return found === undefined ? credentials : found.credentials;
  }

  /** What the registry takes for this, traded anew when it has run out. */
  async function present(access: Access, signal: AbortSignal): Promise<Presented | null> {
    const wanted = credentialsFor(access);
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
  let endpoint: Endpoint = parseEndpoint(options.registry, options.allowPlainHttp ?? false);

  const contextOf = (wanted: Credentials | null): VendorContext => ({
    base: endpoint.url,
    requester,
    transport,
    credentials: wanted,
    namespaces: options.namespaces ?? [],
    apiBase: apiBase ?? null,
    exchangeBase: exchangeBase ?? null,
    clock,
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

  async function sendForManifest(method: 'GET' | 'HEAD', repository: string, reference: string, signal: AbortSignal) {
    const { access, place } = checkNames(endpoint.url, repository, reference);
    const url = new URL(`/v2/${repository}/manifests/${reference}`, await base(signal));
    const operation = requester.start(signal);
    const headers = { accept: manifestAccept };
    return {
      answer: await requester.send({ method, url, access, headers, accepts: [200] }, operation),
      place,
      operation,
    };
  }

  const client: RegistryClient = {
    get origin() {
      return endpoint.url.origin;
    },
    async ping(signal) {
      const url = new URL('/v2/', await base(signal));
      const answer = await requester.send(
        { method: 'GET', url, access: { kind: 'ping' }, accepts: [200] },
        requester.start(signal),
      );
      answer.body.destroy();
      if (/^text\/html\b/i.test(answer.headers['content-type'] ?? '')) {
        throw new RegistryFault('not-found', 'NOT_A_REGISTRY', 'a web page answers at this address, not a registry', {
          place: url.host,
          hint: 'The registry may be on another port or host than its web page.',
        });
      }
    },
    async *listRepositories(signal) {
      await base(signal);
      yield* vendor.listRepositories(contextOf(credentials), signal);
    },
    async *listTags(repository, signal) {
      checkNames(endpoint.url, repository, 'latest');
      yield* listTags(await base(signal), repository, requester, signal);
    },
    async headManifest(repository, reference, signal) {
      const { answer, place } = await sendForManifest('HEAD', repository, reference, signal);
      answer.body.destroy();
      const head = parseManifestHead(answer, reference, place);
      if (head !== undefined) return head;
      const { mediaType, digest, bytes } = await client.getManifest(repository, reference, signal);
      return { mediaType, digest, sizeBytes: bytes.byteLength };
    },
    async getManifest(repository, reference, signal) {
      const { answer, place, operation } = await sendForManifest('GET', repository, reference, signal);
      return await readManifest(answer, reference, place, operation);
    },
    async openBlob(repository, digest, { sizeBytes, signal }) {
      const { access, place } = checkNames(endpoint.url, repository, digest);
      const url = new URL(`/v2/${repository}/blobs/${digest}`, await base(signal));
      const blob = { url, access, digest, sizeBytes: sizeBytes ?? null, place };
      return await openBlob(blob, requester, requester.start(signal));
    },
    rateLimit: () => requester.rateLimit(),
    advice: (reason) => vendor.advice[reason],
    close: () => transport.close(),
  };
  return client;
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

/** Nothing gets into a path that is not a name, a tag or a digest. */
function checkNames(
  base: URL,
  repository: string,
  reference: string,
): { readonly access: Access; readonly place: string } {
  if (!isRepositoryName(repository))
    throw new Fault('invalid-input', 'not the name of a repository', { place: base.host });
  if (!isTag(reference) && !/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(reference)) {
    throw new Fault('invalid-input', 'neither a tag nor a digest', { place: `${base.host}/${repository}` });
  }
  const separator = reference.includes(':') ? '@' : ':';
  return {
    access: { kind: 'repository', name: repository },
    place: `${base.host}/${repository}${separator}${reference}`,
  };
}
