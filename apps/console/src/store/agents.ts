import { z } from 'zod';
import { keyedPage, momentKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import type { ScopeView } from './scope.ts';

export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly scopeId: string;
}

/**
 * SQL: its key was revoked, which is the moment from which it is believed no more. Its own row says so only when no report that had
 * begun before holds that row (agent-revocation.ts).
 */
export function isRevoked(agent: string): string {
  return `(${agent}.revoked_at is not null
    or (select bool_and(ak.revoked_at is not null) from agent_key ak where ak.agent_id = ${agent}.id) is true)`;
}

/** SQL: its mode is one that reads images when it is asked to. */
export const reads = (agent: string): string => `${agent}.mode in ('inventory+read', 'collector')`;

/** SQL: of a reader of layers that is an agent, and was revoked. */
export function isOfRevoked(reader: string): string {
  return `exists (select from agent ra where ra.id = ${reader} and ${isRevoked('ra')})`;
}

export async function findAgentByKey(database: Queryable, keyHash: Buffer): Promise<AgentRecord | undefined> {
  const { rows } = await database.query<AgentRecord>(
    `select a.id, a.name, a.scope_id as "scopeId" from agent_key k join agent a on a.id = k.agent_id
     where k.secret_sha256 = $1 and k.revoked_at is null and a.revoked_at is null`,
    [keyHash],
  );
  return rows[0];
}

export interface NewEnrollment {
  readonly secretHash: Buffer;
  readonly scopeId: string;
  readonly createdBy: string;
  /** For the agent on the console's own host. */
  readonly local: boolean;
  /** For the agent of a cluster on whose word the agents of its nodes may enrol. */
  readonly nodes: boolean;
}

