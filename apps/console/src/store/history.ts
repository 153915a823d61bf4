import { z } from 'zod';
import { countMax, type Page, parseCursor, toCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import type { ScopeView } from './scope.ts';

export interface HistoryRow {
  readonly at: Date;
  readonly event: 'appeared' | 'changed' | 'vanished';
  readonly cause: string;
  /** The finding as it is after the event, of a vanished one as it was. */
  readonly vulnerability: string;
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  readonly riskBefore: number | null;
  readonly riskAfter: number | null;
  readonly changes: { readonly [field: string]: readonly [unknown, unknown] } | null;
  readonly revision: string;
}

/**
 * Members: the subjects of the image, each while it was in it. A verdict that began or ended in that time is an event; so is
 * each open verdict of a subject that another reading found or no longer finds. What was open at the first assessment is where
 * history begins.
 */
const eventsSql = `
  with member as (
    select o.subject_id, min(o.package_id) as package_id, null::timestamptz as until,
           coalesce((select max(c.at) from occurrence_change c where c.image_id = o.image_id and c.subject_id = o.subject_id and c.appeared),
                    min(r.first_assessed_at)) as since
    from occurrence o join image_result r on r.image_id = o.image_id where o.image_id = $1 and o.judged
    group by o.image_id, o.subject_id
    union all
    select c.subject_id, c.package_id, c.at,
           coalesce((select max(b.at) from occurrence_change b where b.image_id = c.image_id and b.subject_id = c.subject_id and b.appeared and b.at < c.at),
                    r.first_assessed_at)
    from occurrence_change c join image_result r on r.image_id = c.image_id where c.image_id = $1 and not c.appeared
  ), event as (
    select v.valid_from as at, v.id * 2 + 1 as key, case when w.id is null then 'appeared' else 'changed' end as event, v.cause,
           v.body ->> 'id' as vulnerability, m.package_id, w.risk as "riskBefore", v.risk as "riskAfter", w.ended_changes as changes,
           v.database_revision as revision
    from member m join verdict v on v.subject_id = m.subject_id and v.valid_from > m.since and (m.until is null or v.valid_from < m.until)
    left join verdict w on w.subject_id = v.subject_id and w.group_id = v.group_id and w.valid_to = v.valid_from and w.id <> v.id
    where v.cause <> 'first-seen'
    union all
    select v.valid_to, v.id * 2, 'vanished', v.ended_cause, v.body ->> 'id', m.package_id, v.risk, null, v.ended_changes,
           coalesce(v.ended_revision, v.database_revision)
    from member m join verdict v on v.subject_id = m.subject_id and v.valid_to > m.since and (m.until is null or v.valid_to < m.until)
    where v.ended_cause <> 'aliases-merged' and not exists (
      select 1 from verdict n where n.subject_id = v.subject_id and n.group_id = v.group_id and n.valid_from = v.valid_to and n.id <> v.id)
    union all
    select c.at, v.id * 2 + c.appeared::int, case when c.appeared then 'appeared' else 'vanished' end, c.cause, v.body ->> 'id', c.package_id,
           case when c.appeared then null else v.risk end, case when c.appeared then v.risk end, null, v.database_revision
    from occurrence_change c join verdict v on v.subject_id = c.subject_id and v.valid_from <= c.at and (v.valid_to is null or v.valid_to > c.at)
    where c.image_id = $1
  )`;
const micros = `(extract(epoch from e.at) * 1000000)::bigint`;

/** What appeared, changed and vanished in the image, the latest first. */
export async function listImageHistory(
  database: Queryable,
  imageId: string,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<HistoryRow>> {
  const after = parseCursor(query.cursor, z.tuple([z.int(), z.int()]));
  const { rows } = await database.query<HistoryRow & { key: number; micros: number }>(
    `${eventsSql} select e.*, ${micros} as micros, p.purl, p.name, p.version from event e join package p on p.id = e.package_id
     where $2::bigint is null or (${micros}, e.key) < ($2, $3::bigint) order by ${micros} desc, e.key desc limit $4`,
    [imageId, after?.[0] ?? null, after?.[1] ?? null, query.limit + 1],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `${eventsSql} select count(*) as n from (select 1 from event limit ${countMax + 1}) c`,
    [imageId],
  );
  const count = counted[0]?.n ?? 0;
  const last = rows[query.limit - 1];
  return {
    items: rows.slice(0, query.limit),
    next: rows.length > query.limit && last !== undefined ? toCursor(last.micros, last.key) : null,
    total: { value: Math.min(count, countMax), exact: count <= countMax },
  };
}

export interface VulnerabilityEventRow {
  readonly at: Date;
  readonly event: 'appeared' | 'changed' | 'vanished';
  readonly cause: string;
  readonly revision: string;
  /** Names of the packages it touched, at most 20. */
  readonly packages: readonly string[];
  /** Distinct packages with their versions. */
  readonly subjects: number;
  readonly riskBefore: number | null;
  readonly riskAfter: number | null;
  readonly changes: { readonly [field: string]: readonly [unknown, unknown] } | null;
}

const EVENTS_MAX = 200;

/** What became of a vulnerability in what the caller sees, one row per moment and cause, the latest first. */
export async function listVulnerabilityHistory(
  database: Queryable,
  view: ScopeView,
  name: string,
): Promise<readonly VulnerabilityEventRow[] | undefined> {
  const { rows: groups } = await database.query<{ id: number }>(
    'select group_id as id from vulnerability_alias where alias in ($1, upper($1)) limit 1',
    [name],
  );
  const [group] = groups;
  if (group === undefined) return undefined;
  const { rows } = await database.query<VulnerabilityEventRow>(
    `with seen as (
       select v.* from verdict v where v.group_id = $1 and exists (
         select 1 from occurrence o join image_sighting g on g.image_id = o.image_id and g.scope_id = any($2)
         where o.subject_id = v.subject_id and o.judged)
     ), event as (
       select v.valid_from as at, case when w.id is null then 'appeared' else 'changed' end as event, v.cause, v.database_revision as revision,
              v.subject_id, w.risk as before, v.risk as after, w.ended_changes as changes
       from seen v left join seen w on w.subject_id = v.subject_id and w.valid_to = v.valid_from and w.id <> v.id
       union all
       select v.valid_to, 'vanished', v.ended_cause, coalesce(v.ended_revision, v.database_revision), v.subject_id, v.risk, null, v.ended_changes
       from seen v where v.valid_to is not null and v.ended_cause <> 'aliases-merged' and not exists (
         select 1 from seen n where n.subject_id = v.subject_id and n.valid_from = v.valid_to and n.id <> v.id)
     )
     select date_trunc('second', at) as at, event, cause, revision, count(distinct subject_id)::int as subjects, max(before) as "riskBefore",
            max(after) as "riskAfter", (array_agg(changes))[1] as changes,
            (array(select distinct s.body ->> 'name' from subject s where s.id = any(array_agg(subject_id)) order by 1 limit 20)) as packages
     from event group by 1, 2, 3, 4 order by max(event.at) desc, 2, 3 limit ${EVENTS_MAX}`,
    [group.id, view.scopes],
  );
  return rows;
}
