import type { Queryable, Transaction } from './database.ts';
import type { ScopeView } from './scope.ts';

/**
 * Keeps by which lists of layers the image begins: one hash for each prefix. Layers above one whose diffID is not known say
 * nothing, and such an image is nobody's base.
 */
export async function recordLayers(
  transaction: Transaction,
  imageId: string,
  layers: readonly { readonly diffId: string | null; readonly empty: boolean }[],
): Promise<void> {
  const filled = layers.filter(({ empty }) => !empty);
  const unknown = filled.findIndex(({ diffId }) => diffId === null);
  const known = (unknown === -1 ? filled : filled.slice(0, unknown)).map(({ diffId }) => diffId);
  const values = [imageId, known, unknown === -1];
  const prefixes = `select n::int as depth, layer_chain(d) over (order by n) as chain, $3 and n = cardinality($2::text[]) as whole
    from unnest($2::text[]) with ordinality as x(d, n)`;
  const { rows } = await transaction.query<{ same: boolean }>(
    `select count(*) = cardinality($2::text[]) and count(*) = (select count(*) from image_prefix where image_id = $1) as same
     from image_prefix p join (${prefixes}) c on c.depth = p.depth and c.chain = p.chain and c.whole = p.whole where p.image_id = $1`,
    values,
  );
  if (rows[0]?.same === true) return;
  await transaction.query('delete from image_prefix where image_id = $1', [imageId]);
  await transaction.query(
    `insert into image_prefix (image_id, depth, chain, whole) select $1, depth, chain, whole from (${prefixes}) c`,
    values,
  );
}

/**
 * Notes each scope's lists of layers and under which names they were seen. Only what is new is written, so that a report that
 * says what was known costs two look-ups. In one order, as two that see the same new base wait for each other.
 */
export async function followBases(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  await transaction.query(
    `insert into base (scope_id, chain, depth, image_id)
     select distinct on (g.scope_id, p.chain) g.scope_id, p.chain, p.depth, p.image_id
     from image_prefix p join image_sighting g on g.image_id = p.image_id
     where p.whole and p.image_id = any($1::uuid[])
       and not exists (select 1 from base b where b.scope_id = g.scope_id and b.chain = p.chain)
     order by g.scope_id, p.chain, p.image_id on conflict (scope_id, chain) do nothing`,
    [imageIds],
  );
  await transaction.query(
    `insert into base_name (base_id, registry, repository, tag)
     select distinct b.id, n.registry, n.repository, n.tag
     from image_prefix p join image_name n on n.image_id = p.image_id join base b on b.scope_id = n.scope_id and b.chain = p.chain
     where p.whole and p.image_id = any($1::uuid[])
       and not exists (select 1 from base_name k where k.base_id = b.id and k.registry = n.registry and k.repository = n.repository and k.tag = n.tag)
     order by 1, 2, 3, 4 on conflict do nothing`,
    [imageIds],
  );
}

/**
 * The name that people know a base by: an official one, then of a repository that a connection reads, then with the tag that
 * says most (the longest version before words, `latest` last).
 */
const nameOrder = `n.tag = '', (n.registry = 'docker.io' and n.repository like 'library/%') desc,
  exists (select 1 from repository r where r.registry = n.registry and r.name = n.repository and r.scope_id = b.scope_id) desc,
  n.tag = 'latest', n.tag !~ '^v?[0-9]', array_length(string_to_array(n.tag, '.'), 1) desc,
  n.registry collate "C", n.repository collate "C", length(n.tag) desc, n.tag collate "C"`;

/** Name and the rest of one base; `b` is its row. Bases that nobody ever named are nobody's. */
const named = `join lateral (select n.registry, n.repository, n.tag from base_name n where n.base_id = b.id order by ${nameOrder} limit 1) n on true`;
const shownName = (of: string) =>
  `${of}.registry || '/' || ${of}.repository || case ${of}.tag when '' then '' else ':' || ${of}.tag end`;

