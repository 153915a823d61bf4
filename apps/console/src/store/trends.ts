import type { Queryable } from './database.ts';
import { inScope, type ScopeView } from './scope.ts';

export interface TrendRow {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly images: number;
  readonly risk: number | null;
  readonly riskTotal: number;
  readonly critical: number;
  readonly severe: number;
  readonly moderate: number;
  readonly total: number;
}

export interface TrendOf {
  readonly image?: string | undefined;
  readonly host?: string | undefined;
  readonly registry?: string | undefined;
  readonly repository?: string | undefined;
}

const POINTS_MAX = 1_000;
const COUNTS = ['risk_total', 'critical', 'severe', 'moderate', 'total'] as const;

/**
 * The course of a set of images, from the days on which each of them changed: every row says by how much it moved the sums,
 * and the sums are added up over the days. So nothing is kept for a day on which nothing happened, and no sum beside the
 * rows that it is the sum of. The set is that of today: an image that went takes its past along.
 */
export async function readTrend(database: Queryable, view: ScopeView, of: TrendOf): Promise<readonly TrendRow[]> {
  const moved = COUNTS.map((name) => `t.${name} - coalesce(lag(t.${name}) over course, 0) as ${name}`).join(', ');
  const sums = COUNTS.map((name) => `sum(sum(${name})) over days as ${name}`).join(', ');
  const { rows } = await database.query<TrendRow>(
    `with step as (
       select t.since, t.risk, (lag(t.since) over course is null)::int as images, ${moved}
       from image_trend t
       where t.image_id in (
         select m.image_id from image_summary m where ${inScope('m.scope_id', view)}
           and ($2::uuid is null or m.image_id = $2)
           and ($3::uuid is null or exists (select 1 from host_image h where h.host_id = $3 and h.image_id = m.image_id))
           and ($4::text is null or m.registry = $4) and ($5::text is null or m.repository = $5))
       window course as (partition by t.image_id order by t.since)
     ), day as (
       select since, case when $2::uuid is null then null else max(risk) end as risk, sum(sum(images)) over days as images, ${sums}
       from step group by since window days as (order by since)
     )
     select to_char(since, 'YYYY-MM-DD') as date, images::int as images, risk, risk_total::float8 as "riskTotal", critical::int as critical,
            severe::int as severe, moderate::int as moderate, total::int as total
     from (select * from day order by since desc limit ${POINTS_MAX}) latest order by since`,
    [view.scopes, of.image ?? null, of.host ?? null, of.registry ?? null, of.repository ?? null],
  );
  return rows;
}
