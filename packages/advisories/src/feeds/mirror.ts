import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { toTimestamp } from './facts.ts';
import type { Feed } from './feed.ts';
import { get, type HttpContext, networkFault } from './http.ts';
import { FEED_FILE_BYTES_MAX, MANIFEST_BYTES_MAX } from './limits.ts';
import type { Snapshot, SnapshotFile, SnapshotManifest, SnapshotPart } from './snapshot.ts';
import { snapshotDigest } from './snapshot.ts';
import { localBytes, type SnapshotStore } from './snapshot-store.ts';
import { stageBytes } from './staging.ts';

/** One part of a snapshot as a mirror (MANIFEST.json) offers it. */
export interface MirrorPart {
  readonly part: string;
  /** `id` of the entry in MANIFEST.json. */
  readonly entry: string;
  /** Which files of the entry, by their path in the mirror. */
  readonly takes: (path: string) => boolean;
  /** Whether the mirror's files are all that the source had on that day. */
  readonly extent: 'whole' | 'excerpt';
  /** Which of the dates in the entry's `snapshotDate` is the date of these files; 0 when absent, the last one when there are fewer. */
  readonly dateAt?: number;
}

const manifestSchema = z.array(
  z.object({
    id: z.string(),
    snapshotDate: z.string().default(''),
    files: z.array(
      z.object({
        // Never leaves the mirror: no absolute path, no parent, no backslash, no query.
        path: z.string().regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w@+][\w@+./-]*$/),
        bytes: z.number().int().nonnegative().max(FEED_FILE_BYTES_MAX),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    ),
  }),
);
type MirrorManifest = z.infer<typeof manifestSchema>;

/** A mirror of feeds: a folder or an address with a MANIFEST.json that names every file with size and SHA-256. */
export interface Mirror {
  readonly manifest: MirrorManifest;
  readonly bytes: (path: string) => AsyncIterable<Uint8Array>;
}

/** Opens the mirror in a folder or under an address. Fault `not-found` or `feed-invalid` when its manifest is none. */
export async function openMirror(location: string, context: HttpContext): Promise<Mirror> {
  const remote = /^https?:\/\//i.test(location);
  const bytes = remote ? remoteBytes(location, context) : (name: string) => localBytes(path.join(location, name));
  const text = remote ? await readText(bytes('MANIFEST.json')) : await readManifestFile(location);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Fault('feed-invalid', 'MANIFEST.json of the mirror is not JSON', { cause: error, place: location });
  }
  const parsed = manifestSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Fault('feed-invalid', `MANIFEST.json of the mirror: ${issue?.path.join('.')} ${issue?.message}`, {
      place: location,
    });
  }
  return { manifest: parsed.data, bytes };
}

/** Whether the mirror holds anything of the feed. */
export function isOffered(feed: Pick<Feed, 'mirror'>, mirror: Mirror): boolean {
  return feed.mirror.some((offer) => mirror.manifest.some(({ id }) => id === offer.entry));
}

/** The snapshot of a feed from a mirror; `unchanged` when it is the previous one. Every file must have the size and hash that the manifest states. */
export async function mirrorSnapshot(
  feed: Feed,
  mirror: Mirror,
  store: SnapshotStore,
  previous: SnapshotManifest | undefined,
  now: string,
): Promise<Snapshot | 'unchanged'> {
  const parts: SnapshotPart[] = [];
  const wanted: SnapshotFile[] = [];
  for (const offer of feed.mirror) {
    const entry = mirror.manifest.find(({ id }) => id === offer.entry);
    if (entry === undefined) throw new Fault('not-found', `the mirror has no ${offer.entry}`, { place: offer.entry });
    const files = entry.files.filter(({ path: name }) => offer.takes(name));
    if (files.length > 0 && !parts.some(({ id }) => id === offer.part)) {
      parts.push({
        id: offer.part,
        updatedAt: snapshotDate(entry.snapshotDate, offer.dateAt ?? 0) ?? now,
        extent: offer.extent,
      });
    }
    for (const file of files) {
      wanted.push({ ...file, part: offer.part, etag: null, lastModified: null });
    }
  }
  if (wanted.length === 0) throw new Fault('not-found', `the mirror has no file for ${feed.id}`, { place: feed.id });
  const digest = snapshotDigest(parts, wanted);
  if (previous?.digest === digest) return 'unchanged';
  const stored = await store.find(feed.id, digest);
  if (stored !== undefined) return stored;

  const staging = await store.stage(feed.id);
  for (const file of wanted) {
    const staged = await stageBytes(mirror.bytes(file.path), staging, file.path, file.bytes);
    if (staged.bytes !== file.bytes) throw new Fault('size-mismatch', `${file.path} is cut`, { place: file.path });
    if (staged.sha256 !== file.sha256) {
      throw new Fault('digest-mismatch', `${file.path} is not the file that the manifest names`, { place: file.path });
    }
  }
  return await store.commit(feed.id, parts, wanted, staging);
}

/**
 * One of the dates in a manifest's free text, RFC 3339. `2026-08-07 (JSON) ; 2025-08-25 (CSV)` has two; `2026-08 (mixed)`
 * counts from the first of the month and `mid-2023` from July, so that data never looks newer than it may be.
 */
export function snapshotDate(text: string, index: number): string | undefined {
  const dates = [...text.matchAll(/\b(\d{4}-\d{2}-\d{2})|\b(\d{4}-\d{2})\b|\bmid-(\d{4})\b/g)].map(
    ([, day, month, year]) => toTimestamp(day ?? (month === undefined ? `${year}-07-01` : `${month}-01`)),
  );
  return dates[Math.min(index, dates.length - 1)] ?? undefined;
}

async function readManifestFile(folder: string): Promise<string> {
  const location = path.join(folder, 'MANIFEST.json');
  try {
    if ((await stat(location)).size <= MANIFEST_BYTES_MAX) return await readFile(location, 'utf8');
  } catch (error) {
    throw new Fault('not-found', `${folder} is no mirror of feeds: it has no MANIFEST.json`, {
      cause: error,
      place: folder,
    });
  }
  throw new Fault('limit-exceeded', 'MANIFEST.json is too large', { place: location });
}

async function readText(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.byteLength;
    if (total > MANIFEST_BYTES_MAX) throw new Fault('limit-exceeded', 'MANIFEST.json is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function remoteBytes(location: string, context: HttpContext): Mirror['bytes'] {
  const base = location.endsWith('/') ? location : `${location}/`;
  return (name) => ({
    async *[Symbol.asyncIterator]() {
      const answer = await get(new URL(name, base).href, {}, context);
      if (answer.status !== 200) {
        answer.body.destroy();
        throw new Fault(
          answer.status === 404 ? 'not-found' : 'unreachable',
          `the mirror answers ${answer.status} for ${name}`,
          {
            place: name,
          },
        );
      }
      try {
        yield* answer.body;
      } catch (error) {
        throw networkFault(error, new URL(base).host, context.signal);
      }
    },
  });
}
