import type { HostState } from '@hullcheck/contract';
import type { Judgement, Package, Problem } from '@hullcheck/core';
import { z } from 'zod';
import { counts, countsAsHost } from './cluster-containers.ts';
import { countMax, keyedPage, nameKey, type Page, parseCursor, purlKeyCharsMax } from './cursor.ts';
import type { Queryable } from './database.ts';
import { stateOf } from './host-silence.ts';
import { partOf } from './named-order.ts';
import type { ScopeView } from './scope.ts';

export interface ResultRow {
  /** Of the inventory alone. */
  readonly problems: readonly Problem[];
  /** That need a source. */
  readonly ecosystems: readonly string[];
  /** By which everything of it was judged: while others are judged again, the one before. */
  readonly revision: string | null;
  readonly builtAt: string | null;
  readonly riskTotal: number;
  readonly riskModel: string;
  readonly executables: unknown;
}

export async function findResult(database: Queryable, imageId: string): Promise<ResultRow | undefined> {
  const { rows } = await database.query<ResultRow>(
    `select r.problems, coalesce(p.ecosystems, '[]') as ecosystems, d.revision, d.built_at as "builtAt", s.risk_total as "riskTotal",
            s.risk_model as "riskModel", r.executables
     from image_result r join image_standing s on s.image_id = r.image_id left join coverage_profile p on p.id = r.profile_id
     left join active_database a on true
     left join database_revision d on d.revision = case when a.settled_epoch = a.epoch or r.assessed_at > a.since then a.revision
                                                       else coalesce(a.settled_revision, a.revision) end
     where r.image_id = $1`,
    [imageId],
  );
  return rows[0];
}

/** Packages of the image with verdicts that could not be decided, wherever they lie. */
export async function listUndetermined(
  database: Queryable,
  imageId: string,
): Promise<readonly { readonly package: Package; readonly judgements: readonly Judgement[] }[]> {
  const { rows } = await database.query<{ package: Package; judgements: Judgement[] }>(
    `select p.body as package, json_agg(v.body order by v.body ->> 'id') as judgements
     from occurrence o join package p on p.id = o.package_id
     join verdict v on v.subject_id = o.subject_id and v.valid_to is null and v.undetermined
     where o.image_id = $1 group by o.position, p.id order by o.position`,
    [imageId],
  );
  return rows;
}

export async function listTypedDigests(
  database: Queryable,
  imageId: string,
): Promise<
  readonly {
    readonly kind: 'config' | 'manifest' | 'index';
    readonly digest: string;
    readonly repository: string | null;
  }[]
> {
  const { rows } = await database.query<{
    kind: 'config' | 'manifest' | 'index';
    digest: string;
    repository: string | null;
  }>(
    `select d.kind, d.digest, s.registry || '/' || s.repository as repository
     from (select kind, digest from image_digest where image_id = $1 union all select distinct 'index', digest from image_index where image_id = $1 and certainty > 0) d
     left join digest_seen s on s.image_id = $1 and s.digest = d.digest and s.kind = d.kind
     order by 1, 2, 3 limit 1000`,
    [imageId],
  );
  return rows;
}

export interface PackageListRow {
  readonly package: Package;
  readonly findings: number;
  readonly risk: number | null;
}

export interface PartQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly q?: string | undefined;
  readonly layer?: string | undefined;
  readonly purl?: string | undefined;
  /** Only what these layers brought, or only what others did. */
  readonly among?: { readonly layers: readonly string[]; readonly inside: boolean } | undefined;
}

/** `layer` is of the row; what no layer is known of is in none. */
const amongLayers = (layer: string, layers: string, inside: string) =>
  `(${layers}::text[] is null or coalesce(${layer} = any(${layers}), false) = ${inside})`;

/** An image that is read again has its packages at other positions: the package's own number comes first. */
const packageOrder = `left(p.purl, ${purlKeyCharsMax}) collate "C", p.id, o.position`;

export async function listPackages(
  database: Queryable,
  imageId: string,
  query: PartQuery,
): Promise<Page<PackageListRow>> {
  const after = parseCursor(query.cursor, z.tuple([nameKey, z.int(), z.int32()]));
  const values = [
    imageId,
    query.q === undefined ? null : partOf(query.q),
    query.layer ?? null,
    query.among?.layers ?? null,
    query.among?.inside ?? true,
  ];
  const where = `o.image_id = $1 and ($2::text is null or p.purl ilike $2 or p.name ilike $2) and ($3::text is null or p.layer = $3) and ${amongLayers('p.layer', '$4', '$5')}`;
  const { rows } = await database.query<PackageListRow & { purlKey: string; id: number; position: number }>(
    `select p.body as package, count(v.id)::int as findings, max(v.risk) as risk, left(p.purl, ${purlKeyCharsMax}) as "purlKey", p.id, o.position
     from occurrence o join package p on p.id = o.package_id left join verdict v on v.subject_id = o.subject_id and v.valid_to is null and o.judged
       and v.kind <> 'not-affected'
     where ${where} and ($7::text is null or (${packageOrder}) > ($7, $8::bigint, $9::int))
     group by o.position, p.id order by ${packageOrder} limit $6`,
    [...values, query.limit + 1, ...(after ?? [null, null, null])],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from occurrence o join package p on p.id = o.package_id where ${where} limit ${countMax + 1}) c`,
    values,
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ purlKey, id, position }) => [purlKey, id, position]);
}

export interface FindingListRow {
  readonly judgement: Judgement;
  readonly package: Package;
}

/** Every key ascends, so that one comparison of rows says what comes after. Ids of vulnerabilities are short. */
const findingOrder = `-f.risk, left(f.display_id, 100) collate "C", left(f.purl, ${purlKeyCharsMax}) collate "C", f.group_id, f.position`;

export async function listFindings(
  database: Queryable,
  imageId: string,
  query: PartQuery,
): Promise<Page<FindingListRow>> {
  const after = parseCursor(query.cursor, z.tuple([z.int32(), nameKey, nameKey, z.int(), z.int32()]));
  const values = [
    imageId,
    query.q === undefined ? null : partOf(query.q),
    query.layer ?? null,
    query.purl ?? null,
    query.among?.layers ?? null,
    query.among?.inside ?? true,
  ];
  const where = `f.image_id = $1 and ($2::text is null or f.display_id ilike $2 or f.name ilike $2
      or exists (select 1 from vulnerability_alias a where a.group_id = f.group_id and a.alias ilike $2))
    and ($3::text is null or f.layer = $3) and ($4::text is null or f.purl = $4)
    and ${amongLayers('f.layer', '$5', '$6')}`;
  const { rows } = await database.query<FindingListRow & { key: readonly [number, string, string, number, number] }>(
    `select f.judgement, f.package, json_build_array(${findingOrder}) as key from image_finding f
     where ${where} and ($8::int is null or (${findingOrder}) > ($8, $9, $10, $11::bigint, $12::int)) order by ${findingOrder} limit $7`,
    [...values, query.limit + 1, ...(after ?? [null, null, null, null, null])],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from image_finding f where ${where} limit ${countMax + 1}) c`,
    values,
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ key }) => key);
}

