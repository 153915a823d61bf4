import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Fault } from '@hullcheck/core';

/** One file of a snapshot. `path` is its name for the parser; on disk it lies under its content hash. */
export interface SnapshotFile {
  readonly path: string;
  readonly part: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** What the upstream said of this version, for the next conditional request. */
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A part of a snapshot becomes one source entry of the database: one date, one extent. */
export interface SnapshotPart {
  readonly id: string;
  /** Date of the data, RFC 3339; the parser may know better from the data itself. */
  readonly updatedAt: string;
  readonly extent: 'whole' | 'excerpt';
}

export interface SnapshotManifest {
  readonly feed: string;
  /** SHA-256 over parts and file hashes: equal content has an equal digest wherever it came from. */
  readonly digest: string;
  readonly parts: readonly SnapshotPart[];
  readonly files: readonly SnapshotFile[];
}

/** A file of a snapshot as the parser sees it: a stream from the start, or any range of it (archives with a directory at the end). */
export interface SnapshotReader extends SnapshotFile {
  stream(): AsyncIterable<Uint8Array>;
  /** Exactly `length` bytes from `position`, or a Fault `truncated`. */
  readAt(position: number, length: number): Promise<Uint8Array>;
}

/** What a parser reads. Nothing of it can reach the network or the database. */
export interface Snapshot {
  readonly manifest: SnapshotManifest;
  readonly files: readonly SnapshotReader[];
}

/** The digest that names a snapshot; independent of the order of files and of what the upstream's headers said. */
export function snapshotDigest(parts: readonly SnapshotPart[], files: readonly SnapshotFile[]): string {
  const hash = createHash('sha256');
  for (const part of [...parts].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    hash.update(JSON.stringify([part.id, part.updatedAt, part.extent]));
  }
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(JSON.stringify([file.path, file.part, file.sha256]));
  }
  return hash.digest('hex');
}

/** A reader of one stored file. `location` is a path of our own making. */
export function storedFile(file: SnapshotFile, location: string): SnapshotReader {
  return {
    ...file,
    stream: () => createReadStream(location, { highWaterMark: 256 * 1024 }),
    async readAt(position, length) {
      const handle = await open(location, 'r');
      try {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, position);
        if (bytesRead !== length) {
          throw new Fault('truncated', `${file.path} ends before byte ${position + length}`, { place: file.path });
        }
        return bytes;
      } finally {
        await handle.close();
      }
    },
  };
}

/** A snapshot held in memory, for tests and for what was never on disk. */
export function memorySnapshot(
  feed: string,
  parts: readonly SnapshotPart[],
  contents: Readonly<Record<string, { readonly part: string; readonly bytes: Uint8Array }>>,
): Snapshot {
  const files = Object.entries(contents).map(([path, { part, bytes }]): SnapshotReader => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      path,
      part,
      bytes: bytes.byteLength,
      sha256,
      etag: null,
      lastModified: null,
      async *stream() {
        yield bytes;
      },
      async readAt(position, length) {
        if (position + length > bytes.byteLength) throw new Fault('truncated', `${path} is too short`, { place: path });
        return bytes.subarray(position, position + length);
      },
    };
  });
  return { manifest: { feed, digest: snapshotDigest(parts, files), parts, files }, files };
}
