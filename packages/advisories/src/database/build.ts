import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, toFault } from '@hullcheck/core';
import { feedCatalogue } from '../feeds/catalogue.ts';
import type { Feed } from '../feeds/feed.ts';
import { SnapshotStore } from '../feeds/snapshot-store.ts';
import { type Fetched, fetchAll, type Previous } from './fetch-feeds.ts';
import { readSources } from './open.ts';
import type { BuildOptions, BuildReport, FeedReport, UpdateOptions } from './progress.ts';
import { openFile } from './reading.ts';
import { contentRevision, verifyDatabase } from './revision.ts';
import { databasesFolder, newestDatabase } from './revisions.ts';
import { APPLICATION_ID, SCHEMA_VERSION, TABLES } from './schema.ts';
import { carryFeed, feedRows, loadFeed } from './writing.ts';

/** A feed may lose a tenth of its records between two revisions; more is taken for a broken source until somebody says otherwise. */
const SHRINK_MAX = 0.1;
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
  const chosen = chooseFeeds(options);
  const fetched = await fetchAll(chosen, options, store, previous);

  if (previous !== undefined && fetched.every((one) => !('snapshot' in one))) {
    return unchangedReport(previous, fetched, options);
  }
  const temporary = path.join(out, `.building-${randomUUID()}.db`);
  try {
    const builtAt = laterThan((await newestDatabase(out)).found?.builtAt, options.now);
    const { reports, revision } = await writeRevision(temporary, fetched, previous, { ...options, now: builtAt });
    if (!reports.some(({ state }) => state === 'loaded')) {
      if (previous === undefined) {
        throw new Fault('feed-invalid', `no feed could be read; ${reports[0]?.fault?.message ?? 'none was asked for'}`);
      }
      return { ...currentReport(previous), unchanged: true, feeds: reports };
    }
    verifyDatabase(temporary);
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

function chooseFeeds({ feeds: ids, redistributableOnly = false }: BuildOptions): readonly Feed[] {
  const unknown = ids?.find((id) => !feedCatalogue.some((feed) => feed.id === id));
  if (unknown !== undefined) {
    throw new Fault('invalid-input', `there is no feed "${unknown}"`, {
      hint: `Feeds: ${feedCatalogue.map(({ id }) => id).join(', ')}.`,
    });
  }
  return feedCatalogue.filter(
    ({ id, redistributable }) => (ids === undefined || ids.includes(id)) && (redistributable || !redistributableOnly),
  );
}

async function writeRevision(
  temporary: string,
  fetched: readonly Fetched[],
  previous: Previous | undefined,
  options: BuildOptions,
): Promise<{ readonly reports: readonly FeedReport[]; readonly revision: string }> {
  const connection = new DatabaseSync(temporary);
  try {
    // A journal in memory is enough: a build that is killed is thrown away. It is needed for the savepoint of a feed.
    connection.exec('pragma journal_mode = memory; pragma synchronous = off; pragma temp_store = memory');
    connection.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}`);
    connection.exec(TABLES);
    if (previous !== undefined) connection.prepare('attach database ? as old').run(previous.path);
    connection.exec('begin');
    const reports: FeedReport[] = [];
    for (const [at, id] of feedOrder(fetched, previous).entries()) {
      const one = fetched.find(({ feed }) => feed.id === id);
      // A feed that was not asked for this time stays as it was.
      if (one === undefined) carryFeed(connection, at, id);
      else reports.push(await placeFeed(connection, at, one, previous, options));
    }
    const revision = contentRevision(connection);
    const meta = connection.prepare('insert into meta values (?, ?)');
    meta.run('revision', revision);
    meta.run('built_at', options.now);
    connection.exec('commit');
    if (previous !== undefined) connection.exec('detach database old');
    connection.exec('vacuum; analyze');
    return { reports, revision };
  } finally {
    connection.close();
  }
}

/** The catalogue's order, so that equal feeds make equal files; feeds that the catalogue no longer has go. */
function feedOrder(fetched: readonly Fetched[], previous: Previous | undefined): readonly string[] {
  return feedCatalogue
    .map(({ id }) => id)
    .filter((id) => previous?.feeds.has(id) === true || fetched.some(({ feed }) => feed.id === id));
}

async function placeFeed(
  connection: DatabaseSync,
  ordinal: number,
  one: Fetched,
  previous: Previous | undefined,
  options: BuildOptions,
): Promise<FeedReport> {
  const { id } = one.feed;
  const before = previous?.feeds.get(id);
  const nothing = { id, records: 0, skipped: 0, problems: [], fault: null };
  if ('unchanged' in one) {
    const records = carryFeed(connection, ordinal, id);
    options.onProgress?.(id, 'unchanged', records);
    return { ...nothing, state: 'unchanged', records };
  }
  let failure = 'fault' in one ? one.fault : undefined;
  if ('snapshot' in one) {
    connection.exec('savepoint feed');
    try {
      options.onProgress?.(id, 'parsing', 0);
      const signal = options.signal ?? new AbortController().signal;
      const onRecords = (records: number) => options.onProgress?.(id, 'parsing', records);
      const loaded = await loadFeed(connection, ordinal, one.feed, one.snapshot, signal, onRecords);
      if (before !== undefined && loaded.records < before.records * (1 - SHRINK_MAX) && !mayShrink(id, options)) {
        throw new Fault('feed-shrank', `${id} has ${loaded.records} records, the last one had ${before.records}`, {
          place: id,
          hint: 'If the source really has fewer, allow it for this feed.',
        });
      }
      connection.exec('release feed');
      options.onProgress?.(id, 'loaded', loaded.records);
      return { id, state: 'loaded', ...loaded, fault: null };
    } catch (error) {
      connection.exec('rollback to feed; release feed');
      if (options.signal?.aborted === true) throw new Fault('cancelled', 'the build was cancelled', { cause: error });
      failure = toFault(error, `reading ${id} failed`);
    }
  }
  const fault = { code: failure?.code ?? 'internal', message: failure?.message ?? '' } as const;
  if (before === undefined) {
    options.onProgress?.(id, 'failed', 0);
    return { ...nothing, state: 'failed', fault };
  }
  const records = carryFeed(connection, ordinal, id);
  options.onProgress?.(id, 'kept', records);
  return { ...nothing, state: 'kept', records, fault };
}

function mayShrink(id: string, options: BuildOptions): boolean {
  const { allowShrink = false } = options;
  return typeof allowShrink === 'boolean' ? allowShrink : allowShrink.includes(id);
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
