import type { DatabaseSync } from 'node:sqlite';
import type { ChangedKeys } from './database.ts';
import { asInvalid, hasStatements, numberOf, openFile, textOf } from './reading.ts';
import { cveId, lookupName } from './rows.ts';
import { isSupportRow } from './support-rows.ts';

/**
 * What differs between two revisions, found by SQLite with both files attached: each row of a feed that says otherwise is looked
 * up under its key in the other file, so memory is that of the answer. The same reader over the same snapshot makes the same rows,
 * and a day's update touches few of fifty feeds. Dates and extents of sources are not part of it: they change what an assessment
 * says of its coverage, not a verdict.
 */
export function changedKeys(fromPath: string, toPath: string): ChangedKeys {
  const from = openFile(fromPath);
  try {
    const to = openFile(toPath);
    try {
      if (from.revision === to.revision) return { packages: [], facts: [], products: [], releases: [] };
      // Read-only as the connection that it is attached to.
      to.connection.prepare('attach database ? as old').run(fromPath);
      const sides = sidesOf(to.connection);
      const changed = (sql: (side: Side) => string, isThere: (side: Side) => boolean = () => true) =>
        sides
          .filter((side) => side.feeds !== '' && isThere(side))
          .flatMap((side) => to.connection.prepare(sql(side)).all());
      const packages = changed(PACKAGES).map((row) => ({ ecosystem: textOf(row.ecosystem), name: textOf(row.name) }));
      const releases = changed(RELEASES).map((row) => ({
        distribution: textOf(row.distribution),
        release: textOf(row.release),
      }));
      const facts = changed(FACTS).map(({ cve }) => numberOf(cve));
      const products = changed(STATEMENTS, ({ own }) => hasStatements(to.connection, own)).map((row) =>
        textOf(row.product),
      );
      return {
        packages: distinct(packages, ({ ecosystem, name }) => `${ecosystem}\u001f${name}`).flatMap(
          ({ ecosystem, name }) => {
            const names = new Set([
              name,
              ...ownNames(from.connection, ecosystem, name),
              ...ownNames(to.connection, ecosystem, name),
            ]);
            return [...names].map((one) => ({ ecosystem, name: one }));
          },
        ),
        facts: [...new Set(facts)].sort((a, b) => a - b).map(cveId),
        products: distinct(products, (product) => product).filter((product) => !isSupportRow(product)),
        releases: distinct(releases, ({ distribution, release }) => `${distribution}\u001f${release}`),
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

/** Each once, in the order of their keys. */
function distinct<T>(rows: readonly T[], keyOf: (row: T) => string): readonly T[] {
  return [...new Map(rows.map((row) => [keyOf(row), row]))].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
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

type Schema = 'main' | 'old';

function feedsOf(connection: DatabaseSync, schema: Schema): ReadonlyMap<string, FeedState> {
  return new Map(
    connection
      .prepare(`select id, ordinal, version, snapshot from ${schema}.feed`)
      .all()
      .map((row) => [
        textOf(row.id),
        { ordinal: numberOf(row.ordinal), mark: `${numberOf(row.version)} ${textOf(row.snapshot)}` },
      ]),
  );
}

/** One file held against the other: its rows that the other has not, or has otherwise. */
interface Side {
  readonly own: Schema;
  readonly other: Schema;
  /** Ordinals of the feeds of the one that the other has not, or has otherwise: a list for SQL. */
  readonly feeds: string;
  /** An expression for the ordinal that the other gives the feed of this ordinal; null where it has it not. */
  readonly there: (ordinal: string) => string;
  /** Whether the other has a table of statements. */
  readonly withStatements: boolean;
}

function sidesOf(connection: DatabaseSync): readonly Side[] {
  const side = (own: Schema, other: Schema): Side => {
    const [mine, theirs] = [feedsOf(connection, own), feedsOf(connection, other)];
    const changed = [...mine].filter(([id, { mark }]) => theirs.get(id)?.mark !== mark);
    const pairs = changed.map(([id, { ordinal }]) => `when ${ordinal} then ${theirs.get(id)?.ordinal ?? 'null'}`);
    return {
      own,
      other,
      feeds: changed.map(([, { ordinal }]) => ordinal).join(', '),
      there: (ordinal) => `case ${ordinal} ${pairs.join(' ')} end`,
      withStatements: hasStatements(connection, other),
    };
  };
  return [side('main', 'old'), side('old', 'main')];
}

/** Ids of advisories and ecosystems are a file's own, so these are looked up by name; the joins keep the order they are written in. */
const PACKAGES = ({ own, other, feeds, there }: Side) => `
  select distinct e.name as ecosystem, x.name as name
  from ${own}.affected x cross join ${own}.ecosystem e on e.id = x.ecosystem cross join ${own}.advisory a on a.id = x.advisory
  left join ${other}.advisory b on b.name = a.name and b.feed = ${there('a.feed')}
  left join ${other}.ecosystem o on o.name = e.name
  left join ${other}.affected y on y.ecosystem = o.id and y.name = x.name and y.advisory = b.id and y.ordinal = x.ordinal
  where a.feed in (${feeds}) and (y.body is not x.body or b.body is not a.body)`;
const FACTS = ({ own, other, feeds, there }: Side) => `
  select x.cve as cve from ${own}.fact x left join ${other}.fact y on y.cve = x.cve and y.feed = ${there('x.feed')}
  where x.feed in (${feeds}) and y.body is not x.body`;
const STATEMENTS = ({ own, other, feeds, there, withStatements }: Side) =>
  withStatements
    ? `select x.product as product from ${own}.statements x
       left join ${other}.statements y on y.product = x.product and y.feed = ${there('x.feed')}
       where x.feed in (${feeds}) and y.body is not x.body`
    : `select product from ${own}.statements where feed in (${feeds})`;
const RELEASES = ({ own, other, feeds, there }: Side) => `
  select x.distribution as distribution, x.release as release from ${own}.support x
  left join ${other}.support y on y.distribution = x.distribution and y.release = x.release and y.feed = ${there('x.feed')}
  where x.feed in (${feeds})
    and (y.feed is null or y.end_of_life is not x.end_of_life or y.extended is not x.extended)`;

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
