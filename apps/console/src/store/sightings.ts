import type { Transaction } from './database.ts';
import { keepStays } from './image-stays.ts';
import { plainText } from './plain-text.ts';

export interface ImageNameSeen {
  readonly registry: string;
  readonly repository: string;
  /** Null where it was named by digest. */
  readonly tag: string | null;
}

export interface SightingSource {
  readonly kind: 'host' | 'connection' | 'upload' | 'sample';
  readonly scopeId: string;
  readonly sourceId: string;
  readonly name: string;
}

/** All names that the source has for the image, or its tags in one repository of several. */
export type NamesSeen =
  | readonly ImageNameSeen[]
  | { readonly repository: { readonly registry: string; readonly name: string }; readonly tags: readonly string[] };

/** Says that the source has this image, under these names and no others (of the one repository, where one is named). */
export async function recordSighting(
  transaction: Transaction,
  imageId: string,
  source: SightingSource,
  seen: NamesSeen,
): Promise<void> {
  await transaction.query(
    `insert into image_sighting (image_id, scope_id, kind, source_id, name) values ($1, $2, $3, $4, $5)
     on conflict (image_id, scope_id, kind, source_id) do update set seen_at = now(), name = excluded.name`,
    [imageId, source.scopeId, source.kind, source.sourceId, plainText(source.name)],
  );
  const within = 'repository' in seen ? seen.repository : undefined;
  const names =
    'repository' in seen
      ? seen.tags.map((tag) => ({ registry: seen.repository.registry, repository: seen.repository.name, tag }))
      : seen;
  const rows = JSON.stringify(names.map(({ registry, repository, tag }) => ({ registry, repository, tag: tag ?? '' })));
  const columns = 'as x(registry text, repository text, tag text)';
  await transaction.query(
    `delete from image_name n where n.image_id = $1 and n.scope_id = $2 and n.source_id = $3
       and ($5::text is null or (n.registry = $5 and n.repository = $6))
       and not exists (select 1 from jsonb_to_recordset($4::jsonb) ${columns}
                       where x.registry = n.registry and x.repository = n.repository and x.tag = n.tag)`,
    [imageId, source.scopeId, source.sourceId, rows, within?.registry ?? null, within?.name ?? null],
  );
  await transaction.query(
    `insert into image_name (image_id, scope_id, source_id, registry, repository, tag)
     select distinct $1::uuid, $2::uuid, $3::uuid, x.registry, x.repository, x.tag from jsonb_to_recordset($4::jsonb) ${columns}
     on conflict (image_id, scope_id, source_id, registry, repository, tag) do update set seen_at = now()`,
    [imageId, source.scopeId, source.sourceId, rows],
  );
}

/** A name that a source has for an image. */
interface NameRow extends ImageNameSeen {
  readonly imageId: string;
}

/**
 * The same for all images that a source reports at once, each with all its names. Answers the images of which some name came
 * or went for the whole scope: what hundreds of hosts call the same changes nothing that a list shows.
 */
