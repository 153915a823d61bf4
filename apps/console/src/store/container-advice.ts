import type { Queryable } from './database.ts';
import { nearestBaseJoin } from './lineage.ts';
import type { ScopeView } from './scope.ts';

/** An image and the tag that a container of it was started by. */
export interface StartedBy {
  readonly imageId: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

export interface TagNow extends StartedBy {
  /** The image that the registry's tag names, as it was read last. */
  readonly nowImage: string | null;
  readonly nowRisk: number | null;
  /**
   * `current`: by some digest it is the image that runs. `moved`: it is another image of the same platform. Else it can't be
   * told: the tag's image was not read, or is the list entry of another platform.
   */
  readonly state: 'current' | 'moved' | 'unknown';
}

/** What the tags name by now, where a connection reads their repositories. */
export async function listTagsNow(
  database: Queryable,
  view: ScopeView,
  started: readonly StartedBy[],
): Promise<readonly TagNow[]> {
  const { rows } = await database.query<TagNow>(
    `select distinct on (x."imageId", x.registry, x.repository, x.tag) x.*, now.id as "nowImage", n.risk as "nowRisk",
            case when now.id = x."imageId"
                   or exists (select 1 from image_digest d where d.image_id = x."imageId" and d.digest = t.digest)
                   or exists (select 1 from image_index d where d.image_id = x."imageId" and d.digest = t.digest)
                   or exists (select 1 from digest_seen d where d.image_id = x."imageId" and d.digest = t.digest) then 'current'
                 when t.error is null and now.platform = own.platform then 'moved'
                 else 'unknown' end as state
     from jsonb_to_recordset($2::jsonb) as x("imageId" uuid, registry text, repository text, tag text)
     join image own on own.id = x."imageId"
     join repository r on r.scope_id = any($1) and r.registry = x.registry and r.name = x.repository and r.gone_at is null
     join tag t on t.repository_id = r.id and t.name = x.tag and t.gone_at is null
     left join lateral (
       select i.id, i.platform from image i
       where i.id = t.image_id or i.id in (select m.image_id from tag_image m where m.repository_id = t.repository_id and m.name = t.name)
       order by i.id = x."imageId" desc, i.platform is not distinct from own.platform desc, i.id limit 1
     ) now on true
     left join image_standing n on n.image_id = now.id
     order by x."imageId", x.registry, x.repository, x.tag, t.seen_at desc`,
    [view.scopes, JSON.stringify(started)],
  );
  return rows;
}

/** What a list says of an image beside its counts: cheap enough to be asked for every row of every page. */
export interface AdvisedImage {
  readonly imageId: string;
  /** Null where it was not assessed. */
  readonly findings: number | null;
  /** Another one whenever anything that `countFixable` counts may have changed; null where nothing was counted. */
  readonly version: string | null;
  /** The nearest base with a name. */
  readonly baseId: number | null;
  readonly baseDepth: number | null;
  readonly baseImage: string | null;
  readonly baseName: string | null;
  readonly basePresent: boolean | null;
}

export async function listAdvisedImages(
  database: Queryable,
  view: ScopeView,
  imageIds: readonly string[],
): Promise<readonly AdvisedImage[]> {
  const { rows } = await database.query<AdvisedImage>(
    // Figures are written anew with every verdict and every reading of the image: the row's own mark says so.
    `select s.image_id as "imageId", case when r.state = 'not-assessable' then null else r.total end as findings, r.xmin::text as version,
            nb."baseId", nb."baseDepth", nb."baseImage", nb."baseName", nb."basePresent"
     from (select distinct i as image_id from unnest($2::uuid[]) i) s
     left join image_standing r on r.image_id = s.image_id ${nearestBaseJoin}`,
    [view.scopes, imageIds],
  );
  return rows;
}

export interface Fixable {
  readonly inherited: number;
  readonly system: number;
  readonly application: number;
}

/**
 * Of each image how many flaws a fix exists for, by who could bring it: its base, a rebuild of its own layers, or the
 * application's own dependencies. A flaw counts where the most has to be done for it. Reads every package of the images.
 */
export async function countFixable(
  database: Queryable,
  images: readonly Pick<AdvisedImage, 'imageId' | 'baseDepth'>[],
  systemTypes: readonly string[],
): Promise<ReadonlyMap<string, Fixable>> {
  if (images.length === 0) return new Map();
  const { rows } = await database.query<Fixable & { imageId: string }>(
    // Of packages without a known fix only the index is read.
    `with s as (select * from unnest($1::uuid[], $2::int[]) as x(image_id, depth)),
     held as materialized (
       select o.image_id, o.position, o.subject_id, s.depth from s join occurrence o on o.image_id = s.image_id and o.judged
       where exists (select 1 from verdict v where v.subject_id = o.subject_id and v.valid_to is null and v.fixable)
     ), lay as (
       select l.image_id, d.diff_id, min(l.n) as n
       from (select il.image_id, il.layer_id, row_number() over (partition by il.image_id order by il.position) as n
             from image_layer il join s on s.image_id = il.image_id and s.depth is not null where not il.empty) l
       join layer d on d.id = l.layer_id group by 1, 2
     ), flaw as (
       select o.image_id, v.group_id, bool_or(not o.system and not o.inherited) as application, bool_or(o.system and not o.inherited) as system
       from (select h.image_id, h.subject_id, o.body ->> 'type' = any($3) as system, coalesce(lay.n <= h.depth, false) as inherited
             from held h join package_occurrence o on o.image_id = h.image_id and o.position = h.position
             left join lay on lay.image_id = o.image_id and lay.diff_id = o.layer) o
       join verdict v on v.subject_id = o.subject_id and v.valid_to is null and v.fixable group by 1, 2
     )
     select image_id as "imageId", count(*) filter (where application)::int as application, count(*) filter (where system and not application)::int as system,
            count(*) filter (where not system and not application)::int as inherited from flaw group by 1`,
    [images.map(({ imageId }) => imageId), images.map(({ baseDepth }) => baseDepth), systemTypes],
  );
  return new Map(rows.map(({ imageId, ...fixable }) => [imageId, fixable]));
}