/** The nearest named base of the image `s.image_id`, for lists: columns `"baseImage"` and `"baseName"` of `nb`. */
export const nearestBaseJoin = `left join lateral (
    select b.id as "baseId", p.depth as "baseDepth", b.image_id as "baseImage", ${shownName('n')} as "baseName",
           exists (select 1 from image_sighting g where g.image_id = b.image_id and g.scope_id = any($1)) as "basePresent"
    from image_prefix p join base b on b.chain = p.chain and b.scope_id = any($1) ${named}
    where p.image_id = s.image_id and not p.whole order by p.depth desc, b.scope_id limit 1) nb on true`;

/** Images that were built on the image that is bound here, on it or on what was built on it. */
export const builtOnFilter = (bound: string) =>
  `exists (select 1 from image_prefix w join image_prefix p on p.chain = w.chain and not p.whole
           where w.image_id = ${bound}::uuid and w.whole and p.image_id = s.image_id)`;

export interface BaseRow {
  readonly id: number;
  readonly depth: number;
  /** An image that has exactly these layers. */
  readonly imageId: string;
  readonly name: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** All names under which it was seen, now or before. */
  readonly names: readonly string[];
  /** Whether the image is in the scope still: one whose tag moved on is known, but listed no more. */
  readonly present: boolean;
}

/** All bases of the image, the nearest first. */
export async function listBasesOf(database: Queryable, view: ScopeView, imageId: string): Promise<readonly BaseRow[]> {
  const { rows } = await database.query<BaseRow>(
    `select * from (select distinct on (p.depth) b.id, b.depth, b.image_id as "imageId", ${shownName('n')} as name, n.registry, n.repository, n.tag,
            array(select distinct ${shownName('m')} from base_name m where m.base_id = b.id order by 1 limit 50) as names,
            exists (select 1 from image_sighting g where g.image_id = b.image_id and g.scope_id = any($1)) as present
     from image_prefix p join base b on b.chain = p.chain and b.scope_id = any($1) ${named}
     where p.image_id = $2 and not p.whole order by p.depth desc, b.scope_id) x order by depth desc`,
    [view.scopes, imageId],
  );
  return rows;
}

/** How many images of the scope were built on each base, on it or on what was built on it. */
export async function countBuiltOn(
  database: Queryable,
  view: ScopeView,
  baseIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await database.query<{ id: number; images: number }>(
    `select b.id, count(distinct s.image_id)::int as images
     from base b join image_prefix p on p.chain = b.chain and not p.whole
     join image_summary s on s.image_id = p.image_id and s.scope_id = any($1) where b.id = any($2::bigint[]) group by b.id`,
    [view.scopes, baseIds],
  );
  return new Map(rows.map(({ id, images }) => [id, images]));
}

/** diffIDs of the layers that hold files, lowest first. */
export async function listFilledLayers(database: Queryable, imageId: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ diffId: string }>(
    `select l.diff_id as "diffId" from image_layer il join layer l on l.id = il.layer_id where il.image_id = $1 and not il.empty order by il.position`,
    [imageId],
  );
  return rows.map((row) => row.diffId);
}

export interface FlawRow {
  readonly groupId: number;
  readonly displayId: string;
  readonly layer: string | null;
  readonly risk: number;
}

/** The flaws of images, the worst risk of each in each layer. */
export async function listFlaws(
  database: Queryable,
  imageIds: readonly string[],
): Promise<ReadonlyMap<string, readonly FlawRow[]>> {
  const { rows } = await database.query<FlawRow & { imageId: string }>(
    `select f.image_id as "imageId", f.group_id as "groupId", f.display_id as "displayId", f.layer, max(f.risk) as risk
     from image_finding f where f.image_id = any($1::uuid[]) and f.judgement ->> 'verdict' <> 'not-affected' group by 1, 2, 3, 4`,
    [imageIds],
  );
  return Map.groupBy(rows, (row) => row.imageId);
}

export interface BaseSuccessor {
  readonly baseId: number;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** The image that the tag names now; null where it is not known. */
  readonly imageId: string | null;
  readonly builtAt: Date | null;
  readonly assessed: boolean;
  /** It is one of the base's own names: the tag itself moved on. */
  readonly sameTag: boolean;
}

const SUCCESSORS_MAX = 5_000;

/**
 * What the repositories of these bases hold now besides them: what their own tags name, and every other tag that begins with
 * a number or ends with a day. From connections, and from hosts where those are newer.
 */
