import type { Queryable, Transaction } from './database.ts';
import { type PlaceOf, staysOf } from './image-stays.ts';
import type { ScopeView } from './scope.ts';

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
       and (kept.total is null or kept.since = day.today or (s.risk is null) <> (kept.risk is null) or ${moved('risk')} or ${moved('risk_total')}
            or (${counts.map((name) => `s.${name}`).join(', ')}) <> (${counts.map((name) => `kept.${name}`).join(', ')}))
     on conflict (image_id, since) do update set ${['risk', ...COUNTS].map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [imageIds],
  );
}

/** What these images said ends: from today on they are not assessed (`total` null), until they are judged again. */
export async function endTrend(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  const nothing = COUNTS.map((name) => (name === 'total' ? 'null::int' : '0')).join(', ');
  await transaction.query(
    `insert into image_trend (image_id, since, ${FIGURES})
     select distinct t.image_id, (now() at time zone 'UTC')::date, null::int, ${nothing} from image_trend t where t.image_id = any($1::uuid[])
     on conflict (image_id, since) do update set ${['risk', ...COUNTS].map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [imageIds],
  );
}

/**
 * The course of a set of images that changes itself. Each image counts with what it said while it was there: where the days of its stay
 * and those of what it said meet, its figures come in the first and go after the last, and the sums are added up over the days. So nothing is
 * kept for a day on which nothing happened, and no sum beside the rows that it is the sum of. What drifted since the last row (`keepTrend`) is
 * told as of today, so that a course ends where the images are. Stays that ended are kept for so many days (0: all), so the course of a
 * set begins no earlier: before that day it would lack what has left since.
 */
export async function readTrend(
  database: Queryable,
  view: ScopeView,
  of: PlaceOf,
  keptDays: number,
): Promise<readonly TrendRow[]> {
  const { sql, values } = staysOf(view, of);
  const days = keptDays === 0 || of.image !== undefined ? null : keptDays;
  const counts = (sign: string) => COUNTS.map((name) => `${sign}${name} as ${name}`).join(', ');
  const sums = COUNTS.map((name) => `sum(sum(${name})) over days as ${name}`).join(', ');
  const shown = ['images', 'risk', ...COUNTS];
  const { rows } = await database.query<TrendRow>(
    `with today as materialized (
       select (now() at time zone 'UTC')::date as day, coalesce((now() at time zone 'UTC')::date - $${values.length + 2}::int, '-infinity'::date) as kept_since
     ), stay as materialized (${sql}), present as materialized (
       select image_id, unnest(range_agg(daterange(greatest(since, kept_since), until))) as days
       from stay cross join today where until is null or until > greatest(since, kept_since) group by image_id
     ), told as (
       select image_id, since, false as present, ${FIGURES} from image_trend where image_id in (select image_id from present)
       union all
       select image_id, (select day from today), true, ${FIGURES} from image_standing where image_id in (select image_id from present)
     ), figure as (
       select told.*, lead(since) over (partition by image_id order by since, present) as until from told
     ), step as (
       select greatest(lower(p.days), f.since) as first, least(upper(p.days), f.until) as after, ${FIGURES}
       from present p join figure f on f.image_id = p.image_id and f.total is not null
       where greatest(lower(p.days), f.since) < coalesce(least(upper(p.days), f.until), 'infinity')
     ), day as (
       select day, sum(sum(images)) over days as images, ${of.image === undefined ? 'null::int' : 'max(risk)'} as risk, ${sums}
       from (select first as day, 1 as images, risk, ${counts('')} from step
             union all select after, -1, null, ${counts('-')} from step where after is not null) moved
       group by day window days as (order by day)
     ), change as (
       select *, (${shown.join(', ')}) is distinct from (${shown.map((name) => `lag(${name}) over days`).join(', ')}) as moved
       from day window days as (order by day)
     )
     select to_char(day, 'YYYY-MM-DD') as date, images::int as images, risk, risk_total::float8 as "riskTotal", critical::int as critical,
            severe::int as severe, moderate::int as moderate, total::int as total
     from (select * from change where moved order by day desc limit ${POINTS_MAX}) latest order by day`,
    [view.scopes, ...values, days],
  );
  return rows;
}
