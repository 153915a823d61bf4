import { createPublicKey, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import {
  type ConnectionOptions,
  createRegistryClient,
  createRegistryWriter,
  type RegistryWriter,
} from '@hullcheck/registry';
import { openFile } from '../database/reading.ts';
import {
  describeBytes,
  EMPTY_CONFIG,
  EMPTY_TYPE,
  LAYER_TYPE,
  MANIFEST_TYPE,
  parseDatabaseReference,
  readArtifact,
  sha256Digest,
  writeArtifact,
} from './artifact.ts';
import { exportDatabase } from './carrying.ts';
import { requireSignedArtifact, signatureTag, writeSignatureArtifact } from './cosign.ts';

export interface PushOptions {
  /** `host/name[:tag]`. */
  readonly reference: string;
  readonly registry: Omit<ConnectionOptions, 'registry'>;
  readonly signingKey?: KeyObject;
  readonly signal: AbortSignal;
}

export interface PushReport {
  readonly digest: Digest;
  readonly revision: string;
  readonly builtAt: string;
  /** Of the packed database. */
  readonly bytes: number;
  readonly signed: boolean;
  /** The tag names this revision already, signed by this key where one is given: nothing was sent. */
  readonly wasThere: boolean;
}

/**
 * Publishes a database as an artifact. The tag moves last: whoever follows it finds the manifest, its layer and, with a key,
 * its signature there.
 */
export async function pushDatabase(location: string, options: PushOptions): Promise<PushReport> {
  const { signingKey, signal } = options;
  const { registry, repository, tag, digest } = parseDatabaseReference(options.reference);
  if (digest !== null || tag === null) {
    throw new Fault('invalid-input', 'a database is pushed to a tag, not to a digest', { place: options.reference });
  }
  const there = await findPublished(location, repository, tag, options);
  if (there !== undefined) return there;
  const folder = await mkdtemp(path.join(tmpdir(), 'hullcheck-push-'));
  const writer = createRegistryWriter({ ...options.registry, registry });
  try {
    const packed = path.join(folder, 'hullcheck.db.zst');
    const { bytes, sha256 } = await exportDatabase(location, packed, signingKey);
    const { connection, revision, builtAt } = openFile(location);
    connection.close();
    const layer = { mediaType: LAYER_TYPE, digest: hexDigest(sha256), size: bytes };
    await writer.pushBlob(
      repository,
      { digest: layer.digest, sizeBytes: bytes, open: () => createReadStream(packed) },
      signal,
    );
    await pushBytes(writer, repository, EMPTY_CONFIG, signal);
    const manifest = writeArtifact({ layer, revision, builtAt });
    const manifestDigest = describeBytes(EMPTY_TYPE, manifest).digest;
    const stored = { mediaType: MANIFEST_TYPE, bytes: manifest };
    await writer.pushManifest(repository, manifestDigest, stored, signal);
    if (signingKey !== undefined) {
      const signature = writeSignatureArtifact(manifestDigest, `${registry}/${repository}`, signingKey);
      for (const blob of signature.blobs) await pushBytes(writer, repository, blob, signal);
      await writer.pushManifest(
        repository,
        signatureTag(manifestDigest),
        { mediaType: MANIFEST_TYPE, bytes: signature.manifest },
        signal,
      );
    }
    await writer.pushManifest(repository, tag, stored, signal);
    return { digest: manifestDigest, revision, builtAt, bytes, signed: signingKey !== undefined, wasThere: false };
  } finally {
    await writer.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same revision under the same tag is not sent again: each signature is another, so the artifact would be a new one. */
async function findPublished(
  location: string,
  repository: string,
  tag: string,
  options: PushOptions,
): Promise<PushReport | undefined> {
  const { signingKey, signal } = options;
  const { registry } = parseDatabaseReference(options.reference);
  const client = createRegistryClient({ ...options.registry, registry });
  try {
    const { connection, revision, builtAt } = openFile(location);
    connection.close();
    const { bytes, digest } = await client.getManifest(repository, tag, signal);
    const facts = readArtifact(bytes, options.reference);
    if (facts.revision !== revision || facts.builtAt !== builtAt) return undefined;
    const keys = signingKey === undefined ? [] : [createPublicKey(signingKey)];
    await requireSignedArtifact(client, repository, digest, keys, options.reference, signal);
    return { digest, revision, builtAt, bytes: facts.layer.size, signed: signingKey !== undefined, wasThere: true };
  } catch (error) {
    // Nothing there, something else there, or not signed by this key: it is published.
    if (error instanceof Fault && REPLACED.has(error.code)) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}

const REPLACED: ReadonlySet<string> = new Set(['not-found', 'not-an-image', 'limit-exceeded', 'database-invalid']);

async function pushBytes(writer: RegistryWriter, repository: string, bytes: Uint8Array, signal: AbortSignal) {
  const blob = { digest: sha256Digest(bytes), sizeBytes: bytes.byteLength, open: () => Readable.from([bytes]) };
  await writer.pushBlob(repository, blob, signal);
}

function hexDigest(hex: string): Digest {
  const digest = parseDigest(`sha256:${hex}`);
  if (digest === undefined) throw new Error('a hash is always a digest');
  return digest;
}