export async function listSuccessors(
  database: Queryable,
  view: ScopeView,
  baseIds: readonly number[],
): Promise<readonly BaseSuccessor[]> {
  const { rows } = await database.query<BaseSuccessor>(
    `with wanted as (
       select b.id, b.chain, b.scope_id, i.built_at, n.registry, n.repository, array_agg(n.tag) as tags
       from base b join base_name n on n.base_id = b.id and n.tag <> '' join image i on i.id = b.image_id
       where b.id = any($2::bigint[]) group by b.id, b.chain, b.scope_id, i.built_at, n.registry, n.repository
     ), present as (
       select w.id, w.registry, w.repository, t.name as tag, t.image_id, w.chain, t.name = any(w.tags) as same
       from wanted w join repository r on r.scope_id = any($1) and r.registry = w.registry and r.name = w.repository
       join tag t on t.repository_id = r.id and t.error is null and t.gone_at is null and r.gone_at is null
       where t.name = any(w.tags) or t.name ~ '^v?[0-9]+[.]|20[0-9]{6}'
       union
       select w.id, w.registry, w.repository, n.tag, n.image_id, w.chain, n.tag = any(w.tags)
       from wanted w join image_name n on n.scope_id = any($1) and n.registry = w.registry and n.repository = w.repository and n.tag <> ''
       join image o on o.id = n.image_id
       where (n.tag = any(w.tags) or n.tag ~ '^v?[0-9]+[.]|20[0-9]{6}') and o.built_at > w.built_at
     )
     select distinct p.id as "baseId", p.registry, p.repository, p.tag, p.image_id as "imageId", i.built_at as "builtAt",
            exists (select 1 from image_standing k where k.image_id = p.image_id and k.state <> 'not-assessable') as assessed, p.same as "sameTag"
     from present p left join image i on i.id = p.image_id
     where p.image_id is null or not exists (select 1 from image_prefix x where x.image_id = p.image_id and x.whole and x.chain = p.chain)
     order by "baseId", "sameTag" desc, "builtAt" desc nulls last, tag limit ${SUCCESSORS_MAX}`,
    [view.scopes, baseIds],
  );
  return rows;
}

/** Bases that images of the scope were built on, those that most containers run on first. */
export async function listUsedBases(database: Queryable, view: ScopeView, limit: number): Promise<readonly BaseRow[]> {
  const { rows } = await database.query<BaseRow>(
    `select b.id, b.depth, b.image_id as "imageId", ${shownName('n')} as name, n.registry, n.repository, n.tag,
            array(select ${shownName('m')} from base_name m where m.base_id = b.id order by 1 limit 50) as names,
            exists (select 1 from image_sighting g where g.image_id = b.image_id and g.scope_id = any($1)) as present
     from (select p.chain, sum(s.running) as running, count(*) as images
           from image_prefix p join image_summary s on s.image_id = p.image_id and s.scope_id = any($1) where not p.whole group by p.chain) u
     join base b on b.chain = u.chain and b.scope_id = any($1) ${named}
     order by u.running desc, u.images desc, b.id limit $2`,
    [view.scopes, limit],
  );
  return rows;
}

export interface BaseListRow {
  readonly imageId: string;
  readonly name: string;
  readonly images: number;
  readonly running: number;
  readonly risk: number | null;
}

/** Named bases that images of the scope were built on, those of most images first. */
export async function listBases(database: Queryable, view: ScopeView, limit: number): Promise<readonly BaseListRow[]> {
  const { rows } = await database.query<BaseListRow>(
    `select * from (select b.image_id as "imageId", ${shownName('n')} as name, u.images, u.running, r.risk
     from (select p.chain, count(*)::int as images, sum(s.running)::int as running
           from image_prefix p join image_summary s on s.image_id = p.image_id and s.scope_id = any($1) where not p.whole group by p.chain) u
     join lateral (select * from base b where b.chain = u.chain and b.scope_id = any($1) order by b.scope_id limit 1) b on true ${named}
     left join image_standing r on r.image_id = b.image_id
     ) x order by images desc, name collate "C" limit $2`,
    [view.scopes, limit],
  );
  return rows;
}
