import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { Fault, toFault } from '@hullcheck/core';
import { feedCatalogue } from '../feeds/catalogue.ts';
import type { Fetched, Previous } from './fetch-feeds.ts';
import type { BuildOptions, FeedReport } from './progress.ts';
import { numberOf } from './reading.ts';
import { hashContents, readContents, verifyDatabase, writeName } from './revision.ts';
import { APPLICATION_ID, SCHEMA_VERSION, STATEMENTS_TABLE, TABLES } from './schema.ts';
import { carryFeed, clearFeed, loadFeed } from './writing.ts';

/** A feed may lose a tenth of its records between two revisions; more is taken for a broken source until somebody says otherwise. */
const SHRINK_MAX = 0.1;
/** Share of the file that may be empty pages before it is written anew: each changed feed leaves some. */
const EMPTY_MAX = 0.2;

export interface WrittenRevision {
  readonly reports: readonly FeedReport[];
  readonly revision: string;
  /** Reads the file again; Fault `database-invalid` when it is not what was written. */
  readonly verify: () => void;
}

/**
 * Writes the next revision to a file that nobody else knows yet. Where the feeds are those of the last revision, that one is
 * copied and only the feeds that changed are replaced in the copy; otherwise every feed is put into a new file.
 */
export async function writeRevision(
  temporary: string,
  fetched: readonly Fetched[],
  previous: Previous | undefined,
  options: BuildOptions,
): Promise<WrittenRevision> {
  const known = previous === undefined ? undefined : feedsInPlace(fetched, previous);
  return previous === undefined || known === undefined
    ? await writeWhole(temporary, fetched, previous, options)
    : await writeChanged(temporary, fetched, { ...previous, contents: known }, options);
}

/** What the last revision says feed by feed, if the next one has the same feeds in the same order. */
function feedsInPlace(fetched: readonly Fetched[], previous: Previous): ReadonlyMap<string, string> | undefined {
  const next = feedOrder(fetched, previous);
  const connection = new DatabaseSync(previous.path, { readOnly: true });
  try {
    const rows = connection.prepare('select id, ordinal from feed order by ordinal').all();
    const same = rows.length === next.length && rows.every(({ id, ordinal }, at) => id === next[at] && ordinal === at);
    return same ? readContents(connection) : undefined;
  } finally {
    connection.close();
  }
}

