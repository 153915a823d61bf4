import { type Judgement, OPEN_RISK_1, riskOfSums } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { plainJson } from './plain-text.ts';

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

const sums = [
  'undetermined',
  'critical',
  'severe',
  'moderate',
  'total',
  'fixable',
  'exploitable',
  'severity_critical',
  'severity_high',
  'severity_medium',
  'severity_low',
  'severity_negligible',
  'severity_unknown',
] as const;
const columns = ['vulnerabilities', 'risk_total', 'squares', 'worst', ...sums] as const;
type Column = (typeof columns)[number];
type Figures = { [column in Column]: number };

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
  const ids = [...bySubject.keys()];
  const { rows: counted } = await transaction.query<{ id: string } & Figures>(
    `select o.image_id as id, ${sums.map((column) => `sum(x.${column})::int as ${column}`).join(', ')}
     from unnest($1::bigint[], ${sums.map((_, at) => `$${at + 2}::int[]`).join(', ')}) as x(subject_id, ${sums.join(', ')})
     join occurrence o on o.subject_id = x.subject_id and o.judged group by o.image_id`,
    [ids, ...sums.map((_, at) => ids.map((id) => bySubject.get(id)?.[at] ?? 0))],
  );
  if (counted.length === 0) return [];
  const changes = new Map(counted.map((row) => [row.id, row]));
  const { rows: worsts } = await transaction.query<WorstRow>(worstSql, [
    plainJson(
      moved.map(({ subjectId, groupId, before, after }) => ({
        s: subjectId,
        g: groupId,
        before: before?.counted === true ? before.risk : null,
        after: after?.counted === true ? after.risk : null,
      })),
    ),
  ]);
  const rows = await lockStandings(transaction, [...changes.keys()]);
  const byImage = Map.groupBy(worsts, ({ id }) => id);
  const fallen: string[] = [];
  for (const row of rows) {
    const change = changes.get(row.id);
    if (change === undefined) continue;
    for (const column of sums) row[column] += change[column];
    let top = 0;
    let lost = false;
    for (const { before, after } of byImage.get(row.id) ?? []) {
      row.vulnerabilities += Number(after !== null) - Number(before !== null);
      row.risk_total += (after ?? 0) - (before ?? 0);
      row.squares += (after ?? 0) ** 2 - (before ?? 0) ** 2;
      if (before === row.worst) lost = true;
      top = Math.max(top, after ?? 0);
    }
    if (top >= row.worst) row.worst = top;
    else if (lost) fallen.push(row.id);
  }
  const tops = await findWorst(transaction, fallen);
  for (const row of rows) row.worst = tops.get(row.id) ?? row.worst;
  await writeStandings(transaction, rows);
  return rows.map(({ id }) => id);
}

interface WorstRow {
  readonly id: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** Per image and vulnerability the worst risk over its packages, before and after, where that differs. */
const worstSql = `
  with moved as (select * from jsonb_to_recordset($1::jsonb) as x(s bigint, g bigint, before int, after int)),
  member as (
    select g, s, before, after from moved
    union all
    select v.group_id, v.subject_id, v.risk, v.risk from verdict v
    where v.valid_to is null and v.kind <> 'not-affected' and v.group_id = any(array(select g from moved))
      and not exists (select 1 from moved m where m.g = v.group_id and m.s = v.subject_id)
  )
  select o.image_id as id, max(m.before) as before, max(m.after) as after
  from member m join occurrence o on o.subject_id = m.s and o.judged
  group by o.image_id, m.g having max(m.before) is distinct from max(m.after)`;

async function lockStandings(transaction: Transaction, ids: readonly string[]): Promise<({ id: string } & Figures)[]> {
  const { rows } = await transaction.query<{ id: string } & Figures>(
    `select image_id as id, ${columns.join(', ')} from image_standing where image_id = any($1::uuid[]) order by image_id for update`,
    [ids],
  );
  return rows;
}

/** The highest risk of images whose worst flaw became harmless: the one figure that a sum can't give back. */
async function findWorst(transaction: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const { rows } = await transaction.query<{ id: string; worst: number }>(
    `select i.id, coalesce(max(w.risk), 0) as worst from unnest($1::uuid[]) as i(id)
     left join occurrence o on o.image_id = i.id and o.judged
     left join (select subject_id, max(risk) as risk from verdict where valid_to is null and kind <> 'not-affected' group by subject_id) w on w.subject_id = o.subject_id
     group by i.id`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.worst]));
}

