import { z } from 'zod';
import { keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { keepStays } from './image-stays.ts';
import type { ScopeView } from './scope.ts';

export interface TagListRow {
  readonly name: string;
  readonly digest: string;
  readonly imageId: string | null;
  readonly risk: number | null;
  readonly readBy: string | null;
  readonly error: string | null;
  readonly seenAt: Date;
  readonly goneAt: Date | null;
}

/**
 * Those that are there, then those that are gone, the last first; of each the worst first, then those whose risk is not known.
 * Every key ascends, so that one comparison of rows says what comes after.
 */
const tagGoneKey = `coalesce(-(extract(epoch from t.gone_at) * 1000000)::bigint, ${Number.MIN_SAFE_INTEGER})`;
const tagRiskKey = 'coalesce(-i.risk, 1)';
const tagOrder = `${tagGoneKey}, ${tagRiskKey}, t.name collate "C"`;

/** Undefined: no such repository for this view. */
export async function listTagRows(
  database: Queryable,
  view: ScopeView,
  repositoryId: string,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<TagListRow> | undefined> {
  const { rowCount } = await database.query('select 1 from repository where scope_id = any($1) and id = $2', [
    view.scopes,
    repositoryId,
  ]);
  if (rowCount !== 1) return undefined;
  const after = parseCursor(query.cursor, z.tuple([z.int(), z.int32(), nameKey]));
  const { rows } = await database.query<TagListRow & { goneKey: number; riskKey: number }>(
    `select t.name, t.digest, t.image_id as "imageId", i.risk, f.read_by as "readBy", t.error, t.seen_at as "seenAt", coalesce(t.gone_at, r.gone_at) as "goneAt",
            ${tagGoneKey} as "goneKey", ${tagRiskKey} as "riskKey"
     from tag t join repository r on r.id = t.repository_id left join image_standing i on i.image_id = t.image_id
     left join image_result f on f.image_id = t.image_id
     where t.repository_id = $1 and ($3::bigint is null or (${tagOrder}) > ($3, $4::int, $5)) order by ${tagOrder} limit $2`,
    [repositoryId, query.limit + 1, ...(after ?? [null, null, null])],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    'select count(*) as n from tag where repository_id = $1',
    [repositoryId],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ goneKey, riskKey, name }) => [goneKey, riskKey, name]);
}

export interface TagFields {
  readonly name: string;
  readonly digest: string;
  /** One per platform that is read; empty: no image, or one that could not be opened. */
  readonly imageIds: readonly string[];
  readonly error: string | null;
}

/** What a repository was found to have. `complete`: tags beside those are forgotten, or marked when the registry has them no more. */
export interface RepositoryContents {
  readonly tags: readonly TagFields[];
  /** The platforms for which images were chosen, as one text. */
  readonly platforms: string;
  readonly complete: { readonly inRegistry: readonly string[] } | null;
}

