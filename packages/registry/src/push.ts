import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Digest, parseDigest } from '@hullcheck/core';
import { checkNames } from './client.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { isTransient, RegistryFault } from './fault.ts';
import { uploadTriesMax } from './limits.ts';
import type { Operation } from './operation.ts';
import type { Access } from './refusal.ts';
import type { Answer } from './transport.ts';

export interface PushedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** The bytes from their start; called again when the registry lost them. */
  readonly open: () => Readable;
}

/** The writing side of one repository's registry; apart from the reader, so that what only reads never asks to write. */
export interface RegistryWriter {
  /** Uploads a blob in one piece; `present`: the repository has it already, and nothing was sent. */
  pushBlob(repository: string, blob: PushedBlob, signal: AbortSignal): Promise<'pushed' | 'present'>;
  /** Stores a manifest whose blobs are there, under a tag or its digest. Answers its digest. */
  pushManifest(
    repository: string,
    reference: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<Digest>;
  close(): Promise<void>;
}

/** Statuses after which the upload itself is worth beginning again: its session is lost or its token ran out. */
const LOST: ReadonlySet<number | undefined> = new Set([401, 404, 408, 416, 500, 502, 503, 504]);

/** Opens the writing side; credentials must allow `push`. All methods throw `Fault`. */
export function createRegistryWriter(options: ConnectionOptions): RegistryWriter {
  const { requester, transport, endpoint, base } = openConnection(options);

  function target(repository: string, reference: string): { readonly access: Access; readonly place: string } {
    checkNames(endpoint(), repository, reference);
    return {
      access: { kind: 'repository', name: repository, actions: 'pull,push' },
      place: `${endpoint().host}/${repository}`,
    };
  }

  async function upload(repository: string, blob: PushedBlob, operation: Operation): Promise<void> {
    const { access, place } = target(repository, blob.digest);
    const start = new URL(`/v2/${repository}/blobs/uploads/`, await base(operation.signal));
    const begun = await requester.send(
      { method: 'POST', url: start, access, headers: { 'content-length': '0' }, body: '', accepts: [202] },
      operation,
    );
    begun.body.destroy();
    const stored = await requester.send(
      {
        method: 'PUT',
        url: uploadAddress(begun, start, blob.digest, place),
        access,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.sizeBytes) },
        body: blob.open,
        accepts: [201, 204],
      },
      operation,
    );
    stored.body.destroy();
    checkStated(stored, blob.digest, place);
  }

  return {
    async pushBlob(repository, blob, signal) {
      const { access } = target(repository, blob.digest);
      const url = new URL(`/v2/${repository}/blobs/${blob.digest}`, await base(signal));
      const there = await requester.send({ method: 'HEAD', url, access, accepts: [200, 404] }, requester.start(signal));
      there.body.destroy();
      if (there.status === 200) return 'present';
      for (let attempt = 1; ; attempt += 1) {
        const operation = requester.start(signal);
        try {
          await upload(repository, blob, operation);
          return 'pushed';
        } catch (error) {
          const isLost = isTransient(error) || (error instanceof RegistryFault && LOST.has(error.httpStatus));
          if (!isLost || attempt >= uploadTriesMax || !(await operation.backOff(attempt))) throw error;
        }
      }
    },
    async pushManifest(repository, reference, { mediaType, bytes }, signal) {
      const { access, place } = target(repository, reference);
      const url = new URL(`/v2/${repository}/manifests/${reference}`, await base(signal));
      const headers = { 'content-type': mediaType, 'content-length': String(bytes.byteLength) };
      const answer = await requester.send(
        { method: 'PUT', url, access, headers, body: bytes, accepts: [201] },
        requester.start(signal),
      );
      answer.body.destroy();
      const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      if (digest === undefined) throw new Error('a hash is always a digest');
      checkStated(answer, digest, place);
      return digest;
    },
    close: () => transport.close(),
  };
}

/**
 * Where the bytes go: what the registry named, with the digest added to the query that it gave. Another host would get bytes
 * and perhaps a token that are meant for this one. A registry behind a proxy that ends TLS names itself with `http:`.
 */
function uploadAddress(begun: Answer, start: URL, digest: Digest, place: string): URL {
  const named = URL.parse(begun.headers.location ?? '', start.href);
  if (named !== null && named.host === start.host) named.protocol = start.protocol;
  if (
    named === null ||
    begun.headers.location === undefined ||
    named.origin !== start.origin ||
    named.username !== ''
  ) {
    throw new RegistryFault('unsupported', 'REDIRECT_REFUSED', 'the registry sends uploads to another place', {
      place,
    });
  }
  // As text: what a registry signed in its own query must come back letter by letter.
  named.search = `${named.search === '' ? '?' : `${named.search}&`}digest=${encodeURIComponent(digest)}`;
  return named;
}

function checkStated(answer: Answer, expected: Digest, place: string): void {
  const stated = parseDigest(answer.headers['docker-content-digest'] ?? '');
  if (stated?.startsWith('sha256:') === true && stated !== expected) {
    throw new RegistryFault('digest-mismatch', 'DIGEST_MISMATCH', 'the registry stored other bytes than were sent', {
      place,
    });
  }
}
