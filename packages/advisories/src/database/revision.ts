import { createHash, type Hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { DatabaseStatus } from './database.ts';
import { readSources, readStatus } from './open.ts';
import { asInvalid, hasStatements, invalid, numberOf, openFile, textOf } from './reading.ts';
import { SCHEMA_VERSION, TABLES } from './schema.ts';

/** SHA-256 of all that one feed says, by the feed's id. Kept in the file, so that an update hashes only what it changed. */
export type FeedContents = ReadonlyMap<string, string>;

/** Rows that a look-up can answer, as JSON, of the feeds of these ordinals, in an order that does not depend on how the file came about. */
const ROWS = [
  `select feed, json_array(id, updated_at, extent, records, ecosystems, licence) as row from source
   where feed in (select value from json_each(?)) order by id`,
  `select feed, json_array(cve, body) as row from fact where feed in (select value from json_each(?)) order by cve`,
  `select feed, json_array(distribution, release, end_of_life, extended) as row from support
   where feed in (select value from json_each(?)) order by distribution, release`,
] as const;
/** Asked ecosystem by ecosystem: along the primary key, so that SQLite sorts a few rows at a time and not the whole table. */
const AFFECTED_ROWS = `select a.feed as feed, json_array(x.name, a.name, x.ordinal, a.body, x.body) as row
   from affected x cross join advisory a on a.id = x.advisory
   where x.ecosystem = ?2 and a.feed in (select value from json_each(?1)) order by x.name, a.name, x.ordinal`;
const STATEMENT_ROWS = `select feed, json_array(product, body) as row from statements
   where feed in (select value from json_each(?)) order by product`;
/** Characters that are hashed at once: a call a row costs more than the hashing. */
const HASHED_AT_ONCE = 65_536;

/** Hashes what the feeds of these ids (all of the file when absent) say. */
export function hashContents(connection: DatabaseSync, only?: ReadonlySet<string>): FeedContents {
  const feeds = connection
    .prepare('select ordinal, id, version, snapshot, records from feed order by id')
    .all()
    .filter((row) => only?.has(textOf(row.id)) !== false);
  const hashes = new Map<number, { readonly hash: Hash; pending: string }>(
    feeds.map(({ ordinal, id, version, snapshot, records }) => [
      numberOf(ordinal),
      { hash: createHash('sha256'), pending: `${JSON.stringify([id, version, snapshot, records])}\n` },
    ]),
  );
  const ordinals = JSON.stringify([...hashes.keys()]);
  const take = (feed: unknown, text: string) => {
    const one = hashes.get(numberOf(feed));
    if (one === undefined) return;
    one.pending += text;
    if (one.pending.length < HASHED_AT_ONCE) return;
    one.hash.update(one.pending);
    one.pending = '';
  };
  for (const sql of ROWS) {
    for (const { feed, row } of connection.prepare(sql).iterate(ordinals)) take(feed, `${textOf(row)}\n`);
    for (const feed of hashes.keys()) take(feed, '\n');
  }
  // Feeds that state nothing are hashed as they were before there were statements.
  if (hasStatements(connection)) {
    for (const { feed, row } of connection.prepare(STATEMENT_ROWS).iterate(ordinals)) take(feed, `${textOf(row)}\n`);
  }
  const affected = connection.prepare(AFFECTED_ROWS);
  for (const { id, name } of connection.prepare('select id, name from ecosystem order by name').all()) {
    const said = new Set<unknown>();
    for (const { feed, row } of affected.iterate(ordinals, numberOf(id))) {
      if (!said.has(feed)) take(feed, `${JSON.stringify(name)}\n`);
      said.add(feed);
      take(feed, `${textOf(row)}\n`);
    }
  }
  return new Map(
    feeds.map(({ ordinal, id }) => {
      const one = hashes.get(numberOf(ordinal));
      return [textOf(id), one?.hash.update(one.pending).digest('hex') ?? ''];
    }),
  );
}

/** The hash that names a revision: equal content has an equal name, whenever and wherever it was built. */
export function revisionOf(contents: FeedContents): string {
  const lines = [...contents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, content]) => `${id} ${content}\n`);
  return createHash('sha256')
    .update(`schema ${SCHEMA_VERSION}\n${lines.join('')}`)
    .digest('hex');
}

