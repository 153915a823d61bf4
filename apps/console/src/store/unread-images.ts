import { requestAssessments } from './assessments.ts';
import type { Queryable, Transaction } from './database.ts';
import { isExposed } from './exposure.ts';
import { priorityOf } from './queue-priority.ts';

export interface UnreadAt {
  readonly scopeId: string;
  readonly registry: string;
  /** What was tried later than this was tried with what can be read now; epoch milliseconds. */
  readonly triedBeforeMs: number;
  /** Also those that failed by their bytes or their reader: another source may have better ones. */
  readonly failed: boolean;
}

/**
 * The images without a result that are at this registry and that nobody could read, or that wait because somebody could not: those
 * that run first. One that somebody cancelled waits for a person, and one whose archive is kept is answered by that. Names are those
 * that lists show, because a host's own may be as many as hosts.
 */
export async function listUnread(database: Queryable, at: UnreadAt): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `with unread as materialized (
       select s.image_id, s.running from image_summary s
       where s.scope_id = $1 and s.state = any(case when $4 then array['none', 'failed'] else array['none'] end)
         and (exists (select 1 from digest_seen d where d.image_id = s.image_id and d.registry = $2 and d.kind in ('manifest', 'index'))
              or (exists (select 1 from unnest(s.names) n where starts_with(n, $2 || '/'))
                  and exists (select 1 from image_digest d where d.image_id = s.image_id)))
     )
     select u.image_id as id from unread u
     left join lateral (select a.state, a.cancelled, a.reason, a.started_at from assessment a
                        where a.image_id = u.image_id order by a.queued_at desc limit 1) l on true
     where (l.state is null or (not l.cancelled and (l.state in ('none', 'failed') or (l.state = 'queued' and l.reason is not null))))
       and (l.started_at is null or l.started_at < to_timestamp($3::float8 / 1000))
       and not exists (select 1 from upload_image i join upload f on f.id = i.upload_id where i.image_id = u.image_id and f.file is not null)
     order by u.running > 0 desc, u.image_id`,
    [at.scopeId, at.registry, at.triedBeforeMs, at.failed],
  );
  return rows.map(({ id }) => id);
}

/** Asks for these, as the next ones of a source that has asked for `before` already. What waited for its next try waits no more. */
export async function requestUnread(
  transaction: Transaction,
  imageIds: readonly string[],
  before: number,
): Promise<void> {
  const { rows } = await transaction.query<{ id: string; running: boolean; exposed: boolean }>(
    `select i.id, c.running is not null as running, coalesce(c.exposed, false) as exposed
     from image i left join lateral (${runningOf('i.id')}) c on true
     where i.id = any($1::uuid[]) and not exists (select 1 from image_result r where r.image_id = i.id)
       and not exists (select 1 from assessment a where a.image_id = i.id and a.state in ('running', 'waiting'))`,
    [imageIds],
  );
  const wishes = byUrgency(rows).map((row, index) => ({
    imageId: row.id,
    priority: priorityOf({ ...row, before: before + index }),
  }));
  await requestAssessments(transaction, wishes);
}

/** SQL: whether containers run the image now, and whether one of them may be reached from outside of its host. */
export const runningOf = (imageId: string): string =>
  `select true as running, bool_or(${isExposed('c')}) as exposed
   from container c where c.image_id = ${imageId} and c.gone_at is null and c.state = 'running' having count(*) > 0`;

/** Those that run exposed first, then those that run. */
export function byUrgency<T extends { readonly running: boolean; readonly exposed: boolean }>(
  rows: readonly T[],
): readonly T[] {
  const urgency = (row: T) => (row.running ? (row.exposed ? 0 : 1) : 2);
  return rows.toSorted((a, b) => urgency(a) - urgency(b));
}
