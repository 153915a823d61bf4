import { endKeys } from './agents.ts';
import type { Queryable, Transaction } from './database.ts';
import { enqueueAll } from './queue.ts';
import { endAlarms } from './reading-alarms.ts';
import { forgetChecksOf } from './reading-checks.ts';
import type { ScopeView } from './scope.ts';
import { endTrend } from './trends.ts';

/*
 * An agent that is revoked has no key from that moment, and nothing that it said is used (`isRevoked`). Forgetting it takes long where
 * it had read much, and is done in steps, each of which may be done again.
 */

/** Ends the agent's keys, whatever else holds the agent. False where there is no such agent. */
export async function revokeKeys(transaction: Transaction, view: ScopeView, id: string): Promise<boolean> {
  const { rowCount } = await transaction.query('select 1 from agent where id = $1 and scope_id = any($2)', [
    id,
    view.scopes,
  ]);
  if (rowCount !== 1) return false;
  await endKeys(transaction, [id]);
  return true;
}

/** Under which the queue has the job that forgets what an agent read. */
export const forgettingKey = (agentId: string): string => `forget:${agentId}`;

/** Has what these agents read forgotten, after the delay: once, however often it is asked for. */
export async function askToForget(transaction: Transaction, ids: readonly string[], delaySeconds = 0): Promise<void> {
  const jobs = ids.map((agentId) => ({ payload: { agentId }, key: forgettingKey(agentId) }));
  await enqueueAll(transaction, 'forget-agent', jobs, { delaySeconds });
}

/**
 * The first step, which waits for what the agent had begun to say before: nothing of it is written after. What it was asked for somebody
 * else is.
 */
export async function beginForgetting(transaction: Transaction, id: string): Promise<void> {
  await transaction.query('update agent set revoked_at = coalesce(revoked_at, now()) where id = $1', [id]);
  await transaction.query(
    `update assessment set waiting_agent = null, want_until = now(), agents_tried = agents_tried || $1::uuid
     where waiting_agent = $1 and state = 'waiting'`,
    [id],
  );
  await forgetChecksOf(transaction, id);
}

/** The next images with something of the agent's word, in the order of their ids. */
export async function listReadImages(
  database: Queryable,
  id: string,
  after: string | null,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ imageId: string }>(
    `select image_id as "imageId" from (
       select image_id from image_layer where read_by = $1::text and read_by <> 'console'
       union select image_id from agent_reading where agent_id = $1::uuid) r
     where $2::uuid is null or image_id > $2 order by image_id limit $3`,
    [id, after, limit],
  );
  return rows.map(({ imageId }) => imageId);
}

/**
 * Forgets what the agent said of these images, and what they were said to hold because of it. Their history goes as well: it would go on
 * telling that packages came and went which nobody but the agent has seen, and what is read next would be no change of it but another
 * beginning. Only their trends keep what was told on the days before, and end today: else that of an estate would rise on the day on which
 * a host was taken out of service and another one read its images again. Answers the images that its readings were used for, which have to
 * be read again.
 */
export async function forgetReadings(
  transaction: Transaction,
  id: string,
  imageIds: readonly string[],
): Promise<readonly string[]> {
  const { rows: touched } = await transaction.query<{ imageId: string; judged: boolean }>(
    `select l.image_id as "imageId", bool_or(coalesce(l.read_by = $1::text, false)) as judged from image_layer l
     where l.image_id = any($2::uuid[]) group by 1 order by 1`,
    [id, imageIds],
  );
  const judged = touched.flatMap((row) => (row.judged ? row.imageId : []));
  for (const table of ['image_result', 'image_standing', 'occurrence_change', 'image_layer', 'occurrence'] as const)
    await transaction.query(`delete from ${table} where image_id = any($1)`, [judged]);
  await endTrend(transaction, judged);
  await transaction.query('delete from agent_reading where agent_id = $1 and image_id = any($2::uuid[])', [
    id,
    imageIds,
  ]);
  return touched.map(({ imageId }) => imageId);
}

/** Forgets so many of the layers that it read, with the files that it found in them; answers whether that was all. */
export async function forgetLayers(transaction: Transaction, id: string, limit: number): Promise<boolean> {
  const { rows } = await transaction.query<{ layerId: number }>(
    `delete from layer_report where ctid = any(array(select ctid from layer_report where trust_domain = $1 limit $2 for update))
     returning layer_id as "layerId"`,
    [id, limit],
  );
  await transaction.query('delete from layer_file where trust_domain = $1 and layer_id = any($2::bigint[])', [
    id,
    rows.map(({ layerId }) => layerId),
  ]);
  return rows.length < limit;
}

/** The last step: nothing of it is left that others could differ from. */
export async function endForgetting(transaction: Transaction, id: string): Promise<void> {
  await forgetChecksOf(transaction, id);
  await endAlarms(transaction);
}
