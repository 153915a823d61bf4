import type { Queryable, Transaction } from './database.ts';
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
const FIGURES = ['risk', ...COUNTS].join(', ');

/** The share of itself by which a risk has to move before a day is worth a row. */
const MOVED = 1 / 20;

/**
 * Keeps what these images say today where it is other than what was kept last. Probabilities of exploitation move every day for nearly
 * every CVE, and with them the risk of every image by a little: kept, that would be a row for each image and day. Drift adds up, though:
 * what is kept is at most a twentieth from what was, and no finding came or went meanwhile.
 */
export async function keepTrend(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  const counts = COUNTS.filter((name) => name !== 'risk_total');
  const moved = (name: string) => `abs(s.${name} - kept.${name}) > kept.${name} * ${MOVED}`;
  await transaction.query(
    `insert into image_trend as t (image_id, since, ${FIGURES})
     select s.image_id, day.today, ${['risk', ...COUNTS].map((name) => `s.${name}`).join(', ')}
     from image_standing s cross join (select (now() at time zone 'UTC')::date as today) day
     left join lateral (select * from image_trend b where b.image_id = s.image_id order by b.since desc limit 1) kept on true
     where s.image_id = any($1::uuid[])
       and (kept.since is null or kept.since = day.today or (s.risk is null) <> (kept.risk is null) or ${moved('risk')} or ${moved('risk_total')}
            or (${counts.map((name) => `s.${name}`).join(', ')}) <> (${counts.map((name) => `kept.${name}`).join(', ')}))
     on conflict (image_id, since) do update set ${['risk', ...COUNTS].map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [imageIds],
  );
}

/**
 * The course of a set of images, from the days on which each of them changed: every row says by how much it moved the sums,
 * and the sums are added up over the days. So nothing is kept for a day on which nothing happened, and no sum beside the
 * rows that it is the sum of. The set is that of today: an image that went takes its past along. What drifted since the last row
 * (`keepTrend`) is told as of today, so that a course ends where the images are.
 */
export async function readTrend(database: Queryable, view: ScopeView, of: TrendOf): Promise<readonly TrendRow[]> {
  const moved = COUNTS.map((name) => `t.${name} - coalesce(lag(t.${name}) over course, 0) as ${name}`).join(', ');
  const kept = (before: string, after = '') => COUNTS.map((name) => `${before}${name}${after}`).join(', ');
  const sums = COUNTS.map((name) => `sum(sum(${name})) over days as ${name}`).join(', ');
  const { rows } = await database.query<TrendRow>(
    `with chosen as materialized (
       select m.image_id from image_summary m where ${inScope('m.scope_id', view)}
         and ($2::uuid is null or m.image_id = $2)
         and ($3::uuid is null or exists (select 1 from host_image h where h.host_id = $3 and h.image_id = m.image_id))
         and ($4::text is null or m.registry = $4) and ($5::text is null or m.repository = $5)
     ), t as (
       select image_id, since, false as present, ${FIGURES} from image_trend where image_id in (select image_id from chosen)
       union all
       select image_id, (now() at time zone 'UTC')::date, true, ${FIGURES} from image_standing where image_id in (select image_id from chosen)
     ), step as (
       select t.since, t.risk, (lag(t.since) over course is null)::int as images, ${moved},
              t.present and (t.risk, ${kept('t.')}) is not distinct from (lag(t.risk) over course, ${kept('lag(t.', ') over course')}) as still
       from t window course as (partition by t.image_id order by t.since, t.present)
     ), day as (
       select since, case when $2::uuid is null then null else max(risk) end as risk, sum(sum(images)) over days as images, ${sums}
       from step where not still group by since window days as (order by since)
     )
     select to_char(since, 'YYYY-MM-DD') as date, images::int as images, risk, risk_total::float8 as "riskTotal", critical::int as critical,
            severe::int as severe, moderate::int as moderate, total::int as total
     from (select * from day order by since desc limit ${POINTS_MAX}) latest order by since`,
    [view.scopes, of.image ?? null, of.host ?? null, of.registry ?? null, of.repository ?? null],
  );
  return rows;
}