/**
 * Whether tables and indexes are ours and nothing else is there: a view or a trigger in place of a table could answer the
 * check with other rows than the look-ups. What `analyze` adds is SQLite's own; older files have no statements.
 */
function isSameShape(connection: DatabaseSync): boolean {
  const read = (one: DatabaseSync) =>
    one
      .prepare(
        `select type, name, tbl_name as belongs, sql from sqlite_schema where name not like 'sqlite\\_%' escape '\\' order by name`,
      )
      .all();
  const own = new DatabaseSync(':memory:');
  try {
    own.exec(TABLES);
    const expected = read(own).filter(({ belongs }) => belongs !== 'statements' || hasStatements(connection));
    return JSON.stringify(expected) === JSON.stringify(read(connection));
  } finally {
    own.close();
  }
}

const contentsSchema = z.record(z.string(), z.string());

/** What the file states of its feeds' contents; undefined in one that was made before that was noted. */
export function readContents(connection: DatabaseSync): FeedContents | undefined {
  const row = connection.prepare(`select value from meta where key = 'contents'`).get();
  return row === undefined ? undefined : new Map(Object.entries(contentsSchema.parse(JSON.parse(textOf(row.value)))));
}

/** Puts name and contents into the file. */
export function writeName(connection: DatabaseSync, contents: FeedContents, builtAt: string): string {
  const revision = revisionOf(contents);
  const meta = connection.prepare('insert or replace into meta values (?, ?)');
  meta.run('revision', revision);
  meta.run('built_at', builtAt);
  meta.run('contents', JSON.stringify(Object.fromEntries(contents)));
  // It was made for the revision that this file was copied from.
  connection.exec(`delete from meta where key = 'signature'`);
  return revision;
}

/**
 * Checks every page and recomputes the content hash. Fault `database-invalid` when anything disagrees. `changed`: only these
 * feeds are hashed again, in a copy of a verified file in which nothing else was written.
 */
export function verifyDatabase(location: string, changed?: ReadonlySet<string>): DatabaseStatus {
  const file = openFile(location);
  try {
    if (!isSameShape(file.connection)) throw invalid(location, 'its tables are not those of a database');
    const check = file.connection.prepare('pragma integrity_check(1)').get();
    if (check?.integrity_check !== 'ok') throw invalid(location, `SQLite finds: ${String(check?.integrity_check)}`);
    const stated = readContents(file.connection);
    const revision =
      stated === undefined
        ? hashWhole(file.connection)
        : revisionOf(new Map([...(changed === undefined ? [] : stated), ...hashContents(file.connection, changed)]));
    const named = stated === undefined || revisionOf(stated) === file.revision;
    if (!named || revision !== file.revision) throw invalid(location, 'its content is not what its name says');
    return readStatus(location, file, readSources(file));
  } catch (error) {
    throw asInvalid(error, location);
  } finally {
    file.connection.close();
  }
}

/** How a revision was named before its feeds' contents were noted one by one; the first starter was. */
const WHOLE = [
  `select s.id, f.id as feed, s.updated_at, s.extent, s.records, s.ecosystems, s.licence
   from source s join feed f on f.ordinal = s.feed order by s.id`,
  'select id, version, snapshot, records from feed order by id',
  `select e.name as ecosystem, x.name, f.id as feed, a.name as id, x.ordinal, a.body, x.body as affected
   from affected x join ecosystem e on e.id = x.ecosystem join advisory a on a.id = x.advisory
   join feed f on f.ordinal = a.feed order by e.name, x.name, f.id, a.name, x.ordinal`,
  'select x.cve, f.id as feed, x.body from fact x join feed f on f.ordinal = x.feed order by x.cve, f.id',
  `select x.distribution, x.release, f.id as feed, x.end_of_life, x.extended
   from support x join feed f on f.ordinal = x.feed order by x.distribution, x.release, f.id`,
] as const;

function hashWhole(connection: DatabaseSync): string {
  const hash = createHash('sha256').update(`schema ${SCHEMA_VERSION}\n`);
  for (const sql of WHOLE) {
    for (const row of connection.prepare(sql).iterate()) hash.update(`${JSON.stringify(Object.values(row))}\n`);
    hash.update('\n');
  }
  return hash.digest('hex');
}
