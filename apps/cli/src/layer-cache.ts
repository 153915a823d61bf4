import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, LayerReport } from '@hullcheck/core';
import { layerCacheLimits } from './limits.ts';

export interface LayerCacheOptions {
  readonly folder: string;
  /** Versions of walker, limits and analyzers: reports of other readers are not found. */
  readonly readers: Readonly<Record<string, number>>;
  /** A report read back is foreign bytes again. */
  readonly parse: (value: unknown) => LayerReport | undefined;
  readonly uid: number;
  readonly now: () => number;
  /** Whether the layers come as streams, whose reports may lack what only a second pass shows. */
  readonly streamed: boolean;
  /** Told once, when the folder can't be used. */
  readonly refuse: (reason: string) => void;
}

/**
 * Reports of layers that were read before, one file each, so that a second image over the same base reads only what is
 * new. No lock: a file appears whole or not at all, and processes that read the same layer at once write the same thing.
 * A file that is damaged, or a folder that is not this user's alone, is as if nothing were kept; nothing here throws.
 */
export interface LayerCache {
  /**
   * `digest`: of the stored bytes, where a manifest names them. A report of other bytes is not given then: the configuration
   * may name a harmless layer that the manifest does not hold, and not every runtime compares the two.
   */
  find(diffId: Digest, digest: Digest | null): Promise<LayerReport | undefined>;
  /** Answers at once; `close` waits until it is written. */
  save(report: LayerReport): Promise<void>;
  /** Waits for what is being written, then lets go what is too much. */
  close(): Promise<void>;
}

const headOf = (body: Buffer) => `hullcheck-layer-report 1 ${createHash('sha256').update(body).digest('hex')}\n`;
const HEAD_BYTES = headOf(Buffer.alloc(0)).length;
const SUFFIX = '.json';

export function openLayerCache(options: LayerCacheOptions): LayerCache {
  const { folder, readers, uid, now } = options;
  const versions = JSON.stringify(Object.entries(readers).sort(([a], [b]) => (a < b ? -1 : 1)));
  const version = createHash('sha256').update(versions).digest('hex').slice(0, 16);
  const pathOf = (diffId: Digest) => join(folder, `${diffId.replace(':', '-')}-${version}${SUFFIX}`);
  const writing: Promise<void>[] = [];
  let state: 'own' | 'absent' | 'foreign' = 'absent';
  let refused = false;

  /** Reports are believed, so nobody else may have written them. */
  async function isOurs({ create }: { readonly create: boolean }): Promise<boolean> {
    if (state === 'absent') {
      if (create) await mkdir(folder, { recursive: true, mode: 0o700 });
      state = await stateOf(folder, uid);
    }
    if (state === 'foreign' && !refused) {
      refused = true;
      options.refuse(`${folder} is not this user's alone, so no layer report is kept there`);
    }
    return state === 'own';
  }

  async function write(report: LayerReport): Promise<void> {
    const body = Buffer.from(JSON.stringify(report));
    if (body.length > layerCacheLimits.reportBytesMax || !(await isOurs({ create: true }))) return;
    const unfinished = join(folder, `.${randomUUID()}.part`);
    try {
      await writeFile(unfinished, Buffer.concat([Buffer.from(headOf(body)), body]), { flag: 'wx', mode: 0o600 });
      await rename(unfinished, pathOf(report.diffId));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  return {
    async find(diffId, digest) {
      if (!(await isOurs({ create: false }).catch(() => false))) return undefined;
      const path = pathOf(diffId);
      const report = await readReport(path, options.parse).catch(() => undefined);
      if (report?.diffId !== diffId || (digest !== null && report.blobDigest !== digest)) return undefined;
      await noteUse(path, now()).catch(() => undefined);
      return report;
    },
    async save(report) {
      if (isKept(report, options.streamed)) writing.push(write(report).catch(() => undefined));
    },
    async close() {
      if (writing.length === 0) return;
      await Promise.all(writing);
      if (await isOurs({ create: false }).catch(() => false)) await removeOld(folder, now()).catch(() => undefined);
    },
  };
}

async function stateOf(folder: string, uid: number): Promise<'own' | 'absent' | 'foreign'> {
  const found = await lstat(folder).catch((error: NodeJS.ErrnoException) => error.code);
  if (found === 'ENOENT') return 'absent';
  if (found === undefined || typeof found === 'string' || !found.isDirectory()) return 'foreign';
  return found.uid === uid && (found.mode & 0o077) === 0 ? 'own' : 'foreign';
}

/** What ended for want of time or memory may not end so again, and what a stream could not show a file can. */
function isKept({ problems }: LayerReport, streamed: boolean): boolean {
  return !problems.some(
    ({ code }) => code === 'timed-out' || code === 'crashed' || (streamed && code === 'unsupported'),
  );
}

async function readReport(path: string, parse: LayerCacheOptions['parse']): Promise<LayerReport | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > layerCacheLimits.reportBytesMax + HEAD_BYTES) return undefined;
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    const body = bytes.subarray(HEAD_BYTES, bytesRead);
    if (bytesRead !== size || bytes.toString('latin1', 0, HEAD_BYTES) !== headOf(body)) return undefined;
    return parse(JSON.parse(body.toString('utf8')));
  } finally {
    await file.close();
  }
}

async function noteUse(path: string, now: number): Promise<void> {
  if (now - (await stat(path)).mtimeMs > layerCacheLimits.usedEveryMs) await utimes(path, now / 1000, now / 1000);
}

async function removeOld(folder: string, now: number): Promise<void> {
  const reports: { readonly path: string; readonly bytes: number; readonly usedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another process may have removed it between the two calls.
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) continue;
    if (name.endsWith('.part') && now - found.mtimeMs > layerCacheLimits.unfinishedMs) await rm(path, { force: true });
    if (name.endsWith(SUFFIX)) reports.push({ path, bytes: found.size, usedAt: found.mtimeMs });
  }
  let total = reports.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= layerCacheLimits.totalBytesMax) return;
  for (const { path, bytes } of reports.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= layerCacheLimits.totalBytesKept) return;
    await rm(path, { force: true });
    total -= bytes;
  }
}
