import { z } from 'zod';
import { countMax, cursorKeys, nameKey, type Page, parseCursor, toCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import { builtOnFilter, nearestBaseJoin } from './lineage.ts';
import { partOf } from './named-order.ts';
import { inScope, type ScopeView } from './scope.ts';

/** One image as lists show it. Times are Dates, jsonb columns are what was written. */
export interface ImageListRow {
  readonly id: string;
  readonly registry: string | null;
  readonly repository: string | null;
  readonly tags: readonly string[];
  readonly names: readonly string[];
  readonly digest: string | null;
  readonly risk: number | null;
  readonly state: 'none' | 'complete' | 'partial' | 'not-assessable' | 'failed';
  readonly hosts: number;
  readonly running: number;
  readonly size: number | null;
  readonly builtAt: Date | null;
  readonly platform: string | null;
  /** Of the worst finding, as its judgement words it; null where there is none. */
  readonly worstId: string | null;
  readonly worstWords: string | null;
  readonly worstName: string | null;
  readonly worstVersion: string | null;
  readonly vulnerabilities: number | null;
  readonly counts: unknown;
  readonly undetermined: number | null;
  readonly os: unknown;
  readonly packages: number | null;
  /** What the inventory itself lacks: the first of it, and how much. */
  readonly ownProblem: string | null;
  readonly ownProblems: number | null;
  /** That need a source; null until assessed. */
  readonly ecosystems: readonly string[] | null;
  readonly readBy: string | null;
  readonly assessedAt: Date | null;
  readonly activity: string | null;
  readonly activityReason: string | null;
  readonly layersDone: number | null;
  readonly layersTotal: number | null;
  /** The nearest base that has a name, and an image of exactly its layers. */
  readonly baseName: string | null;
  readonly baseImage: string | null;
  /** Whether some list has that image still. */
  readonly basePresent: boolean | null;
  readonly sources: readonly {
    readonly kind: 'host' | 'connection' | 'upload' | 'sample';
    readonly name: string;
    readonly id: string;
  }[];
}

export interface ImageListQuery {
  readonly sort: '-risk' | 'risk' | 'repository' | '-created' | '-size' | '-hosts';
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  readonly running?: boolean | undefined;
  readonly os?: string | undefined;
  readonly host?: string | undefined;
  readonly connection?: string | undefined;
  readonly repository?: string | undefined;
  /** An image: those that were built on it. */
  readonly base?: string | undefined;
}

/** Sort → expression, its SQL type and direction. The only texts that get into the order clause. */
const orders: {
  readonly [sort in ImageListQuery['sort']]: readonly [
    expression: string,
    type: 'int' | 'bigint' | 'text',
    direction: 'asc' | 'desc',
  ];
} = {
  '-risk': ['s.rank', 'int', 'desc'],
  risk: ['s.rank', 'int', 'asc'],
  repository: [`coalesce(s.registry || '/' || s.repository, '') collate "C"`, 'text', 'asc'],
  '-created': [`coalesce(extract(epoch from s.built_at), 0)::bigint`, 'bigint', 'desc'],
  '-size': ['coalesce(s.size, -1)', 'bigint', 'desc'],
  '-hosts': ['s.hosts', 'int', 'desc'],
};

const keysOf = { ...cursorKeys, text: nameKey };

const columns = `s.image_id as id, s.registry, s.repository, s.tags, s.names, s.digest, s.risk, s.state, s.hosts, s.running, s.size,
  s.built_at as "builtAt", i.platform, r.os, r.packages, r.read_by as "readBy",
  coalesce(n.id, w.id) as "worstId", coalesce(n.words, w.words) as "worstWords", coalesce(n.name, w.name) as "worstName",
  coalesce(n.version, w.version) as "worstVersion", t.vulnerabilities, t.undetermined,
  case when t.image_id is null then null else json_build_object('critical', t.critical, 'severe', t.severe, 'moderate', t.moderate,
    'total', t.total, 'fixable', t.fixable, 'exploitable', t.exploitable, 'severity', json_build_object('critical', t.severity_critical,
    'high', t.severity_high, 'medium', t.severity_medium, 'low', t.severity_low, 'negligible', t.severity_negligible,
    'unknown', t.severity_unknown)) end as counts,
  r.problems -> 0 ->> 'detail' as "ownProblem", jsonb_array_length(r.problems) as "ownProblems", p.ecosystems,
  r.assessed_at as "assessedAt", a.state as activity, a.reason as "activityReason", a.layers_done as "layersDone",
  a.layers_total as "layersTotal", nb."baseImage", nb."baseName", nb."basePresent",
  coalesce((select json_agg(json_build_object('kind', g.kind, 'name', g.name, 'id', g.source_id) order by g.kind, g.name)
            from (select * from image_sighting g where g.image_id = s.image_id and g.scope_id = any($1) order by g.kind, g.name limit 50) g), '[]') as sources`;
/**
 * `any`: of several worst findings, one in the subject that the standing names. A list has 50 rows of 300 packages, and looking
 * up the verdicts of all of them was two fifths of its time. `first`: the first of the image's findings, as its page begins.
 * By image, whatever the planner thinks of it: by subject it reads every image of a common package.
 */
const namedWorst = (wanted: 'any' | 'first'): string => `
  left join lateral (select v.body ->> 'id' as id, v.body ->> 'explanation' as words, k.name, k.version
                     from verdict v cross join lateral (
                             select position from occurrence where image_id = t.image_id and subject_id + 0 = v.subject_id and judged
                             order by position limit 1) o
                     join occurrence h on h.image_id = t.image_id and h.position = o.position join package k on k.id = h.package_id
                     where ${wanted === 'any'} and v.subject_id = t.worst_subject and v.risk = t.worst and v.valid_to is null
                       and v.kind <> 'not-affected'
                     order by v.body ->> 'id' collate "C" limit 1) n on true`;
// Of the packages of an image only the index is read, and of the worst one its row. Verdicts are looked up by each of its
// subjects: thousands of others may have the same risk, and PostgreSQL would rather read all of them for each image
// (21 ms each instead of 0.6).
const joinsOf = (wanted: 'any' | 'first'): string => `join image i on i.id = s.image_id
  left join image_result r on r.image_id = s.image_id
  left join image_standing t on t.image_id = s.image_id
  left join coverage_profile p on p.id = r.profile_id
  ${namedWorst(wanted)}
  left join lateral (select v.body ->> 'id' as id, v.body ->> 'explanation' as words, k.name, k.version
                     from (select o.position, v.body from occurrence o cross join lateral (
                             select body from verdict v where v.subject_id = o.subject_id and v.risk = t.worst and v.valid_to is null
                               and v.kind <> 'not-affected' offset 0) v
                           where n.id is null and o.image_id = t.image_id and o.judged offset 0) v
                     join occurrence h on h.image_id = t.image_id and h.position = v.position join package k on k.id = h.package_id
                     order by v.body ->> 'id' collate "C", k.purl collate "C" limit 1) w on true
  left join lateral (select state, reason, layers_done, layers_total from assessment a where a.image_id = s.image_id
                     order by a.queued_at desc limit 1) a on true
  ${nearestBaseJoin}`;
/** An image that several visible scopes have is one row: that of the first. */
const once = `not exists (select 1 from image_summary o where o.image_id = s.image_id and o.scope_id = any($1) and o.scope_id < s.scope_id)`;

export async function listImages(
  database: Queryable,
  view: ScopeView,
  query: ImageListQuery,
): Promise<Page<ImageListRow>> {
  const [expression, type, direction] = orders[query.sort];
  const after = parseCursor(query.cursor, z.tuple([keysOf[type], z.uuid()]));
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const filters = [inScope('s.scope_id', view), ...(view.scopes.length === 1 ? [] : [once]), ...filtersOf(query, bind)];
  const counting = database.query<{ n: number }>(
    `select count(*) as n from (select 1 from image_summary s where ${filters.join(' and ')} limit ${countMax + 1}) c`,
    [...values],
  );
  if (after !== undefined) {
    const [key, id] = after;
    filters.push(
      `(${expression}, s.image_id) ${direction === 'asc' ? '>' : '<'} (${bind(key)}::${type}, ${bind(id)}::uuid)`,
    );
  }
  // The page first: what is joined to a row would be looked up for every row of the estate before it is sorted.
  const listing = database.query<ImageListRow & { sortKey: string | number }>(
    `with page as materialized (
       select s.*, ${expression} as "sortKey" from image_summary s where ${filters.join(' and ')}
       order by ${expression} ${direction}, s.image_id ${direction} limit ${bind(query.limit + 1)}
     )
     select ${columns}, s."sortKey" from page s ${joinsOf('any')} order by s."sortKey" ${direction}, s.image_id ${direction}`,
    values,
  );
  const [counted, { rows }] = await Promise.all([counting, listing]);
  const count = counted.rows[0]?.n ?? 0;
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  return {
    items,
    next: rows.length > query.limit && last !== undefined ? toCursor(last.sortKey, last.id) : null,
    total: { value: Math.min(count, countMax), exact: count <= countMax },
  };
}

function filtersOf(query: ImageListQuery, bind: (value: unknown) => string): string[] {
  const filters: string[] = [];
  if (query.state !== undefined) filters.push(`s.state = ${bind(query.state)}`);
  if (query.running !== undefined) filters.push(query.running ? 's.running > 0' : 's.running = 0');
  if (query.os !== undefined) filters.push(`s.os_id = ${bind(query.os)}`);
  if (query.host !== undefined) {
    filters.push(
      `exists (select 1 from host_image hi join host h on h.id = hi.host_id where hi.image_id = s.image_id and h.scope_id = any($1) and h.id = ${bind(query.host)}::uuid)`,
    );
  }
  if (query.connection !== undefined) {
    filters.push(
      `exists (select 1 from image_sighting g where g.image_id = s.image_id and g.scope_id = any($1) and g.kind = 'connection' and g.source_id = ${bind(query.connection)}::uuid)`,
    );
  }
  if (query.repository !== undefined) {
    const name = bind(query.repository);
    filters.push(
      `exists (select 1 from image_name n where n.image_id = s.image_id and n.scope_id = any($1) and (n.repository = ${name} or n.registry || '/' || n.repository = ${name}))`,
    );
  }
  if (query.base !== undefined) filters.push(builtOnFilter(bind(query.base)));
  if (query.q !== undefined && query.q.trim() !== '') filters.push(searchFilter(query.q.trim(), bind));
  return filters;
}

/** Name, tag or digest by part; package by its name; vulnerability by any of its ids. */
function searchFilter(text: string, bind: (value: unknown) => string): string {
  const part = bind(partOf(text));
  const parts = [
    `exists (select 1 from unnest(s.names) n where n ilike ${part})`,
    `s.digest ilike ${part}`,
    // Hosts by their own names: what they have is thirty rows a host.
    `s.image_id in (select hi.image_id from host h join host_image hi on hi.host_id = h.id where h.scope_id = any($1) and h.name ilike ${part})`,
    `exists (select 1 from image_sighting g where g.image_id = s.image_id and g.scope_id = any($1) and g.kind <> 'host' and g.name ilike ${part})`,
    `exists (select 1 from package p join occurrence o on o.package_id = p.id where o.image_id = s.image_id and p.name = ${bind(text.toLowerCase())})`,
  ];
  const hex = /^(?:(sha256|sha512):)?([0-9a-f]{6,128})$/.exec(text.toLowerCase());
  if (hex !== null) {
    parts.push(
      `exists (select 1 from image_digest d where d.image_id = s.image_id and d.digest like ${bind(`${hex[1] ?? 'sha256'}:${hex[2]}%`)})`,
    );
  }
  if (/^[A-Za-z]+-[A-Za-z0-9:_-]+$/.test(text)) {
    parts.push(
      `exists (select 1 from vulnerability_alias va join verdict v on v.group_id = va.group_id and v.valid_to is null and v.kind <> 'not-affected'
               join occurrence o on o.subject_id = v.subject_id and o.judged
               where va.alias in (${bind(text)}, ${bind(text.toUpperCase())}) and o.image_id = s.image_id)`,
    );
  }
  return `(${parts.join(' or ')})`;
}

export async function findImageRow(
  database: Queryable,
  view: ScopeView,
  imageId: string,
): Promise<ImageListRow | undefined> {
  const { rows } = await database.query<ImageListRow>(
    `select ${columns} from image_summary s ${joinsOf('first')} where s.scope_id = any($1) and ${once} and s.image_id = $2`,
    [view.scopes, imageId],
  );
  return rows[0];
}
