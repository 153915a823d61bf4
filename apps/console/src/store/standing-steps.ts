import { type Judgement, OPEN_RISK_1, riskOfSums } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { plainJson } from './plain-text.ts';
import {
  columns,
  type Figures,
  riskOfKey,
  spreadStandings,
  stateSql,
  subjectOfKey,
  sums,
  worstKey,
} from './standings.ts';

const RISK_MAX = 1_000;

/** What one open verdict adds to the figures of every image that holds its subject. */
export interface Measure {
  /** False for what matching set aside: it is told and counts nowhere. */
  readonly counted: boolean;
  readonly risk: number;
  readonly rating: Judgement['rating'];
  readonly severity: Judgement['severity'];
  readonly fixable: boolean;
  readonly exploitable: boolean;
  readonly undetermined: boolean;
}

export function measureOf(judgement: Judgement): Measure {
  return {
    counted: judgement.verdict !== 'not-affected',
    risk: judgement.risk,
    rating: judgement.rating,
    severity: judgement.severity,
    fixable: judgement.verdict === 'affected' && judgement.fixedIn.length > 0,
    exploitable: judgement.kev || judgement.exploit !== 'none',
    undetermined: judgement.unparsable !== null,
  };
}

/** One verdict before and after; null where it was not, or is no more, open. */
export interface VerdictStep {
  readonly subjectId: number;
  readonly groupId: number;
  readonly before: Measure | null;
  readonly after: Measure | null;
}

function sumsOf(measure: Measure | null): { readonly [column in (typeof sums)[number]]: number } {
  const is = (yes: boolean) => (measure?.counted === true && yes ? 1 : 0);
  return {
    // What can't be compared makes an image partial, also where it was set aside.
    undetermined: Number(measure?.undetermined === true),
    critical: is(measure?.rating === 'critical'),
    severe: is(measure?.rating === 'severe'),
    moderate: is(measure?.rating === 'moderate'),
    total: is(true),
    fixable: is(measure?.fixable === true),
    exploitable: is(measure?.exploitable === true),
    severity_critical: is(measure?.severity === 'critical'),
    severity_high: is(measure?.severity === 'high'),
    severity_medium: is(measure?.severity === 'medium'),
    severity_low: is(measure?.severity === 'low'),
    severity_negligible: is(measure?.severity === 'negligible'),
    severity_unknown: is(measure?.severity === 'unknown'),
  };
}

/**
 * Brings the figures of all images in step with verdicts that this transaction changed, at the cost of the changes alone. The
 * caller holds the verdicts (`judging`).
 */
export async function stepStandings(
  transaction: Transaction,
  steps: readonly VerdictStep[],
): Promise<readonly string[]> {
  const moved = steps.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
  if (moved.length === 0) return [];
  const bySubject = new Map<number, number[]>();
  for (const { subjectId, before, after } of moved) {
    const [old, now] = [sumsOf(before), sumsOf(after)];
    const change = bySubject.get(subjectId) ?? sums.map(() => 0);
    sums.forEach((column, at) => {
      change[at] = (change[at] ?? 0) + now[column] - old[column];
    });
    bySubject.set(subjectId, change);
  }
  const subjects = [...bySubject.keys()];
  const { rows } = await transaction.query<StepRow>(stepSql, [
    subjects,
    ...sums.map((_, at) => subjects.map((id) => bySubject.get(id)?.[at] ?? 0)),
    plainJson(
      moved.flatMap(({ subjectId, groupId, before, after }) => {
        const [was, is] = [before, after].map((one) => (one?.counted === true ? one.risk : null));
        return was === is ? [] : [{ s: subjectId, g: groupId, before: was, after: is }];
      }),
    ),
  ]);
  if (rows.length === 0) return [];
  // A subject that was an image's worst may have lost that to another one of the same vulnerability.
  const lost = new Set(
    moved.flatMap(({ subjectId, before, after }) =>
      before?.counted === true && before.risk !== (after?.counted === true ? after.risk : null)
        ? [`${subjectId} ${before.risk}`]
        : [],
    ),
  );
  const fallen: string[] = [];
  for (const row of rows) {
    if (row.appeared !== null && row.appeared >= row.worst)
      [row.worst, row.worst_subject] = [row.appeared, row.appearedIn ?? 0];
    else if (row.vanished === row.worst || lost.has(`${row.worst_subject} ${row.worst}`)) fallen.push(row.id);
  }
  const tops = await findWorst(transaction, fallen);
  for (const row of rows) {
    const top = tops.get(row.id);
    if (top !== undefined) [row.worst, row.worst_subject] = [top.risk, top.subjectId];
  }
  await writeSteps(transaction, rows);
  return rows.map(({ id }) => id);
}

