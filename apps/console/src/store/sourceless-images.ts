import { type Cleaned, type Step, type Turn, type TurnLimits, takeTurn } from './cleaning.ts';
import type { Database, Queryable, Transaction } from './database.ts';

/** A scope lost the last source that it had of an image. */
export interface SourceLeft {
  readonly imageId: string;
  readonly scopeId: string;
}

/** Notes that these have no source from now on, where no other scope has one. */
export async function noteSourceless(transaction: Transaction, left: readonly SourceLeft[]): Promise<void> {
  if (left.length === 0) return;
  await transaction.query(
    `insert into sourceless_image as n (image_id, scopes)
     select x.image_id, array_agg(distinct x.scope_id) from unnest($1::uuid[], $2::uuid[]) as x(image_id, scope_id)
     where not exists (select 1 from image_sighting g where g.image_id = x.image_id) group by x.image_id order by x.image_id
     on conflict (image_id) do update set since = now(), scopes = excluded.scopes`,
    [left.map(({ imageId }) => imageId), left.map(({ scopeId }) => scopeId)],
  );
}

/**
 * One step through all images: notes those without a source that nobody noted (made for a report that was never written, or by a
 * console of before), as if they had none since now, and forgets the notes of those that have one again.
 */
export function reviewSources(
  database: Database,
  limits: TurnLimits & { readonly idsMax: number },
): Promise<Cleaned | undefined> {
  return takeTurn(database, 'sourceless_image', limits, (transaction, turn) =>
    review(transaction, turn, limits.idsMax),
  );
}

async function review(transaction: Transaction, { afterId }: Turn, idsMax: number): Promise<Step> {
  const { rows } = await transaction.query<{ id: string; sourced: boolean; noted: boolean }>(
    `select i.id, exists (select 1 from image_sighting g where g.image_id = i.id) as sourced,
            exists (select 1 from sourceless_image n where n.image_id = i.id) as noted
     from (select id from image where $1::uuid is null or id > $1 order by id limit $2) i order by i.id`,
    [afterId, idsMax],
  );
  await transaction.query(
    `insert into sourceless_image (image_id) select i from unnest($1::uuid[]) i
     where not exists (select 1 from image_sighting g where g.image_id = i) on conflict do nothing`,
    [rows.flatMap(({ id, sourced, noted }) => (sourced || noted ? [] : [id]))],
  );
  await transaction.query('delete from sourceless_image where image_id = any($1::uuid[])', [
    rows.flatMap(({ id, sourced, noted }) => (sourced && noted ? [id] : [])),
  ]);
  const last = rows.at(-1);
  return { removed: 0, next: last === undefined || rows.length < idsMax ? null : { afterId: last.id } };
}

/** Since when no source has an image that one of these scopes had last. */
export async function findSourceless(
  database: Queryable,
  scopes: readonly string[],
  imageId: string,
): Promise<Date | undefined> {
  const { rows } = await database.query<{ since: Date }>(
    `select n.since from sourceless_image n
     where n.image_id = coalesce((select m.image_id from image_merge m where m.old_id = $1), $1) and n.scopes && $2::uuid[]
       and not exists (select 1 from image_sighting g where g.image_id = n.image_id)`,
    [imageId, scopes],
  );
  return rows[0]?.since;
}
