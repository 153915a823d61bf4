import { z } from 'zod';
import { keyedPage, momentKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { endAlarms } from './reading-alarms.ts';
import { forgetChecksOf } from './reading-checks.ts';
import type { ScopeView } from './scope.ts';

export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly scopeId: string;
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
}

/** A token that one agent may exchange for its own key within the hour. */
export async function createEnrollment(transaction: Transaction, enrollment: NewEnrollment): Promise<Date> {
  const { rows } = await transaction.query<{ expiresAt: Date }>(
    `insert into enrollment (secret_sha256, scope_id, created_by, local, expires_at)
     values ($1, $2, $3, $4, now() + interval '1 hour') returning expires_at as "expiresAt"`,
    [enrollment.secretHash, enrollment.scopeId, enrollment.createdBy, enrollment.local],
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
  const { rows: found } = await transaction.query<{ scopeId: string; local: boolean }>(
    `update enrollment set used_at = now() where secret_sha256 = $1 and used_at is null and expires_at > now()
     returning scope_id as "scopeId", local`,
    [secretHash],
  );
  const [enrollment] = found;
  if (enrollment === undefined) return undefined;
  const made =
    (enrollment.local ? await renewLocalAgent(transaction, enrollment.scopeId) : undefined) ??
    (await createAgent(transaction, enrollment, agent));
  await transaction.query('insert into agent_key (secret_sha256, agent_id) values ($1, $2)', [agent.keyHash, made.id]);
  await transaction.query('update enrollment set agent_id = $2 where secret_sha256 = $1', [secretHash, made.id]);
  return made;
}

async function createAgent(
  transaction: Transaction,
  enrollment: { readonly scopeId: string; readonly local: boolean },
  agent: { readonly name: string; readonly version: string },
): Promise<AgentRecord> {
  const { rows } = await transaction.query<AgentRecord>(
    `insert into agent (scope_id, name, version, local) values ($1, $2, $3, $4) returning id, name, scope_id as "scopeId"`,
    [enrollment.scopeId, agent.name, agent.version, enrollment.local],
  );
  const [made] = rows;
  if (made === undefined) throw new Error('an insert returned no row');
  await transaction.query(`insert into trust_domain (id, kind) values ($1, 'agent')`, [made.id]);
  return made;
}

/** The console's own host has one agent: when it lost its key it gets another, and what it read stays known. */
async function renewLocalAgent(transaction: Transaction, scopeId: string): Promise<AgentRecord | undefined> {
  const { rows } = await transaction.query<AgentRecord>(
    `select id, name, scope_id as "scopeId" from agent where local and scope_id = $1 and revoked_at is null order by enrolled_at desc limit 1 for update`,
    [scopeId],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  await transaction.query('update agent_key set revoked_at = now() where agent_id = $1 and revoked_at is null', [
    found.id,
  ]);
  // It counts its reports from the beginning again.
  await transaction.query('update host set report_sequence = 0 where agent_id = $1', [found.id]);
  return found;
}

export interface AgentListRow extends AgentRecord {
  readonly host: string | null;
  readonly version: string;
  readonly enrolledAt: Date;
  readonly seenAt: Date | null;
  readonly revokedAt: Date | null;
  /** Layers, and images' lists of them, that this agent and another reader read differently. */
  readonly differing: number;
}

export async function listAgents(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<AgentListRow>> {
  const after = parseCursor(query.cursor, z.tuple([momentKey, z.uuid()]));
  const { rows } = await database.query<AgentListRow & { key: string }>(
    `select a.id, a.name, a.scope_id as "scopeId", h.id as host, a.version, a.enrolled_at as "enrolledAt",
            a.seen_at as "seenAt", a.revoked_at as "revokedAt",
            (select count(*) from reading_alarm al where al.ended_at is null and (
               exists (select 1 from layer_report r where r.layer_id = al.layer_id and r.trust_domain = a.id)
               or exists (select 1 from agent_reading g where g.image_id = al.image_id and g.agent_id = a.id))) as differing,
            a.enrolled_at::text as key
     from agent a left join host h on h.agent_id = a.id
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
 * Whether these agents all have their keys still. Where they do, none can be revoked before the transaction ends: what is
 * written of an agent's word is there when a revocation looks for it.
 */
export async function holdAgents(transaction: Transaction, ids: readonly string[]): Promise<boolean> {
  const { rows } = await transaction.query<{ revoked: boolean }>(
    'select revoked_at is not null as revoked from agent where id = any($1::uuid[]) order by id for share',
    [ids],
  );
  return rows.length === new Set(ids).size && rows.every(({ revoked }) => !revoked);
}

/**
 * Ends the agent's key and forgets every layer it read, with what images were said to hold because of it. Answers the images
 * that its readings were used for, which have to be read again; undefined where there is no such agent.
 */
export async function revokeAgent(
  transaction: Transaction,
  view: ScopeView,
  id: string,
): Promise<readonly string[] | undefined> {
  const { rows } = await transaction.query<AgentRecord>(
    `update agent set revoked_at = coalesce(revoked_at, now()) where id = $1 and scope_id = any($2) returning id, name, scope_id as "scopeId"`,
    [id, view.scopes],
  );
  const [agent] = rows;
  if (agent === undefined) return undefined;
  await transaction.query('update agent_key set revoked_at = now() where agent_id = $1 and revoked_at is null', [id]);
  const { rows: touched } = await transaction.query<{ imageId: string }>(
    `select distinct l.image_id as "imageId" from image_layer l
     where l.read_by = $1::text or exists (select 1 from agent_reading r where r.image_id = l.image_id and r.agent_id = $1::uuid)`,
    [id],
  );
  const { rows: judged } = await transaction.query<{ imageId: string }>(
    'select distinct image_id as "imageId" from image_layer where read_by = $1::text',
    [id],
  );
  for (const table of ['image_result', 'image_standing', 'occurrence_change', 'image_layer', 'occurrence'] as const)
    await transaction.query(`delete from ${table} where image_id = any($1)`, [judged.map(({ imageId }) => imageId)]);
  await transaction.query('delete from layer_report where trust_domain = $1', [id]);
  await transaction.query('delete from agent_reading where agent_id = $1', [id]);
  await forgetChecksOf(transaction, id);
  await endAlarms(transaction);
  await transaction.query(
    `update assessment set waiting_agent = null, want_until = now(), agents_tried = agents_tried || $1::uuid
     where waiting_agent = $1 and state = 'waiting'`,
    [id],
  );
  return touched.map((row) => row.imageId);
}

/** Images of the agent's host whose assessment is on its way: it may be asked to read one soon. */
export async function countPending(database: Queryable, agentId: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    `select count(*) as n from assessment a where a.state in ('queued', 'running', 'waiting')
       and exists (select 1 from host h join host_image hi on hi.host_id = h.id where h.agent_id = $1 and hi.image_id = a.image_id)`,
    [agentId],
  );
  return rows[0]?.n ?? 0;
}
