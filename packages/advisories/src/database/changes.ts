import type { DatabaseSync } from 'node:sqlite';
import type { ChangedKeys } from './database.ts';
import { asInvalid, hasStatements, numberOf, openFile, textOf } from './reading.ts';
import { cveId, lookupName } from './rows.ts';
import { isSupportRow } from './support-rows.ts';

/**
 * What differs between two revisions, found by walking both in the same order at once: bounded memory, whatever their
 * size. Only feeds that say otherwise are walked: the same reader over the same snapshot makes the same rows, and a day's
 * update touches few of fifty feeds. Dates and extents of sources are not part of it: they change what an assessment says
 * of its coverage, not a verdict.
 */
export function changedKeys(fromPath: string, toPath: string): ChangedKeys {
  const from = openFile(fromPath);
  try {
    const to = openFile(toPath);
    try {
      if (from.revision === to.revision) return { packages: [], facts: [], products: [], releases: [] };
      const [before, after] = [feedsOf(from.connection), feedsOf(to.connection)];
      const walk = (sql: (feeds: string) => string, isThere: (connection: DatabaseSync) => boolean = () => true) => {
        const rows = (connection: DatabaseSync, feeds: string) =>
          isThere(connection) ? groupsOf(connection, sql(feeds)) : [].values();
        const old = rows(from.connection, ordinalsBeside(before, after));
        const young = rows(to.connection, ordinalsBeside(after, before));
        return [...changedGroups(old, young)].map(({ key }) => key);
      };
      return {
        packages: walk(PACKAGES).flatMap((key) => {
          const [ecosystem = '', name = ''] = key.split('\u001f');
          const names = new Set([
            name,
            ...ownNames(from.connection, ecosystem, name),
            ...ownNames(to.connection, ecosystem, name),
          ]);
          return [...names].map((one) => ({ ecosystem, name: one }));
        }),
        facts: walk(FACTS).map((key) => cveId(Number(key))),
        products: walk(STATEMENTS, hasStatements).filter((key) => !isSupportRow(key)),
        releases: walk(RELEASES).map((key) => {
          const [distribution = '', release = ''] = key.split('\u001f');
          return { distribution, release };
        }),
      };
    } catch (error) {
      throw asInvalid(error, toPath);
    } finally {
      to.connection.close();
    }
  } catch (error) {
    throw asInvalid(error, fromPath);
  } finally {
    from.connection.close();
  }
}

/** How the source writes a name that is looked up in another form (Go's paths, in lower case). */
function ownNames(connection: DatabaseSync, ecosystem: string, name: string): readonly string[] {
  if (lookupName(ecosystem, 'A') === 'A') return [];
  return connection
    .prepare(
      `select distinct json_extract(x.body, '$.n') as own from affected x join ecosystem e on e.id = x.ecosystem
       where e.name = ? and x.name = ? and own is not null order by own`,
    )
    .all(ecosystem, name)
    .map(({ own }) => textOf(own));
}

interface FeedState {
  readonly ordinal: number;
  /** Reader and snapshot: what decides every row of the feed. */
  readonly mark: string;
}

function feedsOf(connection: DatabaseSync): ReadonlyMap<string, FeedState> {
  return new Map(
    connection
      .prepare('select id, ordinal, version, snapshot from feed')
      .all()
      .map((row) => [
        textOf(row.id),
        { ordinal: numberOf(row.ordinal), mark: `${numberOf(row.version)} ${textOf(row.snapshot)}` },
      ]),
  );
}

/** The feeds of one revision that the other has not, or has otherwise: a list for SQL. */
function ordinalsBeside(own: ReadonlyMap<string, FeedState>, other: ReadonlyMap<string, FeedState>): string {
  return [...own].flatMap(([id, { ordinal, mark }]) => (other.get(id)?.mark === mark ? [] : [ordinal])).join(', ');
}

const PACKAGES = (feeds: string) => `
  select e.name || char(31) || x.name as key, f.id || char(31) || a.name || char(31) || coalesce(a.body, '') || char(31) || x.body as value
  from affected x join ecosystem e on e.id = x.ecosystem join advisory a on a.id = x.advisory
  join feed f on f.ordinal = a.feed where a.feed in (${feeds}) order by e.name || char(31) || x.name, f.id, a.name, x.ordinal`;
/** Padded, so that the order of text is the order of numbers. */
const FACTS = (feeds: string) => `
  select printf('%013d', x.cve) as key, f.id || char(31) || x.body as value
  from fact x join feed f on f.ordinal = x.feed where x.feed in (${feeds}) order by x.cve, f.id`;
const STATEMENTS = (feeds: string) => `
  select x.product as key, f.id || char(31) || x.body as value
  from statements x join feed f on f.ordinal = x.feed where x.feed in (${feeds}) order by x.product, f.id`;
const RELEASES = (feeds: string) => `
  select x.distribution || char(31) || x.release as key,
    f.id || char(31) || coalesce(x.end_of_life, '') || char(31) || coalesce(x.extended, '') as value
  from support x join feed f on f.ordinal = x.feed where x.feed in (${feeds}) order by x.distribution || char(31) || x.release, f.id`;

interface Group {
  readonly key: string;
  readonly value: string;
}

/** Rows of equal key as one, their values a line each. SQLite compares text by bytes of UTF-8; keys are compared the same way below. */
export function* groupsOf(connection: DatabaseSync, sql: string, ...values: number[]): Generator<Group> {
  let current: { key: string; values: string[] } | undefined;
  for (const row of connection.prepare(sql).iterate(...values)) {
    const key = typeof row.key === 'number' ? String(numberOf(row.key)) : textOf(row.key);
    if (current !== undefined && current.key === key) current.values.push(textOf(row.value));
    else {
      if (current !== undefined) yield { key: current.key, value: current.values.join('\n') };
      current = { key, values: [textOf(row.value)] };
    }
  }
  if (current !== undefined) yield { key: current.key, value: current.values.join('\n') };
}

/** What differs between two walks in the order of their keys, as the second has it; undefined: it has it no more. */
export function* changedGroups(
  from: Iterator<Group>,
  to: Iterator<Group>,
): Generator<{ readonly key: string; readonly value: string | undefined }> {
  let a = from.next();
  let b = to.next();
  while (a.done !== true || b.done !== true) {
    const order =
      a.done === true ? 1 : b.done === true ? -1 : Buffer.compare(Buffer.from(a.value.key), Buffer.from(b.value.key));
    if (order >= 0 && b.done !== true) {
      if (order > 0 || a.done === true || a.value.value !== b.value.value) yield b.value;
    } else if (a.done !== true) yield { key: a.value.key, value: undefined };
    if (order <= 0) a = from.next();
    if (order >= 0) b = to.next();
  }
}
