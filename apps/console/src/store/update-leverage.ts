import type { Transaction } from './database.ts';
import { type Leverage, type UpdateKey, updateName } from './leverage.ts';
import { plainJson } from './plain-text.ts';

/** What an update clears at most, as if no image had two packages of it. */
interface Bound extends UpdateKey {
  /** Its packages that have a fixable flaw. */
  readonly subjects: readonly number[];
  readonly riskRunning: number;
  readonly risk: number;
}

/** Updates that are counted at once: as many rows as fit into the memory below where each is in every of 20,000 images. */
const COUNTED_AT_ONCE = 20;
const SORT_MEMORY = '64MB';

/**
 * The package updates that clear most, exactly. A flaw counts once in an image, whichever packages of one update have it, and
 * to tell that of each image's each flaw is millions of rows. So every update is first given a bound out of what its packages
 * have and how many images hold each; then the highest are counted, until no bound is left above what was found. For the
 * background only.
 */
export async function countUpdates(
  transaction: Transaction,
  scopeId: string,
  limit: number,
): Promise<readonly (UpdateKey & Leverage)[]> {
  // Sorting in the default 4 MB goes to the disk.
  await transaction.query(`set local work_mem = '${SORT_MEMORY}'`);
  const bounds = await listBounds(transaction, scopeId);
  let counted: (UpdateKey & Leverage)[] = [];
  for (let at = 0; at < bounds.length; at += COUNTED_AT_ONCE) {
    const [next] = bounds.slice(at, at + 1);
    const last = counted[limit - 1];
    if (last !== undefined && next !== undefined && compare(last, next) < 0) break;
    const exact = await countExactly(transaction, scopeId, bounds.slice(at, at + COUNTED_AT_ONCE));
    counted = [...counted, ...exact].sort(compare).slice(0, limit);
  }
  return counted;
}

type Ranked = UpdateKey & { readonly riskRunning: number; readonly risk: number };

function compare(a: Ranked, b: Ranked): number {
  return b.riskRunning - a.riskRunning || b.risk - a.risk || (a.name < b.name ? -1 : Number(a.name > b.name));
}

async function listBounds(transaction: Transaction, scopeId: string): Promise<readonly Bound[]> {
  const { rows } = await transaction.query<Bound>(
    `with flaw as materialized (
       select subject_id, sum(risk) as risk from verdict where valid_to is null and fixable group by 1
     ), spread as materialized (
       select o.subject_id, count(*) as images, sum(m.running) as running
       from occurrence o join image_summary m on m.image_id = o.image_id and m.scope_id = $1
       where o.judged and o.subject_id in (select subject_id from flaw) group by 1
     )
     select s.body ->> 'type' as type, ${updateName} as name, s.body #>> '{distribution,id}' as distribution,
            s.body #>> '{distribution,release}' as release, json_agg(s.id) as subjects,
            sum(f.risk * x.running)::bigint as "riskRunning", sum(f.risk * x.images)::bigint as risk
     from flaw f join spread x using (subject_id) join subject s on s.id = f.subject_id
     group by 1, 2, 3, 4`,
    [scopeId],
  );
  return rows.sort(compare);
}

/**
 * Counts these updates by which of their packages images have together: thousands of images have the same few, and what those
 * have is looked up once.
 */
async function countExactly(
  transaction: Transaction,
  scopeId: string,
  bounds: readonly Bound[],
): Promise<readonly (UpdateKey & Leverage)[]> {
  const { rows } = await transaction.query<Leverage & { k: number }>(
    `with named as materialized (
       select x.k, y::bigint as subject_id from jsonb_to_recordset($2::jsonb) as x(k int, subjects jsonb), jsonb_array_elements_text(x.subjects) y
     ), held as (
       select k, image_id, array_agg(subject_id) as subjects
       from (select distinct n.k, o.image_id, n.subject_id from named n
             cross join lateral (select image_id from occurrence where subject_id = n.subject_id and judged offset 0) o
             order by n.k, o.image_id, n.subject_id) d group by 1, 2
     ), alike as materialized (
       select row_number() over () as n, h.k, h.subjects, count(*) as images, sum(m.running) as running
       from held h join image_summary m on m.image_id = h.image_id and m.scope_id = $1 group by h.k, h.subjects
     ), flaw as (
       select a.n, v.group_id, max(v.risk) as risk from alike a cross join unnest(a.subjects) s
       join verdict v on v.subject_id = s and v.valid_to is null and v.fixable group by 1, 2
     ), f as (
       select n, count(*) as findings, sum(risk) as risk, max(risk) as worst from flaw group by 1
     )
     select a.k, sum(a.images)::int as images, sum(a.running)::int as running, sum(f.findings * a.images)::int as findings,
            sum(f.risk * a.images)::bigint as risk, sum(f.risk * a.running)::bigint as "riskRunning", max(f.worst) as worst
     from alike a join f using (n) group by 1`,
    [scopeId, plainJson(bounds.map(({ subjects }, k) => ({ k, subjects })))],
  );
  return rows.flatMap(({ k, ...counts }) => {
    const bound = bounds[k];
    if (bound === undefined) return [];
    const { type, name, distribution, release } = bound;
    return [{ type, name, distribution, release, ...counts }];
  });
}
