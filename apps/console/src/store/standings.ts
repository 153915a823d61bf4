import { OPEN_RISK_1, riskOfSums } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { followImageRisks, type RiskMoved } from './host-risks.ts';
import { keepTrend } from './trends.ts';

export const sums = [
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
export const columns = ['vulnerabilities', 'risk_total', 'squares', 'worst', 'worst_subject', ...sums] as const;
type Column = (typeof columns)[number];
export type Figures = { [column in Column]: number };

/** A risk with the subject that has it in one number, so that the highest is found with its subject. */
export const worstKey = (risk: string, subjectId: string): string => `(${risk}::bigint << 44 | ${subjectId})`;
export const riskOfKey = (key: string): string => `(${key} >> 44)::int`;
export const subjectOfKey = (key: string): string => `(${key} & ${2 ** 44 - 1})`;

/** Counts the open verdicts of these images anew: after a reading, or when two vulnerabilities proved to be one. */
export async function recountStandings(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  const count = (column: string, where: string) => `count(*) filter (where ${where})::int as ${column}`;
  const counted = (column: string, where: string) => count(column, `counted and ${where}`);
  const { rows } = await transaction.query<{ id: string } & Figures>(
    `with held as (
       select o.image_id, o.subject_id, v.group_id, v.kind <> 'not-affected' as counted, v.risk, v.rating, v.severity, v.fixable, v.exploitable, v.undetermined
       from occurrence o join verdict v on v.subject_id = o.subject_id and v.valid_to is null
       where o.judged and o.image_id = any($1::uuid[])
     ), worst as (
       select image_id, count(*)::int as vulnerabilities, sum(risk) as risk_total, sum(risk::bigint * risk)::bigint as squares, max(risk) as worst, ${subjectOfKey('max(key)')} as worst_subject
       from (select image_id, group_id, max(risk) as risk, max(${worstKey('risk', 'subject_id')}) as key from held where counted
             group by image_id, group_id) g group by image_id
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

/** The distribution looks at no new flaw of the image's release any more (core's `problemsOfRelease`). */
const endedSql = `coalesce(r.os ->> 'extendedEndOfLife', r.os ->> 'endOfLife') < to_char(now() at time zone 'UTC', 'YYYY-MM-DD')`;

/** State by what the image itself lacks, what its sources lack, whether its release has ended and what could not be compared. */
export const stateSql = `case when r.own_state = 'not-assessable' or coalesce(p.state, 'none') = 'none' then 'not-assessable'
  when r.own_state = 'partial' or p.state = 'partial' or x.undetermined > 0 or ${endedSql} then 'partial' else 'complete' end`;

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
  if (profileIds.length > 0) await restate(transaction, 'r.profile_id = any($1::bigint[])', [profileIds]);
}

/** States again of these images. */
export async function restateImages(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length > 0) await restate(transaction, 'r.image_id = any($1::uuid[])', [imageIds]);
}

/** States again of images that were complete while their release was cared for, when that has ended. */
export async function restateEnded(transaction: Transaction): Promise<void> {
  await restate(transaction, `x.state = 'complete' and ${endedSql}`, []);
}

async function restate(transaction: Transaction, where: string, values: readonly unknown[]): Promise<void> {
  const { rows } = await transaction.query<{ id: string }>(
    `with locked as (
       select x.image_id from image_standing x join image_result r on r.image_id = x.image_id
       where ${where} order by x.image_id for update of x
     )
     update image_standing s set state = n.state
     from (select x.image_id, ${stateSql} as state from image_standing x join locked l on l.image_id = x.image_id
           join image_result r on r.image_id = x.image_id join coverage_profile p on p.id = r.profile_id) n
     where s.image_id = n.image_id and s.state <> n.state returning s.image_id as id`,
    values,
  );
  await spreadStandings(
    transaction,
    rows.map(({ id }) => id),
  );
}

/** What lists sort by and what is drawn over time follow the standing. */
export async function spreadStandings(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await transaction.query<RiskMoved>(
    `with locked as (
       select m.scope_id, m.image_id, m.risk from image_summary m join image_standing s on s.image_id = m.image_id
       where m.image_id = any($1::uuid[]) and (m.risk, m.state) is distinct from (s.risk, s.state)
       order by m.image_id, m.scope_id for update of m
     )
     update image_summary m set risk = s.risk, rank = coalesce(s.risk * 2, 1), state = s.state
     from locked l, image_standing s where m.scope_id = l.scope_id and m.image_id = l.image_id and s.image_id = m.image_id
     returning m.image_id as "imageId", l.risk as before, m.risk as after`,
    [ids],
  );
  await followImageRisks(transaction, rows);
  await keepTrend(transaction, ids);
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
