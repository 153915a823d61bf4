import { requestAssessments } from './assessments.ts';
import type { Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import { dequeue } from './queue.ts';
import { priorityOf } from './queue-priority.ts';
import { byUrgency, runningOf } from './unread-images.ts';

/**
 * Asks for each of the source's images that was never assessed and that nobody works on, those first that run exposed. One
 * that waits already and runs by now comes forward. What somebody cancelled waits until somebody asks for it. What nobody could read
 * a moment ago waits, unless it came to a source (`come`) that may read it and was not among those that could not. Answers the images
 * that it looked at more closely.
 */
export async function requestMissing(
  transaction: Transaction,
  imageIds: readonly string[],
  sourceId: string | null = null,
  come: readonly string[] = [],
): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string; priority: number | null; running: boolean; exposed: boolean }>(
    `with i as materialized (
       select i.id, a.priority from image i
       left join assessment a on a.image_id = i.id and a.state in ('queued', 'running', 'waiting')
       where i.id = any($1::uuid[]) and (a.id is null or a.state = 'queued')
         and not exists (select 1 from image_result r where r.image_id = i.id)
         and (a.id is not null or not exists (
           select 1 from (select state, cancelled, finished_at, agents_tried from assessment l where l.image_id = i.id order by l.queued_at desc limit 1) l
           where l.cancelled or (l.state in ('none', 'failed') and l.finished_at > now() - interval '10 minutes'
             and (not i.id = any($2::uuid[]) or exists (select 1 from host h where h.id = $3 and h.agent_id = any(l.agents_tried))))))
     )
     select i.id, i.priority, c.running is not null as running, coalesce(c.exposed, false) as exposed
     from i left join lateral (${runningOf('i.id')}) c on true
     order by i.id`,
    [imageIds, come, sourceId],
  );
  if (rows.length === 0) return [];
  let before = sourceId === null ? 0 : await countWaiting(transaction, sourceId);
  const wishes: { imageId: string; priority: number }[] = [];
  for (const row of byUrgency(rows)) {
    if (row.priority === null) {
      wishes.push({ imageId: row.id, priority: priorityOf({ ...row, before }) });
      before += 1;
    } else {
      const priority = priorityOf({ ...row, before: 0 });
      if (row.running && priority < row.priority) wishes.push({ imageId: row.id, priority });
    }
  }
  await requestAssessments(transaction, wishes);
  return rows.map(({ id }) => id);
}

/** Of the source's images, those that are queued. */
export async function countWaiting(transaction: Transaction, sourceId: string): Promise<number> {
  const { rows } = await transaction.query<{ n: number }>(
    `select count(*)::int as n from image_sighting g join assessment a on a.image_id = g.image_id and a.state = 'queued' where g.source_id = $1`,
    [sourceId],
  );
  return rows[0]?.n ?? 0;
}

/** Ends what is queued, running or waiting for the image; its attempt can't write any more. False where nothing was. */
export async function cancelAssessment(transaction: Transaction, imageId: string, by: string): Promise<boolean> {
  const { rows } = await transaction.query<{ id: string }>(
    `update assessment set state = 'none', token = null, waiting_agent = null, want_until = null, finished_at = now(), cancelled = true, reason = $2
     where image_id = $1 and state in ('queued', 'running', 'waiting') returning id`,
    [imageId, plainText(`Cancelled by ${by}. Assess it when it is wanted.`)],
  );
  for (const { id } of rows) await dequeue(transaction, `assess:${id}`);
  return rows.length > 0;
}
