import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '@hullcheck/core';
import { SnapshotStore } from '../feeds/snapshot-store.ts';
import { chooseFeeds } from './choose-feeds.ts';
import { type Fetched, fetchAll, type Previous } from './fetch-feeds.ts';
import { readSources } from './open.ts';
import type { BuildOptions, BuildReport, FeedReport, UpdateOptions } from './progress.ts';
import { openFile } from './reading.ts';
import { databasesFolder, newestDatabase } from './revisions.ts';
import { writeRevision } from './write-revision.ts';
import { feedRows } from './writing.ts';

/** An unfinished build that is older than this has been killed. */
const BUILD_HOURS_MAX = 24;

/** Builds a revision from nothing. A feed that cannot be had is reported and missing; Fault `feed-invalid` when none could be had. */
export async function buildDatabase(options: BuildOptions): Promise<BuildReport> {
  return await assemble(options, undefined);
}

/**
 * Builds the next revision: feeds that changed are parsed, the others are copied from the last one. A feed that fails or
 * shrinks by more than a tenth keeps its last good data and is reported. The last revision stays untouched and in its
 * place, whatever happens: the new one appears by a rename after it has been verified.
 */
export async function updateDatabase(options: UpdateOptions): Promise<BuildReport> {
  const out = options.out ?? databasesFolder(options.cacheDir);
  const current = options.current ?? (await newestDatabase(out)).found?.path;
  return await assemble({ ...options, out }, current);
}

async function assemble(options: BuildOptions, current: string | undefined): Promise<BuildReport> {
  const out = options.out ?? databasesFolder(options.cacheDir);
  await mkdir(out, { recursive: true });
  await forgetKilledBuilds(out, Date.parse(options.now));
  const previous = current === undefined ? undefined : readPrevious(current);
  const store = new SnapshotStore(options.cacheDir);
  const chosen = chooseFeeds(options, previous?.feeds);
  const fetched = await fetchAll(chosen, options, store, previous);

  if (previous !== undefined && fetched.every((one) => !('snapshot' in one))) {
    return unchangedReport(previous, fetched, options);
  }
  const temporary = path.join(out, `.building-${randomUUID()}.db`);
  try {
    const builtAt = laterThan((await newestDatabase(out)).found?.builtAt, options.now);
    const { reports, revision, verify } = await writeRevision(temporary, fetched, previous, {
      ...options,
      now: builtAt,
    });
    if (!reports.some(({ state }) => state === 'loaded')) {
      if (previous === undefined) {
        throw new Fault('feed-invalid', `no feed could be read; ${reports[0]?.fault?.message ?? 'none was asked for'}`);
      }
      return { ...currentReport(previous), unchanged: true, feeds: reports };
    }
    verify();
    const location = path.join(out, `${revision}.db`);
    await syncAndRename(temporary, location);
    for (const { feed } of fetched) {
      const kept = [previous?.feeds.get(feed.id)?.snapshot, readPrevious(location).feeds.get(feed.id)?.snapshot];
      await store.prune(feed.id, new Set(kept.filter((digest) => digest !== undefined)), Date.parse(options.now));
    }
    return { ...currentReport({ path: location }), unchanged: false, feeds: reports };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The newest revision is the one built last, so a clock that was put back must not make a new one look older. */
function laterThan(newest: string | undefined, now: string): string {
  if (newest === undefined || Date.parse(now) > Date.parse(newest)) return now;
  return new Date(Date.parse(newest) + 1000).toISOString().replace('.000Z', 'Z');
}

function unchangedReport(previous: Previous, fetched: readonly Fetched[], options: BuildOptions): BuildReport {
  const feeds = fetched.map((one): FeedReport => {
    const records = previous.feeds.get(one.feed.id)?.records;
    const state = !('fault' in one) ? 'unchanged' : records === undefined ? 'failed' : 'kept';
    options.onProgress?.(one.feed.id, state, records ?? 0);
    const fault = 'fault' in one ? { code: one.fault.code, message: one.fault.message } : null;
    return { id: one.feed.id, state, records: records ?? 0, skipped: 0, problems: [], fault };
  });
  return { ...currentReport(previous), unchanged: true, feeds };
}

function currentReport(
  previous: Pick<Previous, 'path'>,
): Pick<BuildReport, 'path' | 'revision' | 'builtAt' | 'sources'> {
  const file = openFile(previous.path);
  try {
    return { path: previous.path, revision: file.revision, builtAt: file.builtAt, sources: readSources(file) };
  } finally {
    file.connection.close();
  }
}

function readPrevious(location: string): Previous {
  const file = openFile(location);
  try {
    return {
      path: location,
      feeds: feedRows(file.connection.prepare('select id, version, snapshot, records from feed')),
    };
  } finally {
    file.connection.close();
  }
}

/** On disk before it has its name: after a power cut the folder holds whole revisions only. */
async function syncAndRename(from: string, to: string): Promise<void> {
  for (const step of ['file', 'folder'] as const) {
    const handle = await open(step === 'file' ? from : path.dirname(to), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (step === 'file') await rename(from, to);
  }
}

async function forgetKilledBuilds(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.building-')) continue;
    const location = path.join(folder, name);
    const found = await stat(location).catch(() => undefined);
    if (found !== undefined && nowMs - found.mtimeMs > BUILD_HOURS_MAX * 3_600_000) await rm(location, { force: true });
  }
}
