import { isRevoked } from './agents.ts';
import type { Queryable } from './database.ts';
import type { ScopeView } from './scope.ts';
import { byGroup, findPlaces, type Places } from './where.ts';

export interface OverviewCounts {
  readonly total: number;
  readonly complete: number;
  readonly partial: number;
  readonly notAssessable: number;
  readonly unassessed: number;
  /** Of those without an assessment. */
  readonly failed: number;
  readonly repositories: number;
  readonly connections: number;
  readonly hosts: number;
  readonly agents: number;
  readonly running: number;
  readonly containers: number;
  readonly queued: number;
}

/** An image that several scopes have counts once; to find that out sorts them all. */
const imagesOnce = `(select distinct on (image_id) state from image_summary where scope_id = any($1) order by image_id, scope_id) s`;

export async function countOverview(database: Queryable, view: ScopeView): Promise<OverviewCounts> {
  const { rows } = await database.query<OverviewCounts>(
    `select i.*,
       (select count(*) from repository where scope_id = any($1) and gone_at is null)::int as repositories,
       (select count(*) from connection where scope_id = any($1))::int as connections,
       h.agents, h.hosts, h.running, h.containers,
       (select count(*) from assessment where state = 'queued')::int as queued
     from (select count(*)::int as total,
             count(*) filter (where state = 'complete')::int as complete,
             count(*) filter (where state = 'partial')::int as partial,
             count(*) filter (where state = 'not-assessable')::int as "notAssessable",
             count(*) filter (where state in ('none', 'failed'))::int as unassessed,
             count(*) filter (where state = 'failed')::int as failed
           from ${view.scopes.length === 1 ? 'image_summary where scope_id = any($1)' : imagesOnce}) i,
          (select count(*) filter (where h.inactive_at is null)::int as hosts, count(a.id)::int as agents, coalesce(sum(h.running), 0)::int as running,
                  coalesce(sum(h.containers), 0)::int as containers
           from host h left join agent a on a.id = h.agent_id and not ${isRevoked('a')} where h.scope_id = any($1)) h`,
    [view.scopes],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

export interface RunningRow {
  readonly job: string;
  readonly what: string;
  readonly since: Date;
  readonly layersDone: number | null;
  readonly layersTotal: number | null;
}

export async function listRunning(database: Queryable, view: ScopeView, limit: number): Promise<readonly RunningRow[]> {
  const { rows } = await database.query<RunningRow>(
    `select a.id::text as job, coalesce(s.registry || '/' || s.repository || coalesce(':' || s.tags[1], ''), s.digest, 'an image') as what,
            coalesce(a.started_at, a.queued_at) as since, a.layers_done as "layersDone", a.layers_total as "layersTotal"
     from assessment a join image_summary s on s.image_id = a.image_id and s.scope_id = any($1) where a.state in ('running', 'waiting')
     union all
     select w.id::text, w.what, coalesce(w.started_at, w.queued_at), null, null from work_item w where w.state = 'running'
     order by 3 limit $2`,
    [view.scopes, limit],
  );
  return rows;
}

/** As the index says it: few hosts of ten thousand have one, and what all of them reported would be unpacked. */
const hasForbidden = `h.runtimes @> '[{"state": "forbidden"}]'`;

/** Runtimes that their agent can't read, with the command that mends it. */
export async function listRuntimeNotices(
  database: Queryable,
  view: ScopeView,
): Promise<readonly { readonly message: string; readonly remedy: string | null }[]> {
  const { rows } = await database.query<{ message: string; remedy: string | null }>(
    `select h.name || ': ' || coalesce(r.reason, r.kind || ' can''t be read') as message, r.remedy
     from host h, jsonb_to_recordset(h.runtimes) as r(kind text, state text, reason text, remedy text)
     where h.scope_id = any($1) and ${hasForbidden} and r.state = 'forbidden' order by h.name collate "C" limit 20`,
    [view.scopes],
  );
  return rows;
}

export interface Affected extends Places {
  /** The id that it is shown under. */
  readonly id: string;
}

/** Where a vulnerability is, by any of its names; undefined where no database ever named it. */
export async function findAffected(
  database: Queryable,
  view: ScopeView,
  name: string,
  limit: number,
): Promise<Affected | undefined> {
  const { rows: groups } = await database.query<{ id: number; displayId: string }>(
    `select g.id, g.display_id as "displayId" from vulnerability_alias a join vulnerability_group g on g.id = a.group_id where a.alias in ($1, upper($1)) limit 1`,
    [name],
  );
  const [group] = groups;
  if (group === undefined) return undefined;
  return { id: group.displayId, ...(await findPlaces(database, view, byGroup(group.id), limit)) };
}
