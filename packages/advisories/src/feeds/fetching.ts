import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault, toFault } from '@hullcheck/core';
import { get, type HttpContext, networkFault } from './http.ts';
import { ATTEMPTS_MAX, POINTER_BYTES_MAX, RETRY_DELAY_MS } from './limits-network.ts';
import {
  claimPartial,
  forgetPartial,
  keepFinished,
  type PartialDownload,
  partialState,
  releasePartial,
  type Validators,
} from './partial-download.ts';
import type { Snapshot, SnapshotFile, SnapshotManifest, SnapshotPart } from './snapshot.ts';
import { localBytes, type SnapshotStore } from './snapshot-store.ts';
import { stageBytes } from './staging.ts';

/** One file to download. `url` is a constant of the feed, never made from foreign text. */
export interface Download {
  readonly url: string;
  readonly path: string;
  readonly part: string;
  readonly bytesMax: number;
  /** The upstream may not have it (a release that has no such list): then it is left out. */
  readonly optional?: boolean;
}

/** A part of what is downloaded; without a date it gets the newest Last-Modified of its files, or the time of the fetch. */
export type DownloadPart = Pick<SnapshotPart, 'id' | 'extent'> & { readonly updatedAt?: string };

/** What a feed may do on the network: conditional, resumable, bounded downloads that become one snapshot. */
export interface FeedIo {
  /** RFC 3339, of this update: for upstreams that name a file after the year. */
  readonly now: string;
  /** `unchanged` when the upstream says so for every file. */
  download(
    files: readonly Download[],
    parts: readonly DownloadPart[],
    previous: SnapshotManifest | undefined,
  ): Promise<Snapshot | 'unchanged'>;
  /**
   * A small text that says where today's files are (the date in an archive's name, the host of a mirror): never data. What a feed
   * takes from it into an address it checks against a pattern of its own first. `url` is as constant as a download's.
   */
  pointer(url: string): Promise<string>;
}

/** The network for one feed. */
export function feedIo(feedId: string, store: SnapshotStore, now: string, context: HttpContext): FeedIo {
  return {
    now,
    async download(files, parts, previous) {
      const staging = await store.stage(feedId);
      try {
        const staged = await stageFiles(files, { feedId, store, staging, previous, context });
        if (staged === undefined) {
          if (previous !== undefined) return 'unchanged';
          throw new Fault('not-found', `the upstream of ${feedId} has none of its files`, { place: feedId });
        }
        const dated = parts.map((part) => ({
          id: part.id,
          extent: part.extent,
          updatedAt: part.updatedAt ?? newestDate(staged, part.id) ?? now,
        }));
        return await store.commit(feedId, dated, staged, staging);
      } finally {
        // After a commit it has another name.
        await rm(staging, { recursive: true, force: true });
      }
    },
    pointer: (url) => readPointer(url, context),
  };
}

interface Staging {
  readonly feedId: string;
  readonly store: SnapshotStore;
  readonly staging: string;
  readonly previous: SnapshotManifest | undefined;
  readonly context: HttpContext;
}

/** The files of the next snapshot, downloaded or taken from the last one; undefined when none of them changed. */
async function stageFiles(
  files: readonly Download[],
  { feedId, store, staging, previous, context }: Staging,
): Promise<readonly SnapshotFile[] | undefined> {
  const partials = await store.partialFolder(feedId);
  const staged: SnapshotFile[] = [];
  const fresh: { readonly url: string; readonly got: SnapshotFile }[] = [];
  let changed = false;
  try {
    for (const file of files) {
      context.signal?.throwIfAborted();
      const before = previous?.files.find((known) => known.path === file.path);
      const got = await downloadFile(file, before, staging, partials, context);
      if (got === 'absent') {
        if (before !== undefined) changed = true;
        continue;
      }
      if (got === 'unchanged' && before !== undefined && previous !== undefined) {
        await store.reuse(feedId, previous.digest, before, staging);
        staged.push(before);
      } else if (got !== 'unchanged') {
        changed = true;
        staged.push(got);
        fresh.push({ url: file.url, got });
      }
    }
  } catch (error) {
    // Two files of equal bytes are one in the folder: the second of them is downloaded again.
    for (const { url, got } of fresh) {
      if (got.etag === null && got.lastModified === null) continue;
      await keepFinished(url, partials, path.join(staging, got.sha256), got).catch(() => {});
    }
    throw error;
  }
  return changed ? staged : undefined;
}

