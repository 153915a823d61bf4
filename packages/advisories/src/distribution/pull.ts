import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from '@hullcheck/core';
import { type ConnectionOptions, createRegistryClient, type RegistryClient } from '@hullcheck/registry';
import { inPlaceOf, unpackDatabase } from '../database/packing.ts';
import { openFile } from '../database/reading.ts';
import { databasesFolder, newestDatabase } from '../database/revisions.ts';
import { type ArtifactFacts, parseDatabaseReference, placeOf, readArtifact } from './artifact.ts';
import { takeRevision } from './carrying.ts';
import { requireSignedArtifact } from './cosign.ts';
import { PULL_MS_MAX } from './limits.ts';
import { reportOf, type TakeOptions, type TakeReport } from './report.ts';

export interface PullOptions extends TakeOptions {
  /** `[oci:]host/name[:tag][@digest]`. */
  readonly reference: string;
  readonly registry: Omit<ConnectionOptions, 'registry'>;
}

/**
 * Takes the database that a registry offers, if it is another and no older one. In this order, and the database in use stays
 * whatever fails: manifest, signature, layer (picked up with `Range` where the connection breaks), content hash. A download
 * that is killed leaves a file that the next build removes.
 */
export async function pullDatabase(options: PullOptions): Promise<TakeReport> {
  const reference = parseDatabaseReference(options.reference);
  const place = placeOf(reference);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PULL_MS_MAX)]);
  const folder = databasesFolder(options.cacheDir);
  await mkdir(folder, { recursive: true });
  const client = createRegistryClient({ ...options.registry, registry: reference.registry });
  try {
    const { repository } = reference;
    const manifest = await client.getManifest(repository, reference.digest ?? reference.tag ?? '', signal);
    const facts = readArtifact(manifest.bytes, place);
    await requireSignedArtifact(client, repository, manifest.digest, options.keys, place, signal);
    const current = options.current ?? (await newestDatabase(folder)).found?.path;
    const kept = current === undefined ? undefined : whyKept(current, facts);
    if (kept !== undefined && current !== undefined) return reportOf(current, { outcome: kept, way: null, bytes: 0 });
    const location = await download(client, repository, facts, { ...options, signal }, folder, place);
    return reportOf(location, { outcome: 'taken', way: { kind: 'whole' }, bytes: facts.layer.size });
  } finally {
    await client.close();
  }
}

/** Why nothing needs to be downloaded; undefined: it does. */
export function whyKept(
  current: string,
  offered: Pick<ArtifactFacts, 'revision' | 'builtAt'>,
): 'unchanged' | 'older' | undefined {
  const file = openFile(current);
  file.connection.close();
  if (file.revision === offered.revision) return 'unchanged';
  // Whoever can answer for the source, but has no key, could offer an old signed one for ever; taken it would be a step back.
  return Date.parse(offered.builtAt) < Date.parse(file.builtAt) ? 'older' : undefined;
}

async function download(
  client: RegistryClient,
  repository: string,
  { layer, revision, builtAt }: ArtifactFacts,
  { signal, onProgress }: TakeOptions,
  folder: string,
  place: string,
): Promise<string> {
  const packed = path.join(folder, `.building-${randomUUID()}.zst`);
  const temporary = path.join(folder, `.building-${randomUUID()}.db`);
  try {
    const bytes = await client.openBlob(repository, layer.digest, { sizeBytes: layer.size, signal });
    await pipeline(counted(bytes, layer.size, onProgress), createWriteStream(packed));
    await unpackDatabase(packed, temporary);
    const file = openFile(temporary);
    file.connection.close();
    if (file.revision !== revision || file.builtAt !== builtAt) {
      throw new Fault('database-invalid', 'the vulnerability database is refused: its artifact says another revision', {
        place,
      });
    }
    return await takeRevision(temporary, folder);
  } catch (error) {
    throw error instanceof Fault ? inPlaceOf(error, packed, place) : error;
  } finally {
    await rm(packed, { force: true });
    await rm(temporary, { force: true });
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  total: number,
  onProgress: TakeOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    onProgress?.(bytes, total);
    yield chunk;
  }
}
