import { askToForget, forgettingKey } from './agent-revocation.ts';
import { endKeys, isRevoked } from './agents.ts';
import { recordAudit } from './audit.ts';
import type { Step, Turn } from './cleaning.ts';
import type { Transaction } from './database.ts';
import { imagesLeft } from './host-reports.ts';
import { couldReport, isOver } from './host-silence.ts';
import { forgetSightings } from './sightings.ts';
import { refreshSummaries } from './summaries.ts';

/*
 * Hosts and agents that are not heard from any more. What an agent read is forgotten by the job that forgets revoked ones
 * (usecases/revoke-agent.ts), which these steps ask for.
 */

export interface HostRetentionLimits {
  /** Names of images of one host, containers of it, agents: of one step. */
  readonly hostImagesMax: number;
  readonly rowsMax: number;
  readonly agentsMax: number;
}

/** Ended for so long, and nothing was heard since. */
const expired = `h.inactive_at < now() - make_interval(days => $1) and ${isOver('h')}`;

/**
 * One step of forgetting the host that ended first. Its agent's key ends before anything else goes: a report that is being taken is
 * waited for, and the host stays; one that comes later is refused. Then go what it had, by steps, and the host itself.
 */
export async function forgetHost(transaction: Transaction, days: number, limits: HostRetentionLimits): Promise<Step> {
  const { rows: found } = await transaction.query<{ id: string; agentId: string | null }>(
    `select h.id, h.agent_id as "agentId" from host h where ${expired} order by h.inactive_at, h.id limit 1`,
    [days],
  );
  const [host] = found;
  if (host === undefined) return { removed: 0, next: null };
  const rest = { removed: 0, next: {} };
  // In the order in which a report takes them.
  if (host.agentId !== null) await transaction.query('select 1 from agent where id = $1 for update', [host.agentId]);
  const { rows: still } = await transaction.query<{ name: string; seenAt: Date; agentId: string | null }>(
    `select h.name, h.seen_at as "seenAt", h.agent_id as "agentId" from host h where h.id = $2 and ${expired} for update`,
    [days, host.id],
  );
  const [held] = still;
  if (held === undefined || held.agentId !== host.agentId) return rest;
  if (host.agentId !== null && (await endAgents(transaction, [host.agentId])).length > 0) {
    await recordForgetting(transaction, host.agentId, held);
    return rest;
  }
  const { rows: names } = await transaction.query<{ id: string }>(
    `with taken as (select image_key from host_image where host_id = $1 order by image_key limit $2 for update)
     delete from host_image hi using taken t where hi.host_id = $1 and hi.image_key = t.image_key returning hi.image_id as id`,
    [host.id, limits.hostImagesMax],
  );
  if (names.length > 0) {
    const left = await imagesLeft(transaction, host.id, [...new Set(names.map(({ id }) => id))]);
    await forgetSightings(transaction, host.id, left);
    await refreshSummaries(transaction, left);
    return rest;
  }
  const { rowCount } = await transaction.query(
    'delete from container where id = any(array(select id from container where host_id = $1 limit $2))',
    [host.id, limits.rowsMax],
  );
  if (rowCount === limits.rowsMax) return rest;
  await transaction.query('delete from host where id = $1', [host.id]);
  return { removed: 1, next: {} };
}

/**
 * Ends the keys of agents that the transaction holds, and asks for what they read to be forgotten. Answers those of which that was not
 * done before.
 */
async function endAgents(transaction: Transaction, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `update agent a set revoked_at = now() where a.id = any($1::uuid[]) and not ${isRevoked('a')} returning a.id`,
    [ids],
  );
  const ended = rows.map(({ id }) => id);
  await endKeys(transaction, ended);
  await askToForget(transaction, ended);
  return ended;
}

/** Last in its transaction: all that is audited is written one after another. */
async function recordForgetting(
  transaction: Transaction,
  id: string,
  of: { readonly name: string; readonly seenAt: Date },
): Promise<void> {
  const detail = { name: of.name, lastSeen: of.seenAt.toISOString() };
  await recordAudit(transaction, {
    actor: 'console',
    action: 'agents.forget',
    target: id,
    outcome: 'ok',
    address: null,
    detail,
  });
}