/** Counts the open verdicts of these images anew: after a reading, or when two vulnerabilities proved to be one. */
export async function recountStandings(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  const count = (column: string, where: string) => `count(*) filter (where ${where})::int as ${column}`;
  const counted = (column: string, where: string) => count(column, `counted and ${where}`);
  const { rows } = await transaction.query<{ id: string } & Figures>(
    `with held as (
       select o.image_id, v.group_id, v.kind <> 'not-affected' as counted, v.risk, v.rating, v.severity, v.fixable, v.exploitable, v.undetermined
       from occurrence o join verdict v on v.subject_id = o.subject_id and v.valid_to is null
       where o.judged and o.image_id = any($1::uuid[])
     ), worst as (
       select image_id, count(*)::int as vulnerabilities, sum(risk) as risk_total, sum(risk::bigint * risk)::bigint as squares, max(risk) as worst
       from (select image_id, group_id, max(risk) as risk from held where counted group by image_id, group_id) g group by image_id
     ), counted as (
       select image_id, ${count('undetermined', 'undetermined')}, ${counted('total', 'true')}, ${counted('fixable', 'fixable')}, ${counted('exploitable', 'exploitable')},
         ${['critical', 'severe', 'moderate'].map((rating) => counted(rating, `rating = '${rating}'`)).join(', ')},
         ${['critical', 'high', 'medium', 'low', 'negligible', 'unknown'].map((severity) => counted(`severity_${severity}`, `severity = '${severity}'`)).join(', ')}
       from held group by image_id
     )
     select r.image_id as id, ${columns.map((column) => `coalesce(${column}, 0) as ${column}`).join(', ')}
     from (select image_id from image_result where image_id = any($1::uuid[])) r
     left join worst on worst.image_id = r.image_id left join counted on counted.image_id = r.image_id order by r.image_id`,
    [imageIds],
  );
  await writeStandings(transaction, rows);
}

/** State by what the image itself lacks, what its sources lack and what could not be compared. */
const stateSql = `case when r.own_state = 'not-assessable' or coalesce(p.state, 'none') = 'none' then 'not-assessable'
  when r.own_state = 'partial' or p.state = 'partial' or x.undetermined > 0 then 'partial' else 'complete' end`;

async function writeStandings(transaction: Transaction, rows: readonly ({ id: string } & Figures)[]): Promise<void> {
  if (rows.length === 0) return;
  const names = [...columns, 'score'];
  await transaction.query(
    `insert into image_standing as s (image_id, state, risk_model, ${names.join(', ')})
     select x.id, ${stateSql}, $1, ${names.map((column) => `x.${column}`).join(', ')}
     from unnest($2::uuid[], ${names.map((_, at) => `$${at + 3}::bigint[]`).join(', ')}) as x(id, ${names.join(', ')})
     join image_result r on r.image_id = x.id left join coverage_profile p on p.id = r.profile_id
     on conflict (image_id) do update set state = excluded.state, risk_model = excluded.risk_model,
       ${names.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [
      OPEN_RISK_1.id,
      rows.map(({ id }) => id),
      ...columns.map((column) => rows.map((row) => row[column])),
      rows.map(({ worst, squares }) => riskOfSums(worst, squares)),
    ],
  );
  await spreadStandings(
    transaction,
    rows.map(({ id }) => id),
  );
}

/** States again of all images whose sources lack more or less than before. */
export async function restateProfiles(transaction: Transaction, profileIds: readonly number[]): Promise<void> {
  if (profileIds.length === 0) return;
  const { rows } = await transaction.query<{ id: string }>(
    `with locked as (
       select x.image_id from image_standing x join image_result r on r.image_id = x.image_id
       where r.profile_id = any($1::bigint[]) order by x.image_id for update of x
     )
     update image_standing s set state = n.state
     from (select x.image_id, ${stateSql} as state from image_standing x join locked l on l.image_id = x.image_id
           join image_result r on r.image_id = x.image_id join coverage_profile p on p.id = r.profile_id) n
     where s.image_id = n.image_id and s.state <> n.state returning s.image_id as id`,
    [profileIds],
  );
  await spreadStandings(
    transaction,
    rows.map(({ id }) => id),
  );
}

/** What lists sort by and what is drawn over time follow the standing. */
async function spreadStandings(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await transaction.query(
    `with locked as (
       select m.scope_id, m.image_id from image_summary m where m.image_id = any($1::uuid[]) order by m.image_id, m.scope_id for update
     )
     update image_summary m set risk = s.risk, rank = coalesce(s.risk * 2, 1), state = s.state
     from locked l, image_standing s where m.scope_id = l.scope_id and m.image_id = l.image_id and s.image_id = m.image_id
       and (m.risk, m.state) is distinct from (s.risk, s.state)`,
    [ids],
  );
  await transaction.query(
    `insert into image_trend as t (image_id, since, risk, risk_total, critical, severe, moderate, total)
     select image_id, (now() at time zone 'UTC')::date, risk, risk_total, critical, severe, moderate, total
     from image_standing where image_id = any($1::uuid[])
     on conflict (image_id, since) do update set risk = excluded.risk, risk_total = excluded.risk_total, critical = excluded.critical,
       severe = excluded.severe, moderate = excluded.moderate, total = excluded.total`,
    [ids],
  );
}

/** Images in which a subject has an open verdict on one of these vulnerabilities. */
export async function imagesOfGroups(database: Queryable, groupIds: readonly number[]): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select distinct o.image_id as id from verdict v join occurrence o on o.subject_id = v.subject_id and o.judged
     where v.group_id = any($1::bigint[])`,
    [groupIds],
  );
  return rows.map(({ id }) => id);
}
