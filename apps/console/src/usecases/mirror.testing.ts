import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Fixed version by source package and CVE. */
export interface Tracker {
  readonly [name: string]: { readonly [cve: string]: string };
}

interface MirroredFile {
  readonly snapshotDate: string;
  readonly name: string;
  readonly content: string | Buffer;
}

/** A mirror of feeds as the console takes one: a file of each, and what they are. */
export function writeMirrorOf(folder: string, feeds: { readonly [id: string]: MirroredFile }): void {
  const entries = Object.entries(feeds).map(([id, { snapshotDate, name, content }]) => {
    const bytes = Buffer.from(content);
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { id, snapshotDate, files: [{ path: `${id}/${name}`, bytes: bytes.byteLength, sha256 }] };
  });
  writeFileSync(join(folder, 'MANIFEST.json'), JSON.stringify(entries));
}

/** Debian 12 as its tracker knows it, with `fillers` packages more: a feed that loses too much of itself keeps what it had. */
export function debianFeeds(tracker: Tracker, fillers: number): { readonly [id: string]: MirroredFile } {
  const filler = Array.from(
    { length: fillers },
    (_, at) => [`filler-${at}`, { [`CVE-2020-${1000 + at}`]: '1' }] as const,
  );
  const release = (fixed: string) => ({ releases: { bookworm: { status: 'resolved', fixed_version: fixed } } });
  const packages = Object.fromEntries(
    [...filler, ...Object.entries(tracker)].map(([name, cves]) => [
      name,
      Object.fromEntries(Object.entries(cves).map(([id, fixed]) => [id, release(fixed)])),
    ]),
  );
  return {
    'debian-tracker': {
      snapshotDate: '2026-08-21',
      name: 'tracker.derived.json',
      content: JSON.stringify(packages),
    },
    'debian-support-status': {
      snapshotDate: '2026-06-30',
      name: 'debian.csv',
      content: 'version,series\n12,bookworm\n',
    },
  };
}
