import { countMax, offsetOf, offsetPage, type Page } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

export type WorkKind = 'sync-connection' | 'refresh-feeds' | 'rematch';

export async function createWork(transaction: Transaction, kind: WorkKind, what: string): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into work_item (kind, what, state) values ($1, $2, 'queued') returning id`,
    [kind, plainText(what)],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('an insert returned no row');
  // The page shows the newest; a year of hourly synchronisations helps nobody.
  await transaction.query(`delete from work_item where finished_at < now() - interval '30 days'`);
  return id;
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
  const offset = offsetOf(query.cursor);
  const { rows } = await database.query<JobListRow>(
    `select j.id, j.kind, ${what} as what, j.state, j.attempts, j.queued_at as "queuedAt", j.started_at as "startedAt", j.finished_at as "finishedAt", j.reason
     from job j where ${visible} order by j.queued_at desc, j.id limit $2 offset $3`,
    [view.scopes, query.limit + 1, offset],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from job j where ${visible} limit ${countMax + 1}) c`,
    [view.scopes],
  );
  return offsetPage(rows, query.limit, offset, counted[0]?.n ?? 0);
}
