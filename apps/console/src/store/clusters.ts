import type { ClusterStatement, PublicKey } from '@hullcheck/contract';
import { endKeys, isRevoked } from './agents.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainJson, plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

/*
 * Clusters whose agents vouch for the agents of their nodes. What a cluster's agent says counts while that agent is not revoked, may let
 * nodes enrol, and has said it lately.
 */

/** An agent says it again every hour. */
const lately = `c.told_at > now() - interval '3 hours'`;
/** As of hosts: who was not heard of for so long has lost its place to whoever comes after (lockHost). */
const silent = (agent: string) => `coalesce(${agent}.seen_at, ${agent}.enrolled_at) < now() - interval '45 minutes'`;

export interface IssuerKey {
  readonly agentId: string;
  readonly scopeId: string;
  readonly key: PublicKey;
  readonly issuer: string;
  readonly audience: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Keys of this name by which tokens of this issuer may be known: of several clusters, as both names are anybody's choice. */
export async function findIssuerKeys(
  database: Queryable,
  claimed: { readonly issuer: string; readonly kid: string },
  limit: number,
): Promise<readonly IssuerKey[]> {
  const { rows } = await database.query<IssuerKey>(
    `select a.id as "agentId", a.scope_id as "scopeId", k.jwk as key, c.issuer, c.audience, c.namespace,
            c.service_account as "serviceAccount"
     from cluster_key k join cluster c on c.agent_id = k.agent_id join agent a on a.id = c.agent_id
     where k.kid = $1 and c.issuer = $2 and ${lately} and a.enrolls_nodes and not ${isRevoked('a')}
     order by a.enrolled_at, a.id limit $3`,
    [plainText(claimed.kid), plainText(claimed.issuer), limit],
  );
  return rows;
}

/** Whether nodes may enrol on this agent's word; until the transaction ends that does not change. */
export async function holdPermission(transaction: Transaction, agentId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ enrolls: boolean }>(
    'select enrolls_nodes as enrolls from agent where id = $1 for share',
    [agentId],
  );
  return rows[0]?.enrolls === true;
}

/** False where there is no such agent. What it said of its cluster counts for nothing without the permission, and again with it. */
export async function allowNodes(
  transaction: Transaction,
  view: ScopeView,
  agentId: string,
  allowed: boolean,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    'update agent set enrolls_nodes = $3 where id = $1 and scope_id = any($2)',
    [agentId, view.scopes, allowed],
  );
  // Waits for enrolments that have begun (`holdCluster`); who comes after sees that they may not.
  if (!allowed) await transaction.query('select 1 from cluster where agent_id = $1 for update', [agentId]);
  return rowCount === 1;
}

/** Waits for enrolments that have begun (`holdCluster`); none begins after. */
export async function forgetCluster(transaction: Transaction, agentId: string): Promise<void> {
  await transaction.query('delete from cluster where agent_id = $1', [agentId]);
}

export type WrittenCluster = { readonly isNews: boolean } | { readonly holder: string } | { readonly tooSoon: true };

/**
 * Keeps what the agent says instead of what it said before, and answers whether it is anything else. Or, with nothing kept, that it said
 * something else less than `gapSeconds` ago, or the name of another agent that has one of the keys: that one gives them up when it is
 * revoked, has fallen silent or may let no node enrol.
 */
