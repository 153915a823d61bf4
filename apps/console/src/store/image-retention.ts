import { type Step, type Turn, takeSome, waitAtMost } from './cleaning.ts';
import type { Queryable, Transaction } from './database.ts';
import { holdImages } from './image-hold.ts';
import { holdVerdicts } from './subjects.ts';

export interface ImageRemovalLimits {
  /** Images without a source that a step looks at. */
  readonly idsMax: number;
  readonly imagesMax: number;
  /** Packages of images that go in one step, after which it takes no further image. */
  readonly packagesMax: number;
  /** How long a step waits for reports and listings, which wait behind it. */
  readonly reportsWaitMs: number;
}

/** Another image of the scope that has exactly the layers of the base `b`, and a source. */
const twin = `select w.image_id from image_prefix w join image_sighting g on g.image_id = w.image_id and g.scope_id = b.scope_id
  where w.chain = b.chain and w.whole and w.image_id <> b.image_id`;

/**
 * Of `t.image_id`: what keeps it though its time is over. It has a source again, stands on a host or in a repository, was uploaded, is
 * to be read, or other images were built on it and nothing else says what they were built on.
 */
const needed = [
  'select from image_sighting g where g.image_id = t.image_id',
  'select from host_image h where h.image_id = t.image_id',
  'select from container c where c.image_id = t.image_id',
  'select from upload_image u where u.image_id = t.image_id',
  `select from assessment a where a.image_id = t.image_id and a.state in ('queued', 'running', 'waiting')`,
  `select from tag_image m join tag g on g.repository_id = m.repository_id and g.name = m.name join repository r on r.id = m.repository_id
   where m.image_id = t.image_id and g.gone_at is null and r.gone_at is null`,
  `select from base b join image_prefix p on p.chain = b.chain and not p.whole
   where b.image_id = t.image_id and not exists (${twin})`,
]
  .map((use) => `exists (${use})`)
  .join(' or ');
const over = `t.since < now() - make_interval(days => $1) and not (${needed})`;

/**
 * One step through the images that had no source for so long. Candidates are found without a lock. Only where there are some,
 * everybody is kept from finding images and from judging, for a moment, and they are looked at once more: an image that comes back
 * does so before, and stays, or after, and is made anew.
 */
export async function removeImages(
  transaction: Transaction,
  { afterId }: Turn,
  days: number,
  limits: ImageRemovalLimits,
): Promise<Step> {
  const { rows: looked } = await transaction.query<{ id: string }>(
    'select image_id as id from sourceless_image where $1::uuid is null or image_id > $1 order by image_id limit $2',
    [afterId, limits.idsMax],
  );
  const candidates = await findOver(
    transaction,
    days,
    looked.map(({ id }) => id),
    limits.imagesMax + 1,
  );
  const taken = takeSome(candidates, limits.imagesMax, limits.packagesMax).map(({ id }) => id);
  const removed = taken.length === 0 ? 0 : await removeOver(transaction, days, taken, limits.reportsWaitMs);
  // Those that were not taken are the next step's.
  const last = taken.length < candidates.length ? taken.at(-1) : looked.at(-1)?.id;
  const isOver = taken.length === candidates.length && looked.length < limits.idsMax;
  return { removed, next: isOver || last === undefined ? null : { afterId: last } };
}

async function findOver(database: Queryable, days: number, ids: readonly string[], limit: number) {
  const { rows } = await database.query<{ id: string; weight: number }>(
    `select t.image_id as id, (select count(*) from occurrence o where o.image_id = t.image_id)::int as weight
     from sourceless_image t where t.image_id = any($2::uuid[]) and ${over} order by t.image_id limit $3`,
    [days, ids, limit],
  );
  return rows;
}

async function removeOver(
  transaction: Transaction,
  days: number,
  ids: readonly string[],
  reportsWaitMs: number,
): Promise<number> {
  await holdVerdicts(transaction, 'judging');
  await waitAtMost(transaction, reportsWaitMs);
  await holdImages(transaction, 'removing');
  const { rows: free } = await transaction.query<{ id: string }>(
    'select id from image where id = any($1::uuid[]) order by id for update skip locked',
    [ids],
  );
  const gone = (
    await findOver(
      transaction,
      days,
      free.map(({ id }) => id),
      ids.length,
    )
  ).map(({ id }) => id);
  await transaction.query(
    `update base b set image_id = (${twin} order by w.image_id limit 1) where b.image_id = any($1::uuid[]) and exists (${twin})`,
    [gone],
  );
  // A tag that is gone may come back with the digest that it had: then it is read again, for all of its platforms.
  await transaction.query(
    `update tag g set image_id = null from tag_image m
     where m.image_id = any($1::uuid[]) and g.repository_id = m.repository_id and g.name = m.name and g.image_id is not null`,
    [gone],
  );
  await transaction.query('delete from image where id = any($1::uuid[])', [gone]);
  await transaction.query('delete from sourceless_image where image_id = any($1::uuid[])', [gone]);
  return gone.length;
}
