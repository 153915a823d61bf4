import type { Judgement } from '@hullcheck/core';
import { z } from 'zod';
import { type Page, parseCursor, toCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import { partOf } from './named-order.ts';
import type { ScopeView } from './scope.ts';

export interface VulnerabilityListRow {
  readonly id: string;
  /** The worst of its judgements in the images that the caller sees. */
  readonly judgement: Judgement;
  /** Some package that has it has a released fix. */
  readonly fixable: boolean;
  readonly images: number;
  readonly running: number;
  /** Distinct hosts; null where there are too many to count for a list, and then at least `hostsMin`. */
  readonly hosts: number | null;
  readonly hostsMin: number;
  readonly packages: readonly string[];
}

/** Pairs of image and host, inactive or not, up to which distinct hosts are counted for one row of fifty: some 5 ms. */
const HOST_PAIRS_MAX = 5_000;
/** Totals are said exactly up to here. */
const COUNTED_MAX = 1_000;

const seen = (verdict: string) =>
  `exists (select 1 from package_occurrence o join image_summary s on s.image_id = o.image_id and s.scope_id = any($1)
           where o.subject_id = ${verdict}.subject_id and o.judged)`;

const anyFixable = (verdict: string) =>
  `exists (select 1 from verdict x where x.group_id = ${verdict}.group_id and x.valid_to is null and x.fixable)`;

/** Every vulnerability of the estate, the most dangerous first. Walks the open verdicts by risk; each counts once, at its worst. */
export async function listVulnerabilities(
  database: Queryable,
  view: ScopeView,
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly q?: string | undefined;
    readonly fixable?: boolean | undefined;
    readonly exploited?: boolean | undefined;
  },
): Promise<Page<VulnerabilityListRow>> {
  const after = parseCursor(query.cursor, z.tuple([z.int32(), z.int()]));
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const filters = [
    'v.valid_to is null',
    // What is set aside is no vulnerability of any image.
    `v.kind <> 'not-affected'`,
    seen('v'),
  ];
  if (query.fixable === true) filters.push(anyFixable('v'));
  if (query.q !== undefined && query.q.trim() !== '') {
    const part = bind(partOf(query.q.trim()));
    filters.push(
      `exists (select 1 from vulnerability_alias a where a.group_id = v.group_id and a.alias ilike ${part})`,
    );
  }
  const isWorst = `not exists (select 1 from verdict w where w.group_id = v.group_id and w.valid_to is null and w.kind <> 'not-affected'
       and (w.risk, w.id) > (v.risk, v.id) and ${seen('w')})`;
  if (query.exploited === true) filters.push(`v.body ->> 'exploit' <> 'none'`, isWorst);
  // Vulnerabilities whatever their verdicts: which is the worst of each would be asked of thousands to count them.
  const counting = database.query<{ n: number }>(
    `select count(*)::int as n from (select distinct v.group_id from verdict v where ${filters.join(' and ')} limit ${COUNTED_MAX + 1}) c`,
    [...values],
  );
  if (query.exploited !== true) filters.push(isWorst);
  if (after !== undefined) filters.push(`(v.risk, v.group_id) < (${bind(after[0])}::int, ${bind(after[1])}::bigint)`);
  const listing = database.query<VulnerabilityListRow & { groupId: number; risk: number }>(
    // Images of all flaws of the page at once: for each by itself, all images of the estate would be read fifty times.
    `with page as materialized (
       select v.group_id, v.risk, v.body from verdict v where ${filters.join(' and ')}
       order by v.risk desc, v.group_id desc limit ${bind(query.limit + 1)}
     ), held as materialized (
       select distinct x.group_id, o.image_id
       from verdict x cross join lateral (select image_id from occurrence where subject_id = x.subject_id and judged offset 0) o
       where x.group_id = any(array(select group_id from page)) and x.valid_to is null and x.kind <> 'not-affected'
     ), counted as materialized (
       select h.group_id, count(*)::int as images, sum(s.running)::int as running, max(s.hosts) as most, sum(s.hosts)::int as pairs,
              array_agg(h.image_id) as ids
       from held h join image_summary s on s.image_id = h.image_id and s.scope_id = any($1) group by h.group_id
     )
     select p.group_id as "groupId", p.risk, g.display_id as id, p.body as judgement, ${anyFixable('p')} as fixable, c.images, c.running,
            (select (array_agg(distinct b.body ->> 'name'))[1:5] from verdict x join subject b on b.id = x.subject_id
             where x.group_id = p.group_id and x.valid_to is null and x.kind <> 'not-affected') as packages,
            c.most as "hostsMin", case when c.pairs <= ${HOST_PAIRS_MAX} then (
              select case when count(*) <= ${HOST_PAIRS_MAX} then
                       (count(distinct g.source_id) filter (where g.source_id not in (select h.id from host h where h.inactive_at is not null)))::int end
              from (select g.source_id from unnest(c.ids) i
                    join image_sighting g on g.image_id = i and g.scope_id = any($1) and g.kind = 'host' limit ${HOST_PAIRS_MAX + 1}) g) end as hosts
     from page p join vulnerability_group g on g.id = p.group_id join counted c on c.group_id = p.group_id
     order by p.risk desc, p.group_id desc`,
    values,
  );
  const [{ rows: counted }, { rows }] = await Promise.all([counting, listing]);
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const count = counted[0]?.n ?? 0;
  return {
    items,
    next: rows.length > query.limit && last !== undefined ? toCursor(last.risk, last.groupId) : null,
    total: { value: Math.min(count, COUNTED_MAX), exact: count <= COUNTED_MAX },
  };
}