const unheard = 'coalesce(a.seen_at, a.enrolled_at) < now() - make_interval(days => $1)';
const hostless = 'not exists (select from host h where h.agent_id = a.id)';
/** What it said is still there, or somebody waits for it. */
const hasLeft = [
  'select from layer_report r where r.trust_domain = a.id',
  'select from agent_reading r where r.agent_id = a.id',
  `select from image_layer l where l.read_by = a.id::text and l.read_by <> 'console'`,
  'select from reading_check c where c.agent_id = a.id',
  `select from assessment s where s.waiting_agent = a.id and s.state = 'waiting'`,
]
  .map((use) => `exists (${use})`)
  .join(' or ');

/** Agents of nodes that enrolled on its word: without it nobody could revoke them together. */
const hasNodes = `exists (select from agent n where n.cluster_agent_id = a.id and not ${isRevoked('n')})`;

/**
 * One step through the agents without a host that were not heard from for so long, those that somebody revoked among them: their keys end,
 * and when nothing is left of what they said, they go.
 */
export async function forgetAgents(
  transaction: Transaction,
  { afterId }: Turn,
  days: number,
  { agentsMax }: HostRetentionLimits,
): Promise<Step> {
  if (afterId === null)
    await transaction.query(
      'delete from enrollment where agent_id is null and expires_at < now() - make_interval(days => $1)',
      [days],
    );
  const { rows } = await transaction.query<{
    id: string;
    name: string;
    seenAt: Date;
    revoked: boolean;
    hasLeft: boolean;
    hasNodes: boolean;
    forgetting: boolean;
  }>(
    `select a.id, a.name, coalesce(a.seen_at, a.enrolled_at) as "seenAt", ${isRevoked('a')} as revoked, ${hasLeft} as "hasLeft", ${hasNodes} as "hasNodes",
            exists (select from graphile_worker.jobs j where j.key = '${forgettingKey('')}' || a.id) as forgetting
     from agent a where ($2::uuid is null or a.id > $2) and ${unheard} and ${hostless}
       and (${isRevoked('a')} or ${couldReport}) order by a.id limit $3`,
    [days, afterId, agentsMax],
  );
  const ending = rows.flatMap(({ id, revoked }) => (revoked ? [] : [id]));
  await transaction.query('select 1 from agent where id = any($1::uuid[]) order by id for update', [ending]);
  // Some may have reported until they were held.
  const { rows: unheardStill } = await transaction.query<{ id: string }>(
    `select a.id from agent a where a.id = any($2::uuid[]) and ${unheard} and ${hostless}`,
    [days, ending],
  );
  const ended = await endAgents(
    transaction,
    unheardStill.map(({ id }) => id),
  );
  await askToForget(
    transaction,
    rows.flatMap((agent) => (agent.revoked && agent.hasLeft && !agent.forgetting ? agent.id : [])),
  );
  const gone = rows.flatMap((agent) =>
    agent.revoked && !agent.hasLeft && !agent.hasNodes && !agent.forgetting ? agent.id : [],
  );
  await transaction.query('update assessment set waiting_agent = null where waiting_agent = any($1::uuid[])', [gone]);
  await transaction.query('delete from enrollment where agent_id = any($1::uuid[])', [gone]);
  await transaction.query('delete from agent_key where agent_id = any($1::uuid[])', [gone]);
  await transaction.query('delete from agent where id = any($1::uuid[])', [gone]);
  await transaction.query('delete from trust_domain where id = any($1::uuid[])', [gone]);
  for (const agent of rows.filter(({ id }) => ended.includes(id))) await recordForgetting(transaction, agent.id, agent);
  const last = rows.at(-1);
  return { removed: gone.length, next: last === undefined || rows.length < agentsMax ? null : { afterId: last.id } };
}