async function readPointer(url: string, context: HttpContext): Promise<string> {
  const answer = await get(url, {}, context);
  const { host } = new URL(url);
  if (answer.status !== 200) {
    answer.body.destroy();
    throw statusFault(answer.status, host);
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of answer.body) {
      const bytes: Uint8Array = chunk;
      total += bytes.byteLength;
      if (total > POINTER_BYTES_MAX) {
        throw new Fault('limit-exceeded', `${host} sends more than ${POINTER_BYTES_MAX} bytes`, { place: host });
      }
      chunks.push(bytes);
    }
  } catch (error) {
    throw networkFault(error, host, context.signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function newestDate(files: readonly SnapshotFile[], part: string): string | undefined {
  const times = files
    .filter((file) => file.part === part && file.lastModified !== null)
    .map((file) => Date.parse(file.lastModified ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : new Date(Math.max(...times)).toISOString().replace('.000Z', 'Z');
}

/** Retries what may pass (a cut connection, 429, 5xx), from where it stopped. */
async function downloadFile(
  file: Download,
  before: SnapshotFile | undefined,
  staging: string,
  partials: string,
  context: HttpContext,
): Promise<SnapshotFile | 'unchanged' | 'absent'> {
  const partial = await claimPartial(file.url, partials);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const got = await downloadOnce(file, before, partial, context);
      if (got === 'unchanged' || got === 'absent') {
        await forgetPartial(partial);
        return got;
      }
      const stored = await stageBytes(localBytes(partial.location), staging, file.path, file.bytesMax);
      await forgetPartial(partial);
      return { path: file.path, part: file.part, ...stored, ...got };
    } catch (error) {
      const fault = toFault(error);
      const passing = fault.code === 'unreachable' || fault.code === 'timed-out' || fault.code === 'rate-limited';
      if (!passing || attempt === ATTEMPTS_MAX) {
        // What has arrived waits for the next update, unless it is what was wrong.
        if (passing || fault.code === 'cancelled') await releasePartial(partial);
        else await forgetPartial(partial);
        throw fault;
      }
      await delay(
        (context.retryDelayMs ?? RETRY_DELAY_MS) * attempt,
        undefined,
        context.signal === undefined ? {} : { signal: context.signal },
      );
    }
  }
}

async function downloadOnce(
  file: Download,
  before: SnapshotFile | undefined,
  partial: PartialDownload,
  context: HttpContext,
): Promise<Validators | 'unchanged' | 'absent'> {
  const have = await partialState(partial);
  const validator = have?.etag ?? have?.lastModified;
  const resume = have?.whole === false && validator != null && have.bytes > 0;
  // Of a whole file only its version is asked for, by its own tag and not that of the last snapshot's.
  const kept = have?.whole === true && validator != null && have.bytes <= file.bytesMax ? have : undefined;
  const answer = await get(
    file.url,
    resume ? { range: `bytes=${have.bytes}-`, 'if-range': validator } : conditions(kept ?? before),
    context,
  );
  const { host } = new URL(file.url);
  if (answer.status === 304 && kept !== undefined) {
    answer.body.destroy();
    return { etag: kept.etag, lastModified: kept.lastModified };
  }
  if (answer.status === 304 && before !== undefined) {
    answer.body.destroy();
    return 'unchanged';
  }
  if (answer.status !== 200 && answer.status !== 206) {
    answer.body.destroy();
    if (answer.status === 404 && file.optional === true) return 'absent';
    if (answer.status === 416) await forgetPartial(partial);
    throw statusFault(answer.status, host);
  }
  const validators = { etag: answer.header('etag'), lastModified: answer.header('last-modified') };
  const start = answer.status === 206 && resume ? have.bytes : 0;
  if (answer.status === 206 && !(resume && isRestFrom(have.bytes, answer.header('content-range')))) {
    answer.body.destroy();
    await forgetPartial(partial);
    throw new Fault('unreachable', `${host} sends another part of the file than it was asked for`, { place: host });
  }
  await writeFile(partial.notes, JSON.stringify(validators));
  const handle = await open(partial.location, start > 0 ? 'a' : 'w', 0o644);
  let total = start;
  try {
    if (start > 0) await handle.truncate(start);
    for await (const chunk of answer.body) {
      const bytes: Uint8Array = chunk;
      total += bytes.byteLength;
      if (total > file.bytesMax) {
        throw new Fault('limit-exceeded', `${host} sends more than ${file.bytesMax} bytes`, { place: host });
      }
      await handle.write(bytes);
    }
  } catch (error) {
    throw networkFault(error, host, context.signal);
  } finally {
    await handle.close();
  }
  const stated = answer.header('content-length');
  if (stated !== null && Number(stated) !== total - start) {
    throw new Fault('unreachable', `${host} sent ${total - start} of ${Number(stated)} bytes`, { place: host });
  }
  return validators;
}

/** Whether a part begins where ours ends and goes to the end of the file: anything else would be joined into a file that never was. */
function isRestFrom(have: number, contentRange: string | null): boolean {
  const [, from, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
  return Number(from) === have && (size === '*' || Number(last) + 1 === Number(size));
}

function conditions(before: Validators | undefined): Record<string, string> {
  if (before === undefined) return {};
  return {
    ...(before.etag === null ? {} : { 'if-none-match': before.etag }),
    ...(before.lastModified === null ? {} : { 'if-modified-since': before.lastModified }),
  };
}

function statusFault(status: number, host: string): Fault {
  const place = { place: host };
  if (status === 429) return new Fault('rate-limited', `${host} asks to come back later`, place);
  if (status === 404) return new Fault('not-found', `${host} does not have the file`, place);
  if (status === 401 || status === 403) return new Fault('authorization-failed', `${host} answers ${status}`, place);
  return new Fault('unreachable', `${host} answers ${status}`, place);
}