export interface LayerListRow {
  readonly diffId: string | null;
  readonly digest: string | null;
  readonly size: number | null;
  readonly createdBy: string | null;
  readonly empty: boolean;
  readonly readBy: string | null;
  readonly packages: number;
  readonly findings: number;
  readonly risks: readonly number[];
  readonly sharedBy: number;
}

export async function listLayers(
  database: Queryable,
  view: ScopeView,
  imageId: string,
): Promise<readonly LayerListRow[]> {
  const { rows } = await database.query<LayerListRow>(
    `with found as (
       select f.layer, count(*)::int as findings, array_agg(f.risk) as risks
       from (select layer, display_id, max(risk) as risk from image_finding where image_id = $1 and judgement ->> 'verdict' <> 'not-affected' group by layer, display_id) f group by f.layer
     ), held as (
       select p.layer, count(*)::int as packages from occurrence o join package p on p.id = o.package_id where o.image_id = $1 group by p.layer
     )
     select l.diff_id as "diffId", il.digest, il.size, il.created_by as "createdBy", il.empty,
            case when il.read_by = 'console' or il.read_by is null then il.read_by else coalesce(a.name, il.read_by) end as "readBy",
            coalesce(h.packages, 0) as packages, coalesce(f.findings, 0) as findings, coalesce(f.risks, '{}') as risks,
            (select count(distinct o.image_id) from image_layer o where o.layer_id = il.layer_id and o.image_id <> $1
               and exists (select 1 from image_sighting g where g.image_id = o.image_id and g.scope_id = any($2)))::int as "sharedBy"
     from image_layer il
     left join layer l on l.id = il.layer_id
     left join agent a on a.id::text = il.read_by
     left join held h on h.layer = l.diff_id
     left join found f on f.layer = l.diff_id
     where il.image_id = $1 order by il.position`,
    [imageId, view.scopes],
  );
  return rows;
}

export interface ImageHostListRow {
  readonly id: string;
  readonly name: string;
  readonly seenAt: Date;
  readonly state: HostState;
  readonly containers: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly started: string | null;
    readonly reference: string;
  }[];
}

/** Those that are inactive last: they had it when they were last heard from. */
export async function listImageHosts(
  database: Queryable,
  view: ScopeView,
  imageId: string,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<ImageHostListRow>> {
  const after = parseCursor(query.cursor, z.tuple([z.literal([0, 1]), nameKey, z.uuid()]));
  const where = `h.scope_id = any($1) and exists (select 1 from host_image hi where hi.host_id = h.id and hi.image_id = $2) and ${countsAsHost('h', '$2')}`;
  const rows: ImageHostListRow[] = [];
  // One after the other, each in the order of the index: sorted by both, all hosts of a widespread image would be looked at.
  for (const inactive of after?.[0] === 1 ? [1] : [0, 1]) {
    if (rows.length > query.limit) break;
    const from = after?.[0] === inactive ? after : undefined;
    const { rows: more } = await database.query<ImageHostListRow>(
      `select h.id, h.name, h.seen_at as "seenAt", ${stateOf('h')} as state,
              coalesce((select json_agg(json_build_object('id', c.runtime_id, 'reference', c.image_reference, 'name', c.name, 'state', c.state,
                          'started', to_char(c.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by c.name)
                        from (select * from container c where c.host_id = h.id and c.image_id = $2 and ${counts('c')} order by c.name limit 500) c), '[]') as containers
       from host h where ${where} and (h.inactive_at is not null) = ($6 = 1)
         and ($4::text is null or (h.name collate "C", h.id) > ($4, $5::uuid)) order by h.name collate "C", h.id limit $3`,
      [view.scopes, imageId, query.limit + 1 - rows.length, from?.[1] ?? null, from?.[2] ?? null, inactive],
    );
    rows.push(...more);
  }
  const { rows: counted } = await database.query<{ n: number }>(`select count(*) as n from host h where ${where}`, [
    view.scopes,
    imageId,
  ]);
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ state, name, id }) => [
    Number(state === 'inactive'),
    name,
    id,
  ]);
}
