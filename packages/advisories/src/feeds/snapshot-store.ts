import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { MANIFEST_BYTES_MAX } from './limits.ts';
import { ABANDONED_AFTER_MS } from './limits-network.ts';
import {
  type Snapshot,
  type SnapshotFile,
  type SnapshotManifest,
  type SnapshotPart,
  snapshotDigest,
  storedFile,
} from './snapshot.ts';

const HEX = /^[0-9a-f]{64}$/;
const manifestSchema = z.object({
  feed: z.string(),
  digest: z.string().regex(HEX),
  parts: z.array(z.object({ id: z.string(), updatedAt: z.string(), extent: z.enum(['whole', 'excerpt']) })),
  files: z.array(
    z.object({
      path: z.string(),
      part: z.string(),
      bytes: z.number().int().nonnegative(),
      sha256: z.string().regex(HEX),
      etag: z.string().nullable(),
      lastModified: z.string().nullable(),
    }),
  ),
});

/** A file that lies in the store's staging folder under its hash. */
export type StagedFile = SnapshotFile;

/**
 * Snapshots on disk: `<root>/<feed>/<digest>/` with `manifest.json` and each file under its SHA-256. A snapshot appears
 * by one rename, so a reader sees a whole one or none, and a killed fetch leaves only a staging folder.
 */
export class SnapshotStore {
  readonly #root: string;

  constructor(cacheDir: string) {
    this.#root = path.join(cacheDir, 'snapshots');
  }

  /** A folder for one fetch, beside where its snapshot will be. */
  async stage(feed: string): Promise<string> {
    const folder = path.join(this.#root, feed, `.staging-${randomUUID()}`);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** The folder where unfinished downloads wait for the next attempt. */
  async partialFolder(feed: string): Promise<string> {
    const folder = path.join(this.#root, feed, 'partial');
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Copies a file of an earlier snapshot into a staging folder. */
  async reuse(feed: string, digest: string, file: SnapshotFile, staging: string): Promise<void> {
    const from = path.join(this.#root, feed, digest, file.sha256);
    await copyFile(from, path.join(staging, file.sha256), constants.COPYFILE_FICLONE);
  }

  /** Makes the staged files the snapshot of their digest. Equal content is one snapshot, whoever writes it first. */
  async commit(feed: string, parts: readonly SnapshotPart[], files: readonly StagedFile[], staging: string) {
    const digest = snapshotDigest(parts, files);
    const manifest: SnapshotManifest = { feed, digest, parts, files };
    await writeFile(path.join(staging, 'manifest.json'), JSON.stringify(manifest), { flush: true });
    const folder = path.join(this.#root, feed, digest);
    const renamed = await rename(staging, folder).then(
      () => true,
      () => false,
    );
    if (!renamed && (await this.find(feed, digest)) !== undefined) {
      // The same content is there, perhaps from another process this moment; the newer ETag serves the next request.
      await rename(path.join(staging, 'manifest.json'), path.join(folder, 'manifest.json'));
      await rm(staging, { recursive: true, force: true });
    } else if (!renamed) {
      // Somebody took files out of the folder.
      await rm(folder, { recursive: true, force: true });
      await rename(staging, folder);
    }
    return this.#snapshot(manifest);
  }

  /** The snapshot, or undefined when it is not there whole. */
  async find(feed: string, digest: string): Promise<Snapshot | undefined> {
    if (!HEX.test(digest)) return undefined;
    const location = path.join(this.#root, feed, digest, 'manifest.json');
    try {
      const { size } = await stat(location);
      if (size > MANIFEST_BYTES_MAX) return undefined;
      const parsed = manifestSchema.safeParse(JSON.parse(await readFile(location, 'utf8')));
      if (!parsed.success || parsed.data.digest !== digest || parsed.data.feed !== feed) return undefined;
      for (const file of parsed.data.files) {
        const stored = await stat(path.join(this.#root, feed, digest, file.sha256));
        if (stored.size !== file.bytes) return undefined;
      }
      return this.#snapshot(parsed.data);
    } catch {
      return undefined;
    }
  }

  /** Forgets snapshots and leftovers of a feed, except `keep` and what a running fetch may still be writing. */
  async prune(feed: string, keep: ReadonlySet<string>, nowMs: number): Promise<void> {
    const folder = path.join(this.#root, feed);
    for (const name of await readdir(folder).catch(() => [])) {
      const location = path.join(folder, name);
      const idle = nowMs - (await stat(location).catch(() => ({ mtimeMs: nowMs }))).mtimeMs;
      const forgotten = HEX.test(name) ? !keep.has(name) : name.startsWith('.staging-');
      if (forgotten && idle > 60 * ABANDONED_AFTER_MS) await rm(location, { recursive: true, force: true });
    }
  }

  #snapshot(manifest: SnapshotManifest): Snapshot {
    const folder = path.join(this.#root, manifest.feed, manifest.digest);
    return { manifest, files: manifest.files.map((file) => storedFile(file, path.join(folder, file.sha256))) };
  }
}

/** The bytes of a local file of a mirror. */
export function localBytes(location: string): AsyncIterable<Uint8Array> {
  const stream = createReadStream(location, { highWaterMark: 256 * 1024 });
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* stream;
      } catch (error) {
        throw new Fault('not-found', `${path.basename(location)} cannot be read`, { cause: error, place: location });
      }
    },
  };
}