/** A token that one agent may exchange for its own key within the hour. */
export async function createEnrollment(transaction: Transaction, enrollment: NewEnrollment): Promise<Date> {
  const { rows } = await transaction.query<{ expiresAt: Date }>(
    `insert into enrollment (secret_sha256, scope_id, created_by, local, nodes, expires_at)
     values ($1, $2, $3, $4, $5, now() + interval '1 hour') returning expires_at as "expiresAt"`,
    [enrollment.secretHash, enrollment.scopeId, enrollment.createdBy, enrollment.local, enrollment.nodes],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned no row');
  return row.expiresAt;
}

/** Uses the token up and makes the agent; undefined where the token is wrong, used or old. Of two at once one gets it. */
export async function enroll(
  transaction: Transaction,
  secretHash: Buffer,
  agent: { readonly name: string; readonly version: string; readonly keyHash: Buffer },
): Promise<AgentRecord | undefined> {
  const { rows: found } = await transaction.query<{ scopeId: string; local: boolean; nodes: boolean }>(
    `update enrollment set used_at = now() where secret_sha256 = $1 and used_at is null and expires_at > now()
     returning scope_id as "scopeId", local, nodes`,
    [secretHash],
  );
  const [enrollment] = found;
  if (enrollment === undefined) return undefined;
  const made =
    (enrollment.local ? await renewLocalAgent(transaction, enrollment.scopeId) : undefined) ??
    (await createAgent(transaction, enrollment, agent));
  await addKey(transaction, made.id, agent.keyHash);
  await transaction.query('update enrollment set agent_id = $2 where secret_sha256 = $1', [secretHash, made.id]);
  return made;
}

export async function addKey(transaction: Transaction, agentId: string, keyHash: Buffer): Promise<void> {
  await transaction.query('insert into agent_key (secret_sha256, agent_id) values ($1, $2)', [keyHash, agentId]);
}

/** By whom and as what an agent is enrolled. */
export interface Enrolled {
  readonly scopeId: string;
  readonly local?: boolean;
  readonly nodes?: boolean;
  /** The cluster's agent that vouches for it, and the node that it is the agent of. */
  readonly through?: { readonly clusterAgentId: string; readonly node: string };
}

export async function createAgent(
  transaction: Transaction,
  { scopeId, local = false, nodes = false, through }: Enrolled,
  agent: { readonly name: string; readonly version: string },
): Promise<AgentRecord> {
  const { rows } = await transaction.query<AgentRecord>(
    `insert into agent (scope_id, name, version, local, enrolls_nodes, cluster_agent_id, node)
     values ($1, $2, $3, $4, $5, $6, $7) returning id, name, scope_id as "scopeId"`,
    [scopeId, agent.name, agent.version, local, nodes, through?.clusterAgentId ?? null, through?.node ?? null],
  );
  const [made] = rows;
  if (made === undefined) throw new Error('an insert returned no row');
  await transaction.query(`insert into trust_domain (id, kind) values ($1, 'agent')`, [made.id]);
  return made;
}

/** The console's own host has one agent: when it lost its key it gets another, and what it read stays known. */
async function renewLocalAgent(transaction: Transaction, scopeId: string): Promise<AgentRecord | undefined> {
  const { rows } = await transaction.query<AgentRecord>(
    `select id, name, scope_id as "scopeId" from agent a
     where local and scope_id = $1 and not ${isRevoked('a')} order by enrolled_at desc limit 1 for update of a`,
    [scopeId],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  await beginAnew(transaction, found.id);
  return found;
}

/** Another key follows in the same transaction: the agent goes on with that one alone, and counts its reports from the beginning. */
export async function beginAnew(transaction: Transaction, agentId: string): Promise<void> {
  await endKeys(transaction, [agentId]);
  await transaction.query('update host set report_sequence = 0 where agent_id = $1', [agentId]);
}

export async function endKeys(transaction: Transaction, agentIds: readonly string[]): Promise<void> {
  await transaction.query(
    'update agent_key set revoked_at = now() where agent_id = any($1::uuid[]) and revoked_at is null',
    [agentIds],
  );
}

export interface AgentListRow extends AgentRecord {
  readonly host: string | null;
  readonly version: string;
  readonly enrolledAt: Date;
  readonly seenAt: Date | null;
  readonly revokedAt: Date | null;
  /** Layers, and images' lists of them, that this agent and another reader read differently. */
  readonly differing: number;
  readonly throughId: string | null;
  readonly throughName: string | null;
  readonly node: string | null;
  /** It lists a cluster; then so many agents that are not revoked enrolled on its word. */
  readonly isCluster: boolean;
  readonly enrollsNodes: boolean;
  readonly nodes: number;
}

export async function listAgents(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<AgentListRow>> {
  const after = parseCursor(query.cursor, z.tuple([momentKey, z.uuid()]));
  const { rows } = await database.query<AgentListRow & { key: string }>(
    `select a.id, a.name, a.scope_id as "scopeId", h.id as host, a.version, a.enrolled_at as "enrolledAt",
            a.seen_at as "seenAt",
            case when ${isRevoked('a')} then coalesce(a.revoked_at, (select max(k.revoked_at) from agent_key k where k.agent_id = a.id)) end as "revokedAt",
            (select count(*) from reading_alarm al where al.ended_at is null and (
               exists (select 1 from layer_report r where r.layer_id = al.layer_id and r.trust_domain = a.id)
               or exists (select 1 from agent_reading g where g.image_id = al.image_id and g.agent_id = a.id))) as differing,
            a.cluster_agent_id as "throughId", v.name as "throughName", a.node, a.mode = 'cluster' or a.enrolls_nodes as "isCluster",
            a.enrolls_nodes as "enrollsNodes",
            (select count(*) from agent n where n.cluster_agent_id = a.id and not ${isRevoked('n')}) as nodes,
            a.enrolled_at::text as key
     from agent a left join host h on h.agent_id = a.id left join agent v on v.id = a.cluster_agent_id
     where a.scope_id = any($1) and ($3::timestamptz is null or a.enrolled_at < $3 or (a.enrolled_at = $3 and a.id > $4::uuid))
     order by a.enrolled_at desc, a.id limit $2`,
    [view.scopes, query.limit + 1, after?.[0] ?? null, after?.[1] ?? null],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    'select count(*) as n from agent where scope_id = any($1)',
    [view.scopes],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ key, id }) => [key, id]);
}

/**
 * Whether these agents all have their keys still. Where they do, what is written of an agent's word before the transaction ends is
 * there when a revocation looks for it.
 */
export async function holdAgents(transaction: Transaction, ids: readonly string[]): Promise<boolean> {
  const { rows } = await transaction.query<{ revoked: boolean }>(
    `select ${isRevoked('a')} as revoked from agent a where a.id = any($1::uuid[]) order by a.id for share of a`,
    [ids],
  );
  return rows.length === new Set(ids).size && rows.every(({ revoked }) => !revoked);
}