async function writeWhole(
  temporary: string,
  fetched: readonly Fetched[],
  previous: Previous | undefined,
  options: BuildOptions,
): Promise<WrittenRevision> {
  const connection = openForWriting(temporary);
  try {
    connection.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}`);
    connection.exec(TABLES);
    if (previous !== undefined) connection.prepare('attach database ? as old').run(previous.path);
    connection.exec('begin');
    const reports: FeedReport[] = [];
    for (const [at, id] of feedOrder(fetched, previous).entries()) {
      const one = fetched.find(({ feed }) => feed.id === id);
      const place = { connection, ordinal: at, keep: () => carryFeed(connection, at, id), clear: () => undefined };
      // A feed that was not asked for this time stays as it was.
      if (one === undefined) place.keep();
      else reports.push(await placeFeed(place, one, previous, options));
    }
    connection.exec('commit');
    if (previous !== undefined) connection.exec('detach database old');
    connection.exec('vacuum; analyze');
    // Read in the order of its keys, which only now is the order of its pages: before, this takes several times as long.
    const revision = writeName(connection, hashContents(connection), options.now);
    return { reports, revision, verify: () => void verifyDatabase(temporary) };
  } finally {
    connection.close();
  }
}

async function writeChanged(
  temporary: string,
  fetched: readonly Fetched[],
  previous: Previous & { readonly contents: ReadonlyMap<string, string> },
  options: BuildOptions,
): Promise<WrittenRevision> {
  await copyFile(previous.path, temporary, constants.COPYFILE_FICLONE);
  const connection = openForWriting(temporary);
  try {
    connection.exec(`begin; ${STATEMENTS_TABLE}`);
    const reports: FeedReport[] = [];
    for (const [at, id] of feedOrder(fetched, previous).entries()) {
      const one = fetched.find(({ feed }) => feed.id === id);
      if (one === undefined) continue;
      const keep = () => previous.feeds.get(id)?.records ?? 0;
      const place = { connection, ordinal: at, keep, clear: () => clearFeed(connection, at) };
      reports.push(await placeFeed(place, one, previous, options));
    }
    const changed = new Set(reports.filter(({ state }) => state === 'loaded').map(({ id }) => id));
    const contents = new Map([...previous.contents, ...hashContents(connection, changed)]);
    const revision = writeName(connection, contents, options.now);
    connection.exec('commit');
    const pages = (name: string) => numberOf(connection.prepare(`pragma ${name}`).get()?.[name]);
    if (pages('freelist_count') > pages('page_count') * EMPTY_MAX) connection.exec('vacuum');
    return { reports, revision, verify: () => void verifyDatabase(temporary, changed) };
  } finally {
    connection.close();
  }
}

/**
 * A build that is killed is thrown away, so nothing is synchronised before the end. What SQLite sets aside (the journal of a
 * savepoint, the copy that `vacuum` makes) goes to unlinked files: in memory it would be as much as the database again.
 */
export function openForWriting(location: string): DatabaseSync {
  const connection = new DatabaseSync(location);
  connection.exec('pragma journal_mode = delete; pragma synchronous = off; pragma temp_store = file;');
  return connection;
}

/** The catalogue's order, so that equal feeds make equal files; feeds that the catalogue no longer has go. */
function feedOrder(fetched: readonly Fetched[], previous: Previous | undefined): readonly string[] {
  return feedCatalogue
    .map(({ id }) => id)
    .filter((id) => previous?.feeds.has(id) === true || fetched.some(({ feed }) => feed.id === id));
}

/** Where one feed goes: what leaves its last good rows there, and what removes them for new ones. */
interface Place {
  readonly connection: DatabaseSync;
  readonly ordinal: number;
  readonly keep: () => number;
  readonly clear: () => void;
}

async function placeFeed(
  { connection, ordinal, keep, clear }: Place,
  one: Fetched,
  previous: Previous | undefined,
  options: BuildOptions,
): Promise<FeedReport> {
  const { id } = one.feed;
  const before = previous?.feeds.get(id);
  const nothing = { id, records: 0, skipped: 0, problems: [], fault: null };
  if ('unchanged' in one) {
    const records = keep();
    options.onProgress?.(id, 'unchanged', records);
    return { ...nothing, state: 'unchanged', records };
  }
  let failure = 'fault' in one ? one.fault : undefined;
  if ('snapshot' in one) {
    connection.exec('savepoint feed');
    try {
      options.onProgress?.(id, 'parsing', 0);
      clear();
      const signal = options.signal ?? new AbortController().signal;
      const onRecords = (records: number) => options.onProgress?.(id, 'parsing', records);
      const loaded = await loadFeed(connection, ordinal, one.feed, one.snapshot, signal, onRecords);
      if (before !== undefined && loaded.records < before.records * (1 - SHRINK_MAX) && !mayShrink(id, options)) {
        const counts = `${id} has ${loaded.records} records, the last one had ${before.records}`;
        // The message alone reaches reports and the console's page.
        throw new Fault('feed-shrank', `${counts}; if the source really has fewer, --allow-shrink ${id} takes them`, {
          place: id,
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
  const records = keep();
  options.onProgress?.(id, 'kept', records);
  return { ...nothing, state: 'kept', records, fault };
}

function mayShrink(id: string, options: BuildOptions): boolean {
  const { allowShrink = false } = options;
  return typeof allowShrink === 'boolean' ? allowShrink : allowShrink.includes(id);
}