export async function recordSightings(
  transaction: Transaction,
  source: SightingSource,
  images: ReadonlyMap<string, readonly ImageNameSeen[]>,
): Promise<readonly string[]> {
  const ids = [...images.keys()].sort();
  if (ids.length === 0) return [];
  const { rows: seen } = await transaction.query<{ id: string }>(
    `insert into image_sighting (image_id, scope_id, kind, source_id, name) select i, $2, $3, $4, $5 from unnest($1::uuid[]) i
     on conflict (image_id, scope_id, kind, source_id) do update set seen_at = now(), name = excluded.name
       where image_sighting.name <> excluded.name or image_sighting.seen_at < now() - interval '1 hour'
     returning image_id as id`,
    [ids, source.scopeId, source.kind, source.sourceId, plainText(source.name)],
  );
  const rows: NameRow[] = ids.flatMap((imageId) => (images.get(imageId) ?? []).map((name) => ({ imageId, ...name })));
  const { rows: moved } = await transaction.query<{ id: string }>(
    `with given as materialized (
       select distinct x."imageId" as image_id, x.registry, x.repository, coalesce(x.tag, '') as tag
       from jsonb_to_recordset($4::jsonb) as x("imageId" uuid, registry text, repository text, tag text)
     ), gone as (
       delete from image_name n where n.image_id = any($1::uuid[]) and n.scope_id = $2 and n.source_id = $3
         and not exists (select 1 from given g where g.image_id = n.image_id and g.registry = n.registry and g.repository = n.repository and g.tag = n.tag)
       returning n.image_id, n.registry, n.repository, n.tag
     ), come as (
       insert into image_name (image_id, scope_id, source_id, registry, repository, tag)
       select g.image_id, $2, $3, g.registry, g.repository, g.tag from given g
       where not exists (select 1 from image_name n where n.image_id = g.image_id and n.scope_id = $2 and n.source_id = $3
                         and n.registry = g.registry and n.repository = g.repository and n.tag = g.tag)
       on conflict do nothing returning image_id, registry, repository, tag
     )
     select distinct c.image_id as id from (select * from come union all select * from gone) c
     where not exists (select 1 from image_name o where o.image_id = c.image_id and o.scope_id = $2 and o.source_id <> $3
                       and o.registry = c.registry and o.repository = c.repository and o.tag = c.tag)`,
    [ids, source.scopeId, source.sourceId, JSON.stringify(rows)],
  );
  if (seen.length === 0) return moved.map(({ id }) => id);
  const { rows: unlisted } = await transaction.query<{ id: string }>(
    `select i as id from unnest($1::uuid[]) i where not exists (select 1 from image_summary s where s.scope_id = $2 and s.image_id = i)`,
    [seen.map(({ id }) => id), source.scopeId],
  );
  return [...new Set([...moved, ...unlisted].map(({ id }) => id))];
}

/** Says that the source has these images no more. Of a host it is kept how long it had them. */
export async function dropSightings(
  transaction: Transaction,
  sourceId: string,
  imageIds: readonly string[],
): Promise<void> {
  if (imageIds.length === 0) return;
  await transaction.query(
    `with gone as (
       delete from image_sighting where source_id = $1 and image_id = any($2) returning source_id, image_id, kind, first_seen
     )
     ${keepStays(`select source_id as place_id, image_id, first_seen as since, now() as until from gone where kind = 'host'`)}`,
    [sourceId, imageIds],
  );
  await dropNames(transaction, sourceId, imageIds);
}

/** The same of a source that goes itself: nobody asks any more what it had. */
export async function forgetSightings(
  transaction: Transaction,
  sourceId: string,
  imageIds: readonly string[],
): Promise<void> {
  if (imageIds.length === 0) return;
  await transaction.query('delete from image_sighting where source_id = $1 and image_id = any($2)', [
    sourceId,
    imageIds,
  ]);
  await dropNames(transaction, sourceId, imageIds);
}

async function dropNames(transaction: Transaction, sourceId: string, imageIds: readonly string[]): Promise<void> {
  await transaction.query('delete from image_name where source_id = $1 and image_id = any($2)', [sourceId, imageIds]);
}

export interface DigestSeen {
  readonly digest: string;
  readonly kind: 'config' | 'manifest' | 'index';
  readonly registry: string;
  readonly repository: string;
}

/**
 * Notes in which repository digests were seen: where the console may ask for them. What was noted within a day is left alone:
 * a row that thousands of hosts write would make them wait for each other.
 */
export async function recordDigestsSeen(
  transaction: Transaction,
  seen: readonly (DigestSeen & { readonly imageId: string })[],
): Promise<void> {
  if (seen.length === 0) return;
  await transaction.query(
    `insert into digest_seen (image_id, digest, kind, registry, repository)
     select distinct x."imageId", x.digest, x.kind, x.registry, x.repository
     from jsonb_to_recordset($1::jsonb) as x("imageId" uuid, digest text, kind text, registry text, repository text)
     where not exists (select 1 from digest_seen s where s.image_id = x."imageId" and s.digest = x.digest and s.kind = x.kind
                       and s.registry = x.registry and s.repository = x.repository and s.seen_at > now() - interval '1 day')
     order by 1, 2, 3, 4, 5
     on conflict (image_id, digest, kind, registry, repository) do update set seen_at = now()`,
    [JSON.stringify(seen)],
  );
}
