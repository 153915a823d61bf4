import type { ClusterStatement } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { thumbprintOf } from '../auth/cluster-tokens.ts';
import { holdAgents } from '../store/agents.ts';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import { allowNodes, holdPermission, writeCluster } from '../store/clusters.ts';
import type { Database } from '../store/database.ts';
import type { ScopeView } from '../store/scope.ts';
import { clusterEnrollmentLimits } from './limits.ts';

type By = Pick<AuditEntry, 'actor' | 'address'>;

/**
 * Takes what the agent of a cluster says of the cluster's tokens, instead of what it said before. Answers why not, where an administrator
 * has not allowed it or the keys are another cluster's.
 */
export async function takeClusterStatement(
  database: Database,
  agent: By & { readonly id: string },
  statement: ClusterStatement,
): Promise<Fault | undefined> {
  const { id, actor, address } = agent;
  const keys = await Promise.all(
    statement.keys.map(async (key) => {
      const thumbprint = await thumbprintOf(key);
      if (thumbprint === undefined)
        throw new Fault('invalid-input', 'this is no public key', { place: `kid ${key.kid}` });
      return { key, thumbprint };
    }),
  );
  const different = [...new Map(keys.map((one) => [one.thumbprint, one])).values()];
  return database.write(async (transaction) => {
    if (!(await holdAgents(transaction, [id]))) throw new Fault('unauthenticated', 'this agent was revoked');
    if (!(await holdPermission(transaction, id))) {
      return new Fault('forbidden', 'no nodes may enrol on the word of this agent', {
        hint: 'An administrator can let them: Settings → Agents.',
      });
    }
    const { changeSeconds } = clusterEnrollmentLimits;
    const written = await writeCluster(transaction, id, statement, different, changeSeconds);
    if ('tooSoon' in written) {
      return new Fault('rate-limited', 'the cluster was told otherwise a moment ago', {
        retryAtMs: Date.now() + changeSeconds * 1000,
      });
    }
    if ('holder' in written) {
      return new Fault('conflict', `the agent ${written.holder} speaks for this cluster`, {
        hint: 'Revoke it where this one stands in its place.',
      });
    }
    if (written.isNews) {
      const { issuer, nodes } = statement;
      const detail = { issuer, ...nodes, keys: different.map(({ thumbprint }) => thumbprint) };
      await recordAudit(transaction, { actor, address, action: 'agent.cluster', target: id, outcome: 'ok', detail });
    }
    return undefined;
  });
}

/** An administrator's word on whether agents of nodes may enrol through this one. Those that have go on. */
export async function allowNodeEnrollment(
  database: Database,
  view: ScopeView,
  id: string,
  allowed: boolean,
  by: By,
): Promise<void> {
  await database.write(async (transaction) => {
    if (!(await allowNodes(transaction, view, id, allowed))) throw new Fault('not-found', 'there is no such agent');
    const detail = { nodesMayEnroll: allowed };
    await recordAudit(transaction, { ...by, action: 'agents.update', target: id, outcome: 'ok', detail });
  });
}