type StepRow = { id: string } & Figures & {
    /** The highest risk of a vulnerability that changed: after the step, and before it. */
    appeared: number | null;
    vanished: number | null;
    /** The subject that has what appeared. */
    appearedIn: number | null;
    /** What can't be compared is more or less than before, which the state says. */
    restated: boolean;
  };

/**
 * The images that hold these subjects, locked, with their figures after the step; `worst` is that of before. Each vulnerability
 * counts once in an image, at the worst of the packages that have it: those that did not move count with theirs ("other").
 * Nothing of single packages leaves the database: a common package is in every image.
 */
const stepSql = `
  with step as (
    select o.image_id, ${sums.map((column) => `sum(x.${column})::int as ${column}`).join(', ')}
    from unnest($1::bigint[], ${sums.map((_, at) => `$${at + 2}::int[]`).join(', ')}) as x(subject_id, ${sums.join(', ')})
    join occurrence o on o.subject_id = x.subject_id and o.judged group by o.image_id
  ), moved as materialized (
    select * from jsonb_to_recordset($${sums.length + 2}::jsonb) as x(s bigint, g bigint, before int, after int)
  ), hit as materialized (
    select o.image_id, m.g, max(m.before) as before, max(${worstKey('m.after', 'm.s')}) as after
    from moved m join occurrence o on o.subject_id = m.s and o.judged group by o.image_id, m.g
  ), rest as materialized (
    select v.subject_id as s, v.group_id as g, v.risk from verdict v
    where v.valid_to is null and v.kind <> 'not-affected' and v.group_id = any(array(select distinct g from moved))
      and not exists (select 1 from moved m where m.g = v.group_id and m.s = v.subject_id)
  ), other as (
    -- By subject, whatever the planner thinks of it: by image it reads every package of every image.
    select o.image_id, x.g, max(${worstKey('x.risk', 'x.s')}) as top
    from rest x cross join lateral (select image_id from occurrence where subject_id = x.s and judged offset 0) o group by o.image_id, x.g
  ), flaw as (
    select image_id, before, ${riskOfKey('top')} as after, top
    from (select h.image_id, greatest(h.before, ${riskOfKey('t.top')}) as before, greatest(h.after, t.top) as top
          from hit h left join other t on t.image_id = h.image_id and t.g = h.g) f
  ), flaws as (
    select image_id, sum((after is not null)::int - (before is not null)::int)::int as vulnerabilities,
           sum(coalesce(after, 0) - coalesce(before, 0)) as risk_total,
           sum(coalesce(after::bigint * after, 0) - coalesce(before::bigint * before, 0))::bigint as squares,
           max(after) as appeared, max(before) as vanished, ${subjectOfKey('max(top)')} as "appearedIn"
    from flaw where before is distinct from after group by image_id
  )
  select s.image_id as id, ${sums.map((column) => `s.${column} + step.${column} as ${column}`).join(', ')}, s.worst, s.worst_subject,
         ${['vulnerabilities', 'risk_total', 'squares'].map((column) => `s.${column} + coalesce(f.${column}, 0) as ${column}`).join(', ')},
         f.appeared, f.vanished, f."appearedIn", step.undetermined <> 0 as restated
  from step join image_standing s on s.image_id = step.image_id left join flaws f on f.image_id = step.image_id
  order by s.image_id for update of s`;

