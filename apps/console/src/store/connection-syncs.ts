import { nextReading, type RateLimitRecord } from './connections.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import { lost, standsFor } from './queue.ts';

export interface StatusFields {
  readonly status: string;
  readonly partial: string | null;
  readonly code: string;
  readonly detail: string;
}

export async function writeStatus(database: Queryable, id: string, status: StatusFields): Promise<void> {
  await database.query(
    `update connection set status = $2, status_partial = $3, status_code = $4, status_detail = $5, status_at = now() where id = $1`,
    [id, status.status, status.partial, status.code, plainText(status.detail)],
  );
}

/** Says whether what nobody could read there is still to be asked for; not where it was saved meanwhile, whose reading asks by itself. */
export async function markUnread(
  database: Queryable,
  { id, changedAt }: { readonly id: string; readonly changedAt: Date },
  asksUnread: boolean,
): Promise<void> {
  await database.query(
    `update connection set asks_unread = $3
     where id = $1 and date_trunc('milliseconds', changed_at) = $2 and asks_unread <> $3`,
    [id, changedAt, asksUnread],
  );
}

/** The database's clock, by which attempts are dated, in epoch milliseconds. */
export async function databaseTimeMs(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ now: Date }>('select now() as now');
  return rows[0]?.now.getTime() ?? Date.now();
}

export async function markSyncQueued(transaction: Transaction, id: string): Promise<void> {
  await transaction.query(
    `update connection set sync_activity = case sync_activity when 'running' then 'running' else 'queued' end where id = $1`,
    [id],
  );
}

/** Begins a run: only its token may write what the registry has. */
export async function beginSync(database: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await database.query<{ token: string }>(
    `update connection set sync_activity = 'running', sync_token = gen_random_uuid(), retry_at = null where id = $1 returning sync_token as token`,
    [id],
  );
  return rows[0]?.token;
}

export async function holdsSync(transaction: Transaction, id: string, token: string): Promise<boolean> {
  const { rowCount } = await transaction.query('select 1 from connection where id = $1 and sync_token = $2 for share', [
    id,
    token,
  ]);
  return rowCount === 1;
}

export interface SyncEnd {
  /** Null: nothing to complain of. */
  readonly error: string | null;
  /** Epoch milliseconds; null: after the interval. */
  readonly retryAtMs: number | null;
  /** Where the next reading begins; null: at the first repository. */
  readonly cursor: string | null;
  readonly rateLimit: RateLimitRecord | null;
}

export async function endSync(transaction: Transaction, id: string, token: string, end: SyncEnd): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update connection set sync_activity = 'idle', sync_token = null, sync_at = now(), sync_error = $3, sync_cursor = $4,
            retry_at = to_timestamp($5::float8 / 1000), rate_limit = coalesce($6::jsonb, rate_limit),
            ok_at = case when $3::text is null then now() else ok_at end
     where id = $1 and sync_token = $2`,
    [
      id,
      token,
      end.error === null ? null : plainText(end.error),
      end.cursor,
      end.retryAtMs,
      end.rateLimit === null ? null : JSON.stringify(end.rateLimit),
    ],
  );
  return rowCount === 1;
}

/**
 * Ends readings that no job stands for, as `requeueLost` does for assessments: the next one begins after the interval, and what
 * this one would still write it can't.
 */
export async function endLostSyncs(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update connection c set sync_activity = 'idle', sync_token = null, sync_at = now(), sync_error = $1
     where c.sync_activity <> 'idle' and not exists (select 1 from graphile_worker.jobs j where j.key = 'sync:' || c.id and ${standsFor})`,
    [lost],
  );
}

/** Connections whose next reading is due: begun by the janitor. */
export async function connectionsDue(transaction: Transaction): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select c.id from connection c where c.sync_activity = 'idle' and ${nextReading} < now() order by c.id for update skip locked`,
  );
  return rows.map((row) => row.id);
}
