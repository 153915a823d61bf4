import type { DatabaseSource } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { plainJson, plainText } from './plain-text.ts';

export interface RevisionRecord {
  readonly revision: string;
  readonly path: string;
  readonly origin: 'cache' | 'starter';
  readonly builtAt: string;
  readonly sources: readonly DatabaseSource[];
}

/** What verdicts are made by: a revision of the database, and the rules that read it (judging-rules.ts). */
export interface JudgedBy {
  readonly revision: string;
  readonly rules: string;
}

export interface ActiveRevision extends RevisionRecord {
  /** Of the console that started last; null where that one's version did not note them. */
  readonly rules: string | null;
  /** Counts the switches. */
  readonly epoch: number;
}

export async function findActiveRevision(database: Queryable): Promise<ActiveRevision | undefined> {
  const { rows } = await database.query<ActiveRevision>(
    `select a.rules, a.epoch, d.revision, d.path, d.origin, d.built_at as "builtAt", d.sources from active_database a join database_revision d on d.revision = a.revision`,
  );
  return rows[0];
}

/**
 * The epoch of what judges now, where that is this revision and these rules; undefined where it is not. It is held until the
 * transaction ends: it can't be switched while a result of it is written.
 */
export async function holdActive(transaction: Transaction, by: JudgedBy): Promise<number | undefined> {
  const { rows } = await transaction.query<JudgedBy & { epoch: number }>(
    'select revision, rules, epoch from active_database for share',
  );
  const [row] = rows;
  return row !== undefined && row.revision === by.revision && row.rules === by.rules ? row.epoch : undefined;
}

/** Whether nothing judges; if so, whatever begins to waits for the end of the transaction. */
export async function holdNone(transaction: Transaction): Promise<boolean> {
  await transaction.query('lock table active_database in share mode');
  const { rowCount } = await transaction.query('select 1 from active_database');
  return rowCount === 0;
}

/** By what everything was judged when it last was, all of it; null where that never was. */
export interface Settled {
  readonly epoch: number;
  readonly revision: string | null;
  readonly rules: string | null;
  /** The file of that revision, where it is still known. */
  readonly path: string | null;
}

export async function findSettled(database: Queryable): Promise<Settled | undefined> {
  const { rows } = await database.query<Settled>(
    `select a.settled_epoch as epoch, a.settled_revision as revision, a.settled_rules as rules, d.path
     from active_database a left join database_revision d on d.revision = a.settled_revision`,
  );
  return rows[0];
}

/** Says that every verdict is of this epoch, whichever was judged in it: those that nobody named are carried by this one row. */
export async function settle(transaction: Transaction, by: JudgedBy, epoch: number): Promise<void> {
  await transaction.query(
    'update active_database set settled_epoch = $1, settled_revision = $2, settled_rules = $3 where epoch = $1',
    [epoch, by.revision, by.rules],
  );
}

/**
 * Whether verdicts are not of the active revision, nobody is at work on it, and the wait after its failures is over. Of
 * several that ask at once one is told so.
 */
export async function isRematchDue(
  transaction: Transaction,
  { againSeconds, againSecondsMax }: { readonly againSeconds: number; readonly againSecondsMax: number },
): Promise<boolean> {
  const { rows } = await transaction.query<{ due: boolean }>(
    `select not exists (select 1 from work_item w where w.kind = 'rematch' and w.state in ('queued', 'running'))
        and coalesce(f.last < now() - make_interval(secs => least($2, $1 * 2 ^ least(f.times - 1, 20))), true) as due
     from (select since from active_database where epoch <> settled_epoch for update skip locked) a
     cross join lateral (select count(*) as times, max(w.finished_at) as last from work_item w
                         where w.kind = 'rematch' and w.state = 'failed' and w.queued_at >= a.since) f`,
    [againSeconds, againSecondsMax],
  );
  return rows[0]?.due === true;
}

/** Switches the pointer. Answers what it pointed to before. */
export async function activateRevision(
  transaction: Transaction,
  record: RevisionRecord,
  rules: string,
): Promise<{ readonly revision: string; readonly rules: string | null } | undefined> {
  await transaction.query(
    `insert into database_revision (revision, path, origin, built_at, sources) values ($1, $2, $3, $4, $5)
     on conflict (revision) do update set path = excluded.path, origin = excluded.origin`,
    [record.revision, record.path, record.origin, record.builtAt, plainJson(record.sources)],
  );
  const { rows } = await transaction.query<{ revision: string; rules: string | null }>(
    'select revision, rules from active_database for update',
  );
  await transaction.query(
    `insert into active_database (revision, rules) values ($1, $2)
     on conflict (only_one) do update set revision = excluded.revision, rules = excluded.rules, epoch = active_database.epoch + 1, since = now()
       where (active_database.revision, active_database.rules) is distinct from (excluded.revision, excluded.rules)`,
    [record.revision, rules],
  );
  return rows[0];
}

