import { type Cleaned, type Step, type Turn, type TurnLimits, takeTurn } from './cleaning.ts';
import type { Database, Transaction } from './database.ts';
import { forgetAgents, forgetHost, type HostRetentionLimits } from './host-retention.ts';
import { type ImageRemovalLimits, removeImages } from './image-retention.ts';

/**
 * What is gone and what ended is kept for as many days as the operator says, then it goes in small steps (cleaning.ts): the database
 * grows with what changes, not with time. Packages, verdicts and layers that no image has after that are orphans (orphans.ts).
 */
export type Aged = 'container_state' | 'container' | 'host' | 'agent' | 'image' | 'image_stay' | 'assessment';

export interface RetentionLimits extends TurnLimits, ImageRemovalLimits, HostRetentionLimits {
  /** Images whose assessments a step looks at: one that can't be read has a row for each day. */
  readonly assessedMax: number;
}

type AgedStep = (transaction: Transaction, days: number, limits: RetentionLimits, turn: Turn) => Promise<Step>;

/** Deletes the oldest rows that the query names, by their addresses, which a row keeps while it is locked. */
const oldest =
  (table: string, query: string): AgedStep =>
  async (transaction, days, { rowsMax }) => {
    const { rowCount } = await transaction.query(
      `delete from ${table} where ctid = any(array(${query} limit $2 for update skip locked))`,
      [days, rowsMax],
    );
    const removed = rowCount ?? 0;
    return { removed, next: removed < rowsMax ? null : {} };
  };

const since = 'now() - make_interval(days => $1)';

/**
 * Of some images, in the order of their ids, the assessments that another one came after. The last one says how an image is, and that
 * of an upload what became of it. History needs none: it is told by verdicts and packages.
 */
const removeSuperseded: AgedStep = async (transaction, days, { rowsMax, assessedMax }, { afterId }) => {
  const { rows } = await transaction.query<{ id: string }>(
    'select id from image where $1::uuid is null or id > $1 order by id limit $2',
    [afterId, assessedMax],
  );
  const { rowCount } = await transaction.query(
    `delete from assessment where ctid = any(array(
       select a.ctid from assessment a
       where a.image_id = any($3::uuid[]) and a.finished_at < ${since} and a.state in ('done', 'failed', 'none')
         and a.id <> (select n.id from assessment n where n.image_id = a.image_id order by n.queued_at desc limit 1)
         and not exists (select from upload_image u where u.image_id = a.image_id and u.assessment_id = a.id)
       limit $2 for update skip locked))`,
    [days, rowsMax, rows.map(({ id }) => id)],
  );
  const removed = rowCount ?? 0;
  if (removed === rowsMax) return { removed, next: { afterId } };
  const last = rows.at(-1);
  return { removed, next: last === undefined || rows.length < assessedMax ? null : { afterId: last.id } };
};

const steps: { readonly [what in Aged]: AgedStep } = {
  // In which states a container was before: nothing counts them, and since when it is as it is now stands in its own row.
  container_state: oldest(
    'container_state',
    `select ctid from container_state where valid_to < ${since} order by valid_to`,
  ),
  // One that its host reports again at this moment is made anew.
  container: oldest('container', `select ctid from container where gone_at < ${since} order by gone_at`),
  host: (transaction, days, limits) => forgetHost(transaction, days, limits),
  agent: (transaction, days, limits, turn) => forgetAgents(transaction, turn, days, limits),
  image: (transaction, days, limits, turn) => removeImages(transaction, turn, days, limits),
  // Trends of what it was a part of begin later (trends.ts).
  image_stay: oldest(
    'image_stay',
    `select ctid from image_stay where until < (now() at time zone 'UTC')::date - $1::int order by until`,
  ),
  assessment: removeSuperseded,
};

export const aged = Object.keys(steps) as readonly Aged[];

/** One step. Undefined where it is not its time, or it can't be without waiting long. */
export function removeAged(
  database: Database,
  what: Aged,
  days: number,
  limits: RetentionLimits,
): Promise<Cleaned | undefined> {
  return takeTurn(database, what, limits, (transaction, turn) => steps[what](transaction, days, limits, turn));
}