/** Verdicts that are looked through at once for the next worst of images, the highest first; and how often. */
const WORST_AT_ONCE = 1_000;
const WORST_ROUNDS_MAX = 8;

/** The highest risk of an image and a subject that has it: both 0 where nothing is wrong. */
export interface WorstFlaw {
  readonly risk: number;
  readonly subjectId: number;
}

/**
 * The highest risk of images whose worst flaw became harmless: the one figure that a sum can't give back. Most images have one
 * of the few highest verdicts of the estate, so those are looked through first; what is left is read whole.
 */
export async function findWorst(
  transaction: Queryable,
  ids: readonly string[],
  atOnce: number = WORST_AT_ONCE,
): Promise<ReadonlyMap<string, WorstFlaw>> {
  const found = new Map<string, WorstFlaw>();
  let left = ids;
  let below = RISK_MAX + 1;
  for (let round = 0; left.length > atOnce && round < WORST_ROUNDS_MAX && below > 0; round += 1) {
    const { rows: bound } = await transaction.query<{ risk: number }>(
      `select risk from verdict where valid_to is null and kind <> 'not-affected' and risk < $1 order by risk desc offset $2 limit 1`,
      [below, atOnce],
    );
    const from = bound[0]?.risk ?? 0;
    const { rows } = await transaction.query<{ id: string } & WorstFlaw>(
      `select id, ${riskOfKey('key')} as risk, ${subjectOfKey('key')} as "subjectId" from (
         select o.image_id as id, max(${worstKey('v.risk', 'v.subject_id')}) as key
         from (select subject_id, max(risk) as risk from verdict where valid_to is null and kind <> 'not-affected' and risk >= $1 and risk < $2 group by subject_id) v
         join occurrence o on o.subject_id = v.subject_id and o.judged where o.image_id = any($3::uuid[]) group by o.image_id) i`,
      [from, below, left],
    );
    for (const { id, ...worst } of rows) found.set(id, worst);
    left = left.filter((id) => !found.has(id));
    below = from;
  }
  if (left.length === 0) return found;
  const { rows } = await transaction.query<{ id: string } & WorstFlaw>(
    `select id, ${riskOfKey('key')} as risk, ${subjectOfKey('key')} as "subjectId" from (
       select i.id, coalesce(max(${worstKey('w.risk', 'w.subject_id')}), 0) as key from unnest($1::uuid[]) as i(id)
       left join occurrence o on o.image_id = i.id and o.judged
       left join (select subject_id, max(risk) as risk from verdict where valid_to is null and kind <> 'not-affected' group by subject_id) w on w.subject_id = o.subject_id
       group by i.id) i`,
    [left],
  );
  for (const { id, ...worst } of rows) found.set(id, worst);
  return found;
}

/** The same for images that have a row already and whose state changes only where it says so. */
async function writeSteps(transaction: Transaction, rows: readonly StepRow[]): Promise<void> {
  const names = [...columns, 'score'];
  await transaction.query(
    `update image_standing s set risk_model = $1, ${names.map((column) => `${column} = x.${column}`).join(', ')}
     from unnest($2::uuid[], ${names.map((_, at) => `$${at + 3}::bigint[]`).join(', ')}) as x(id, ${names.join(', ')})
     where s.image_id = x.id`,
    [
      OPEN_RISK_1.id,
      rows.map(({ id }) => id),
      ...columns.map((column) => rows.map((row) => row[column])),
      rows.map(({ worst, squares }) => riskOfSums(worst, squares)),
    ],
  );
  await transaction.query(
    `update image_standing s set state = n.state
     from (select x.image_id, ${stateSql} as state from image_standing x
           join image_result r on r.image_id = x.image_id left join coverage_profile p on p.id = r.profile_id where x.image_id = any($1::uuid[])) n
     where s.image_id = n.image_id and s.state <> n.state`,
    [rows.flatMap(({ id, restated }) => (restated ? [id] : []))],
  );
  await spreadStandings(
    transaction,
    rows.map(({ id }) => id),
  );
}