export async function writeCluster(
  transaction: Transaction,
  agentId: string,
  { issuer, nodes }: ClusterStatement,
  keys: readonly { readonly key: PublicKey; readonly thumbprint: string }[],
  gapSeconds: number,
): Promise<WrittenCluster> {
  // Of two that say the same at once one has to see the other.
  await transaction.query('lock table cluster_key in share row exclusive mode');
  const thumbprints = keys.map(({ thumbprint }) => thumbprint);
  const { rows } = await transaction.query<{ name: string }>(
    `select a.name from cluster_key k join agent a on a.id = k.agent_id
     where k.thumbprint = any($2) and k.agent_id <> $1 and a.enrolls_nodes and not ${isRevoked('a')} and not ${silent('a')} order by a.name limit 1`,
    [agentId, thumbprints],
  );
  if (rows[0] !== undefined) return { holder: rows[0].name };
  const said = [issuer, nodes.namespace, nodes.serviceAccount, nodes.audience].map(plainText);
  const { rows: before } = await transaction.query<{ same: boolean; soon: boolean }>(
    `select (issuer, namespace, service_account, audience) = ($2, $3, $4, $5)
        and array(select thumbprint from cluster_key where agent_id = $1 order by 1) = array(select t from unnest($6::text[]) t order by 1) as same,
       changed_at > now() - make_interval(secs => $7) as soon
     from cluster where agent_id = $1`,
    [agentId, ...said, thumbprints, gapSeconds],
  );
  const isNews = before[0]?.same !== true;
  if (isNews && before[0]?.soon === true) return { tooSoon: true };
  await transaction.query(
    `insert into cluster (agent_id, issuer, namespace, service_account, audience) values ($1, $2, $3, $4, $5)
     on conflict (agent_id) do update set issuer = excluded.issuer, namespace = excluded.namespace,
       service_account = excluded.service_account, audience = excluded.audience, told_at = now(),
       changed_at = case when $6 then now() else cluster.changed_at end`,
    [agentId, ...said, isNews],
  );
  await transaction.query('delete from cluster_key where agent_id = $1 or thumbprint = any($2)', [
    agentId,
    thumbprints,
  ]);
  await transaction.query(
    `insert into cluster_key (thumbprint, agent_id, kid, jwk)
     select x.thumbprint, $1, x.key ->> 'kid', x.key from jsonb_to_recordset($2::jsonb) as x(thumbprint text, key jsonb)`,
    [agentId, plainJson(keys)],
  );
  return { isNews };
}

/** Keeps the cluster's word good until the transaction ends, one enrolment after another; false where it no longer is. */
export async function holdCluster(transaction: Transaction, agentId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ good: boolean }>(
    `select a.enrolls_nodes and not ${isRevoked('a')} as good from cluster c join agent a on a.id = c.agent_id
     where c.agent_id = $1 for update of c`,
    [agentId],
  );
  return rows[0]?.good === true;
}

/** The node of a pod that the cluster's agent reports, where it is a DaemonSet's (the index has no others). */
export async function findPodNode(
  transaction: Transaction,
  clusterAgentId: string,
  podUid: string,
): Promise<string | undefined> {
  const { rows } = await transaction.query<{ node: string }>(
    `select c.pod_node as node from host h join container c on c.host_id = h.id
     where h.agent_id = $1 and c.pod_uid = $2 and c.gone_at is null and c.pod_owner like 'DaemonSet/%' and c.pod_node is not null
     limit 1`,
    [clusterAgentId, podUid],
  );
  return rows[0]?.node;
}

export interface NodeAgent {
  readonly id: string;
  readonly name: string;
  readonly revoked: boolean;
}

/** The agent of this node, locked. */
export async function lockNodeAgent(
  transaction: Transaction,
  clusterAgentId: string,
  node: string,
): Promise<NodeAgent | undefined> {
  const { rows } = await transaction.query<NodeAgent>(
    `select a.id, a.name, ${isRevoked('a')} as revoked from agent a where a.cluster_agent_id = $1 and a.node = $2 for update of a`,
    [clusterAgentId, plainText(node)],
  );
  return rows[0];
}

/** Those that report, or enrolled just now: an autoscaler makes hundreds of nodes a day, each of which is kept for a while. */
export async function countNodeAgents(transaction: Transaction, clusterAgentId: string): Promise<number> {
  const { rows } = await transaction.query<{ n: number }>(
    `select count(*) as n from agent a where a.cluster_agent_id = $1 and not ${silent('a')} and not ${isRevoked('a')}`,
    [clusterAgentId],
  );
  return rows[0]?.n ?? 0;
}

/** False where the pod has enrolled before. */
export async function usePod(
  transaction: Transaction,
  clusterAgentId: string,
  podUid: string,
  agentId: string,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `insert into pod_enrollment (cluster_agent_id, pod_uid, agent_id) values ($1, $2, $3) on conflict do nothing`,
    [clusterAgentId, plainText(podUid), agentId],
  );
  return rowCount === 1;
}

/** Ends the keys of the agents that enrolled on this one's word; answers whose. */
export async function revokeNodeKeys(transaction: Transaction, clusterAgentId: string): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select a.id from agent a where a.cluster_agent_id = $1 and not ${isRevoked('a')} order by a.id`,
    [clusterAgentId],
  );
  const ids = rows.map(({ id }) => id);
  await endKeys(transaction, ids);
  return ids;
}