export interface FeedRow {
  readonly id: string;
  readonly state: 'current' | 'refreshing' | 'failed' | 'starter' | 'missing';
  readonly updatedAt: string | null;
  readonly fetchedAt: Date | null;
  readonly records: number;
  readonly extent: 'whole' | 'excerpt';
  readonly ecosystems: readonly string[];
  readonly progress: number | null;
  readonly error: string | null;
}

export async function listFeeds(database: Queryable): Promise<readonly FeedRow[]> {
  const { rows } = await database.query<FeedRow>(
    `select id, state, updated_at as "updatedAt", fetched_at as "fetchedAt", records, extent, ecosystems, progress, error from feed_state order by id collate "C"`,
  );
  return rows;
}

/** The feeds as the active database has them; one that it lacks is missing. */
export async function writeFeeds(
  transaction: Transaction,
  ids: readonly string[],
  record: RevisionRecord,
): Promise<void> {
  const rows = ids.map((id) => {
    const parts = record.sources.filter(
      (source) => source.id === id || source.id.startsWith(`${id}/`) || source.id.startsWith(`${id}:`),
    );
    const dates = parts.map((part) => part.updatedAt).sort();
    return {
      id,
      state: parts.length === 0 ? 'missing' : record.origin === 'starter' ? 'starter' : 'current',
      updatedAt: dates[0] ?? null,
      records: parts.reduce((sum, part) => sum + part.records, 0),
      extent: parts.length > 0 && parts.every((part) => part.extent === 'whole') ? 'whole' : 'excerpt',
      ecosystems: [...new Set(parts.flatMap((part) => part.ecosystems))].sort(),
    };
  });
  await transaction.query(
    `insert into feed_state (id, state, updated_at, records, extent, ecosystems)
     select x.id, x.state, x."updatedAt", x.records, x.extent, x.ecosystems
     from jsonb_to_recordset($1::jsonb) as x(id text, state text, "updatedAt" text, records bigint, extent text, ecosystems jsonb)
     on conflict (id) do update set state = case when feed_state.error is null then excluded.state else 'failed' end, updated_at = excluded.updated_at, records = excluded.records,
       extent = excluded.extent, ecosystems = excluded.ecosystems, progress = null`,
    [plainJson(rows)],
  );
  await transaction.query('delete from feed_state where id <> all($1)', [ids]);
}

export async function writeFeedProgress(
  database: Queryable,
  id: string,
  records: number | null,
  progress: number | null,
): Promise<void> {
  await database.query(
    `update feed_state set state = 'refreshing', progress = $3, error = null, records = case when $2::bigint is null then records else records end where id = $1`,
    [id, records, progress],
  );
}

export async function writeFeedOutcome(database: Queryable, id: string, error: string | null): Promise<void> {
  await database.query(
    `update feed_state set state = case when $2::text is null then 'current' else 'failed' end, progress = null, error = $2,
            fetched_at = case when $2::text is null then now() else fetched_at end where id = $1`,
    [id, error === null ? null : plainText(error)],
  );
}

/** A refresh that died half-way leaves feeds that look busy for ever. */
export async function settleFeeds(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update feed_state set progress = null, state = case when error is not null then 'failed' when updated_at is null then 'missing'
       when (select d.origin from active_database a join database_revision d on d.revision = a.revision) = 'starter' then 'starter' else 'current' end
     where state = 'refreshing'`,
  );
}

export async function lastRefresh(database: Queryable): Promise<{ readonly ageSeconds: number | null }> {
  const { rows } = await database.query<{ age: number | null }>(
    `select extract(epoch from now() - max(finished_at))::int as age from work_item where kind = 'refresh-feeds' and state in ('done', 'failed')`,
  );
  return { ageSeconds: rows[0]?.age ?? null };
}

/** Forgets downloaded revisions but the active one. Answers their files. */
export async function forgetRevisions(transaction: Transaction, active: string): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ path: string }>(
    `delete from database_revision d where d.revision <> $1 and d.origin = 'cache' and not exists (select 1 from active_database a where a.revision = d.revision)
     returning path`,
    [active],
  );
  return rows.map((row) => row.path);
}
