import { z } from 'zod';
import { countMax, keyedPage, momentKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import { lost, standsFor } from './queue.ts';
import type { ScopeView } from './scope.ts';

export type WorkKind = 'sync-connection' | 'refresh-feeds' | 'rematch';

/**
 * Work that is queued under this key; one that waits already is the same work. Whoever has begun is not: it may not have seen
 * what this is about.
 */
export async function createWork(transaction: Transaction, kind: WorkKind, key: string, what: string): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into work_item (kind, key, what, state) values ($1, $2, $3, 'queued')
     on conflict (key) where state = 'queued' do update set what = excluded.what returning id`,
    [kind, key, plainText(what)],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('an insert returned no row');
  // The page shows the newest; a year of hourly synchronisations helps nobody.
  await transaction.query(`delete from work_item where finished_at < now() - interval '30 days'`);
  return id;
}

/**
 * Ends what no job stands for, because that gave up: it would stand in the list for ever, and whoever waits for its end with it.
 * A job that runs while another takes its key has none; of before items had keys, any job of the kind may be theirs.
 */
export async function endLostWork(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update work_item w set state = 'failed', reason = $1, finished_at = now()
     where w.state in ('queued', 'running') and coalesce(w.started_at, w.queued_at) < now() - interval '1 minute'
       and not exists (select 1 from graphile_worker.jobs j
                       where ${standsFor} and j.task_identifier = w.kind and (j.key = w.key or j.key is null or w.key is null))`,
    [lost],
  );
}

export async function beginWork(database: Queryable, id: string): Promise<{ readonly attempts: number } | undefined> {
  const { rows } = await database.query<{ attempts: number }>(
    `update work_item set state = 'running', attempts = attempts + 1, started_at = now() where id = $1 and state in ('queued', 'running') returning attempts`,
    [id],
  );
  return rows[0];
}

export async function endWork(database: Queryable, id: string, failure: string | null): Promise<void> {
  await database.query(
    `update work_item set state = case when $2::text is null then 'done' else 'failed' end, reason = $2, finished_at = now() where id = $1`,
    [id, failure === null ? null : plainText(failure)],
  );
}

export async function isAtWork(database: Queryable, kind: WorkKind): Promise<boolean> {
  const { rowCount } = await database.query(
    `select 1 from work_item where kind = $1 and state in ('queued', 'running') limit 1`,
    [kind],
  );
  return (rowCount ?? 0) > 0;
}

export interface JobListRow {
  readonly id: string;
  readonly kind: string;
  readonly what: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly attempts: number;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly reason: string | null;
}

const visible = `(j.image_id is null or exists (select 1 from image_sighting g where g.image_id = j.image_id and g.scope_id = any($1)))`;
const what = `coalesce(j.what, (select coalesce(s.registry || '/' || s.repository || coalesce(':' || s.tags[1], ''), s.digest) from image_summary s
  where s.image_id = j.image_id and s.scope_id = any($1) limit 1), 'an image')`;

export async function listJobs(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<JobListRow>> {
  const after = parseCursor(query.cursor, z.tuple([momentKey, z.uuid()]));
  const { rows } = await database.query<JobListRow & { key: string }>(
    `select j.id, j.kind, ${what} as what, j.state, j.attempts, j.queued_at as "queuedAt", j.started_at as "startedAt", j.finished_at as "finishedAt", j.reason,
            j.queued_at::text as key
     from job j where ${visible} and ($3::timestamptz is null or j.queued_at < $3 or (j.queued_at = $3 and j.id > $4))
     order by j.queued_at desc, j.id limit $2`,
    [view.scopes, query.limit + 1, after?.[0] ?? null, after?.[1] ?? null],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from job j where ${visible} limit ${countMax + 1}) c`,
    [view.scopes],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ key, id }) => [key, id]);
}
