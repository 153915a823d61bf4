import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type AffectedPackage, Fault } from '@hullcheck/core';
import type { Feed, FeedItem } from '../feeds/feed.ts';
import type { Snapshot, SnapshotPart } from '../feeds/snapshot.ts';
import { hasStatements, numberOf, textOf, textOrNull } from './reading.ts';
import {
  cveNumber,
  lookupName,
  mergeAdvisories,
  readAdvisory,
  writeAdvisory,
  writeAffected,
  writeFacts,
} from './rows.ts';
import { StatementRows } from './statement-rows.ts';
import { supportRowKey, writeSupport } from './support-rows.ts';

const PROBLEMS_MAX = 100;
const PROGRESS_EVERY = 5000;

/** What one feed put into the database. */
export interface Loaded {
  readonly records: number;
  readonly skipped: number;
  readonly problems: readonly Omit<Extract<FeedItem, { kind: 'skipped' }>, 'kind' | 'part'>[];
}

interface PartState extends SnapshotPart {
  records: number;
  readonly ecosystems: Set<string>;
}

/** Parses a snapshot into the tables, as the feed of this ordinal. The caller holds the transaction. */
export async function loadFeed(
  connection: DatabaseSync,
  ordinal: number,
  feed: Feed,
  snapshot: Snapshot,
  signal: AbortSignal,
  onRecords: (records: number) => void,
): Promise<Loaded> {
  const insert = statements(connection);
  const parts = new Map<string, PartState>(
    snapshot.manifest.parts.map((part) => [part.id, { ...part, records: 0, ecosystems: new Set<string>() }]),
  );
  const said = new StatementRows(feed);
  const problems: Loaded['problems'][number][] = [];
  let records = 0;
  let skipped = 0;

  for await (const item of feed.parse(snapshot, signal)) {
    if (item.kind === 'skipped') {
      skipped += 1;
      if (problems.length < PROBLEMS_MAX) problems.push({ record: item.record, problem: item.problem });
      continue;
    }
    const part = partOf(parts, item.part, snapshot);
    if (item.kind === 'dated') {
      parts.set(item.part, { ...part, updatedAt: item.updatedAt, extent: item.extent ?? part.extent });
      continue;
    }
    if (item.kind === 'statement') said.add(item.statement);
    else writeItem(insert, ordinal, item);
    if (item.kind === 'advisory') for (const { ecosystem } of item.advisory.affected) part.ecosystems.add(ecosystem);
    part.records += 1;
    records += 1;
    if (records % PROGRESS_EVERY === 0) {
      onRecords(records);
      signal.throwIfAborted();
    }
  }
  if (records === 0) {
    throw new Fault('feed-invalid', `no record of ${feed.id} could be read (${skipped} were skipped)`, {
      place: feed.id,
    });
  }
  said.write(connection, ordinal);
  insert.feed.run(ordinal, feed.id, feed.version, snapshot.manifest.digest, records);
  for (const part of parts.values()) {
    const ecosystems = JSON.stringify([...part.ecosystems].sort());
    insert.source.run(part.id, ordinal, part.updatedAt, part.extent, part.records, ecosystems, feed.licence);
  }
  return { records, skipped, problems };
}

/** Removes what the feed of this ordinal said. */
export function clearFeed(connection: DatabaseSync, ordinal: number): void {
  for (const sql of [
    'delete from affected where advisory in (select id from advisory where feed = ?)',
    'delete from advisory where feed = ?',
    'delete from fact where feed = ?',
    'delete from support where feed = ?',
    ...(hasStatements(connection) ? ['delete from statements where feed = ?'] : []),
    'delete from source where feed = ?',
    'delete from feed where ordinal = ?',
  ])
    connection.prepare(sql).run(ordinal);
}

/** Copies what a feed said in an earlier revision, as the feed of this ordinal. The earlier file is attached as `old`. */
export function carryFeed(connection: DatabaseSync, ordinal: number, feedId: string): number {
  const old = connection.prepare('select ordinal, records from old.feed where id = ?').get(feedId);
  if (old === undefined) throw new Fault('internal', `the last revision has no feed ${feedId}`);
  const from = numberOf(old.ordinal);
  const run = (sql: string, ...values: (number | string)[]) => connection.prepare(sql).run(...values);
  run('insert into feed select ?, id, version, snapshot, records from old.feed where ordinal = ?', ordinal, from);
  run(
    `insert into source select id, ?, updated_at, extent, records, ecosystems, licence
     from old.source where feed = ?`,
    ordinal,
    from,
  );
  run(
    'insert into advisory (feed, name, body) select ?, name, body from old.advisory where feed = ? order by id',
    ordinal,
    from,
  );
  run(
    `insert or ignore into ecosystem (name) select distinct e.name from old.affected x
     join old.advisory a on a.id = x.advisory join old.ecosystem e on e.id = x.ecosystem where a.feed = ? order by e.name`,
    from,
  );
  run(
    `insert into affected select n.id, x.name, m.id, x.ordinal, x.body from old.affected x
     join old.advisory a on a.id = x.advisory join old.ecosystem e on e.id = x.ecosystem
     join main.ecosystem n on n.name = e.name join main.advisory m on m.name = a.name and m.feed = ?
     where a.feed = ?`,
    ordinal,
    from,
  );
  run('insert into fact select cve, ?, body from old.fact where feed = ?', ordinal, from);
  run(
    'insert into support select distribution, release, ?, end_of_life, extended from old.support where feed = ?',
    ordinal,
    from,
  );
  if (hasStatements(connection, 'old')) {
    run(
      'insert into statements select product, ?, body from old.statements where feed = ? order by product',
      ordinal,
      from,
    );
  }
  return numberOf(old.records);
}