/** What the repository's tags are. Whatever image a tag names no more was there until now. */
export async function writeTags(
  transaction: Transaction,
  repositoryId: string,
  { tags, platforms, complete }: RepositoryContents,
  goneTagsMax: number,
): Promise<void> {
  const names = tags.map((tag) => tag.name);
  if (complete !== null) {
    // Older than the newest that are wanted, or filtered out: not watched, which is not gone.
    await transaction.query(deleteTags('t.name <> all($2) and t.name = any($3)'), [
      repositoryId,
      names,
      complete.inRegistry,
    ]);
    await transaction.query(
      'update tag set gone_at = now() where repository_id = $1 and name <> all($2) and gone_at is null',
      [repositoryId, names],
    );
    await transaction.query(
      deleteTags(
        't.name in (select name from tag where repository_id = $1 and gone_at is not null order by gone_at desc, name offset $2)',
      ),
      [repositoryId, goneTagsMax],
    );
  }
  const images = JSON.stringify(tags.flatMap(({ name, imageIds }) => imageIds.map((imageId) => ({ name, imageId }))));
  // Before the tags are written: of one that is back it is still known when it went.
  await transaction.query(
    `with ended as (
       delete from tag_image m using tag t
       where m.repository_id = $1 and m.name = any($2) and t.repository_id = m.repository_id and t.name = m.name
         and (t.gone_at is not null or not exists (
           select 1 from jsonb_to_recordset($3::jsonb) as x(name text, "imageId" uuid) where x.name = m.name and x."imageId" = m.image_id))
       returning m.repository_id as place_id, m.image_id, m.since, coalesce(t.gone_at, now()) as until
     )
     ${keepStays('select * from ended')}`,
    [repositoryId, names, images],
  );
  await transaction.query(
    `insert into tag (repository_id, name, digest, image_id, error, platforms) select $1, x.name, x.digest, x."imageId", x.error, $3
     from jsonb_to_recordset($2::jsonb) as x(name text, digest text, "imageId" uuid, error text)
     on conflict (repository_id, name) do update set digest = excluded.digest, image_id = excluded.image_id, error = excluded.error,
       platforms = excluded.platforms, seen_at = now(), gone_at = null`,
    [
      repositoryId,
      JSON.stringify(tags.map(({ imageIds, ...tag }) => ({ ...tag, imageId: imageIds[0] ?? null }))),
      platforms,
    ],
  );
  await transaction.query(
    `insert into tag_image (repository_id, name, image_id) select distinct $1::uuid, x.name, x."imageId"
     from jsonb_to_recordset($2::jsonb) as x(name text, "imageId" uuid) on conflict do nothing`,
    [repositoryId, images],
  );
}

/** Tags go with their rows of `tag_image`, which the same statement still sees. */
const deleteTags = (which: string) => `with gone as (
    delete from tag t where t.repository_id = $1 and ${which} returning t.repository_id, t.name, t.gone_at
  )
  ${keepStays(`select m.repository_id as place_id, m.image_id, m.since, coalesce(g.gone_at, now()) as until
    from gone g join tag_image m on m.repository_id = g.repository_id and m.name = g.name`)}`;

/** Of a repository that was gone and is back: until when the images of its tags were there, and that they are again since now. */
export async function keepAbsence(transaction: Transaction, connectionId: string, repository: string): Promise<void> {
  await transaction.query(
    `with held as materialized (
       select m.repository_id as place_id, m.name, m.image_id, m.since, r.gone_at as until
       from repository r join tag t on t.repository_id = r.id and t.gone_at is null
       join tag_image m on m.repository_id = t.repository_id and m.name = t.name
       where r.connection_id = $1 and r.name = $2 and r.gone_at is not null
     ), back as (
       update tag_image m set since = now() from held h
       where m.repository_id = h.place_id and m.name = h.name and m.image_id = h.image_id
     )
     ${keepStays('select place_id, image_id, since, until from held')}`,
    [connectionId, repository],
  );
}

export interface KnownTag {
  readonly digest: string;
  readonly imageIds: readonly string[];
}

/** Tags as they were read last for the same platforms: a tag whose digest did not change is not fetched again. */
export async function knownTags(
  database: Queryable,
  connectionId: string,
  repository: string,
  platforms: string,
): Promise<ReadonlyMap<string, KnownTag>> {
  const { rows } = await database.query<KnownTag & { name: string }>(
    `select t.name, t.digest, array_agg(m.image_id order by m.image_id <> t.image_id, m.image_id) as "imageIds"
     from tag t join repository r on r.id = t.repository_id
     join tag_image m on m.repository_id = t.repository_id and m.name = t.name
     where r.connection_id = $1 and r.name = $2 and t.platforms = $3 and t.image_id is not null
     group by t.repository_id, t.name`,
    [connectionId, repository, platforms],
  );
  return new Map(rows.map(({ name, ...row }) => [name, row]));
}
