import { type Digest, Fault } from '@hullcheck/core';
import { openBlob } from './blob.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { RegistryFault, type RegistryReason } from './fault.ts';
import { descriptionCharactersMax } from './limits.ts';
import { listTags } from './listing.ts';
import { type Manifest, type ManifestHead, manifestAccept, parseManifestHead, readManifest } from './manifest.ts';
import { isRepositoryName, isTag } from './reference.ts';
import { listReferrers, type Referrer } from './referrers.ts';
import type { Access } from './refusal.ts';
import type { RateLimit } from './requester.ts';
import type { Repository, TagDate } from './vendors/vendor.ts';

export type RegistryClientOptions = ConnectionOptions;

/** The client of one registry with one set of credentials. All methods throw `Fault`. Read-only: GET and HEAD. */
export interface RegistryClient {
  /** Scheme, host and port; for a host without a scheme on this machine, `http:` once TLS proved absent. */
  readonly origin: string;
  /** `GET /v2/` with credentials where asked; resolves if a distribution API answers there. */
  ping(signal: AbortSignal): Promise<void>;
  listRepositories(signal: AbortSignal): AsyncIterable<Repository>;
  /** In the registry's order, each once. */
  listTags(repository: string, signal: AbortSignal): AsyncIterable<string>;
  /** When tags were pushed, in any order, by the vendor's own API; null where it has no such thing. Faults are of that API. */
  listTagDates(repository: string, signal: AbortSignal): AsyncIterable<TagDate> | null;
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
  /** What was attached to a manifest: signatures, SBOMs, attestations. Empty where the registry knows no such thing. */
  listReferrers(repository: string, digest: Digest, signal: AbortSignal): Promise<readonly Referrer[]>;
  rateLimit(): RateLimit | undefined;
  /** What users of this vendor do about a refusal, where that is something of their own. */
  advice(reason: RegistryReason): string | undefined;
  close(): Promise<void>;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { vendor, requester, transport, credentials, contextOf, credentialsFor, endpoint, base } =
    openConnection(options);

  async function sendForManifest(method: 'GET' | 'HEAD', repository: string, reference: string, signal: AbortSignal) {
    const { access, place } = checkNames(endpoint(), repository, reference);
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
      return endpoint().origin;
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
      for await (const { name, description } of vendor.listRepositories(contextOf(credentials), signal))
        yield description === undefined ? { name } : { name, description: shortened(description) };
    },
    async *listTags(repository, signal) {
      checkNames(endpoint(), repository, 'latest');
      yield* listTags(await base(signal), repository, requester, signal);
    },
    listTagDates(repository, signal) {
      checkNames(endpoint(), repository, 'latest');
      return vendor.listTagDates?.(repository, contextOf(credentialsFor(repository)), signal) ?? null;
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
      const { access, place } = checkNames(endpoint(), repository, digest);
      const url = new URL(`/v2/${repository}/blobs/${digest}`, await base(signal));
      const blob = { url, access, digest, sizeBytes: sizeBytes ?? null, place };
      return await openBlob(blob, requester, requester.start(signal));
    },
    async listReferrers(repository, digest, signal) {
      checkNames(endpoint(), repository, digest);
      const getManifest = (tag: string) => client.getManifest(repository, tag, signal);
      return await listReferrers({ base: await base(signal), repository, digest, requester, getManifest }, signal);
    },
    rateLimit: () => requester.rateLimit(),
    advice: (reason) => vendor.advice[reason],
    close: () => transport.close(),
  };
  return client;
}

/** A copy: a part of a text keeps the whole in memory, and a caller holds thousands of these. */
function shortened(text: string): string {
  if (text.length <= descriptionCharactersMax) return text;
  return Buffer.from(text.slice(0, descriptionCharactersMax), 'utf16le').toString('utf16le');
}

/** Nothing gets into a path that is not a name, a tag or a digest. */
export function checkNames(
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