function partOf(parts: Map<string, PartState>, id: string, snapshot: Snapshot): PartState {
  const known = parts.get(id);
  if (known !== undefined) return known;
  const [first] = snapshot.manifest.parts;
  const part = { updatedAt: '', extent: 'excerpt' as const, ...first, id, records: 0, ecosystems: new Set<string>() };
  parts.set(id, part);
  return part;
}

type Statements = ReturnType<typeof statements>;

function statements(connection: DatabaseSync) {
  return {
    feed: connection.prepare('insert into feed values (?, ?, ?, ?, ?)'),
    source: connection.prepare('insert into source values (?, ?, ?, ?, ?, ?, ?)'),
    ecosystem: connection.prepare('insert or ignore into ecosystem (name) values (?)'),
    ecosystemOf: connection.prepare('select id from ecosystem where name = ?'),
    advisory: connection.prepare('insert into advisory (feed, name, body) values (?, ?, ?)'),
    advisoryOf: connection.prepare('select id, body from advisory where name = ? and feed = ?'),
    advisoryBody: connection.prepare('update advisory set body = ? where id = ?'),
    affectedOfNew: connection.prepare('insert into affected values (?, ?, ?, ?, ?)'),
    // A source may say the same of one package twice (two repositories of a branch): once is enough.
    affected: connection.prepare(`
      insert into affected
      select ?1, ?2, ?3, (select coalesce(max(ordinal) + 1, 0) from affected where ecosystem = ?1 and name = ?2 and advisory = ?3), ?4
      where not exists (select 1 from affected where ecosystem = ?1 and name = ?2 and advisory = ?3 and body = ?4)`),
    fact: connection.prepare('insert or replace into fact values (?, ?, ?)'),
    packageSupport: connection.prepare('insert into statements values (?, ?, ?)'),
    support: connection.prepare('insert or ignore into support values (?, ?, ?, ?, ?)'),
    ecosystems: new Map<string, number>(),
  };
}

function writeItem(
  insert: Statements,
  ordinal: number,
  item: Exclude<FeedItem, { kind: 'skipped' | 'dated' | 'statement' }>,
): void {
  if (item.kind === 'support') {
    const { distribution, release, endOfLife, extendedEndOfLife } = item.support;
    insert.support.run(distribution, release, ordinal, endOfLife, extendedEndOfLife);
  } else if (item.kind === 'package-support') {
    insert.packageSupport.run(supportRowKey(item.support.key), ordinal, writeSupport(item.support));
  } else if (item.kind === 'facts') {
    const number = cveNumber(item.facts.id);
    if (number === undefined)
      throw new Fault('internal', `a feed stated facts of ${item.facts.id}, which is no CVE id`);
    insert.fact.run(number, ordinal, writeFacts(item.facts));
  } else {
    const { id, isNew } = advisoryId(insert, ordinal, item.advisory);
    if (isNew) writeAffectedOfNew(insert, id, item.advisory.affected);
    else
      for (const affected of item.advisory.affected) {
        const name = lookupName(affected.ecosystem, affected.name);
        insert.affected.run(ecosystemId(insert, affected.ecosystem), name, id, writeAffected(affected));
      }
  }
}

/** Of an advisory that had no row before nothing has to be asked: half the time of writing all of Ubuntu's. */
function writeAffectedOfNew(insert: Statements, advisory: number | bigint, all: readonly AffectedPackage[]): void {
  const said = new Map<string, Set<string>>();
  for (const affected of all) {
    const name = lookupName(affected.ecosystem, affected.name);
    const key = `${affected.ecosystem}\0${name}`;
    const bodies = said.get(key) ?? new Set<string>();
    const body = writeAffected(affected);
    if (bodies.has(body)) continue;
    insert.affectedOfNew.run(ecosystemId(insert, affected.ecosystem), name, advisory, bodies.size, body);
    said.set(key, bodies.add(body));
  }
}

function advisoryId(
  insert: Statements,
  ordinal: number,
  advisory: Extract<FeedItem, { kind: 'advisory' }>['advisory'],
) {
  const body = writeAdvisory(advisory);
  const known = insert.advisoryOf.get(advisory.id, ordinal);
  if (known === undefined) return { id: insert.advisory.run(ordinal, advisory.id, body).lastInsertRowid, isNew: true };
  const id = numberOf(known.id);
  const before = textOrNull(known.body);
  if (body !== null && body !== before) {
    const merged = mergeAdvisories(readAdvisory(advisory.feed, advisory.id, before, []), advisory);
    insert.advisoryBody.run(writeAdvisory(merged), id);
  }
  return { id, isNew: false };
}

function ecosystemId(insert: Statements, name: string): number {
  const known = insert.ecosystems.get(name);
  if (known !== undefined) return known;
  insert.ecosystem.run(name);
  const id = numberOf(insert.ecosystemOf.get(name)?.id);
  insert.ecosystems.set(name, id);
  return id;
}

/** Ids and snapshot digests of the feeds of an open or attached file. */
export function feedRows(
  select: StatementSync,
): ReadonlyMap<string, { version: number; snapshot: string; records: number }> {
  return new Map(
    select
      .all()
      .map((row) => [
        textOf(row.id),
        { version: numberOf(row.version), snapshot: textOf(row.snapshot), records: numberOf(row.records) },
      ]),
  );
}
