import { Fault } from '@hullcheck/core';
import { unpackedBytes } from './decompression.ts';
import type { SnapshotReader } from './snapshot.ts';
import { tarEntries } from './tar.ts';
import { zipEntries } from './zip.ts';

/** One file of an archive. `bytes` is undefined for one above the size limit. */
export interface ArchiveEntry {
  readonly path: string;
  readonly bytes: Uint8Array | undefined;
}

/** The wanted files of a `.tar`, `.tar.gz`, `.tar.zst` or `.zip`, one at a time in the archive's order. */
export function archiveEntries(file: SnapshotReader, wanted: (path: string) => boolean): AsyncGenerator<ArchiveEntry> {
  if (file.path.endsWith('.zip')) return zipEntries(file, wanted);
  if (/\.tar(?:\.gz|\.zst)?$/.test(file.path)) return tarEntries(unpackedBytes(file), file.path, wanted);
  throw new Fault('unsupported', `${file.path} is no archive by its name`, { place: file.path });
}
