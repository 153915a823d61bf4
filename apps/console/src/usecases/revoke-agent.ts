import { Fault } from '@hullcheck/core';
import {
  askToForget,
  beginForgetting,
  endForgetting,
  forgetLayers,
  forgetReadings,
  forgettingKey,
  listReadImages,
  revokeKeys,
} from '../store/agent-revocation.ts';
import { requestAssessment } from '../store/assessments.ts';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import { isLockTimeout, waitAtMost } from '../store/cleaning.ts';
import { forgetCluster, revokeNodeKeys } from '../store/clusters.ts';
import type { Database, Transaction } from '../store/database.ts';
import { recountRisksOf } from '../store/host-risks.ts';
import { dequeue } from '../store/queue.ts';
import { READ_AGAIN } from '../store/queue-priority.ts';
import type { ScopeView } from '../store/scope.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { revocationLimits } from './limits.ts';

/**
 * Ends the agent's key at once, whatever it is doing and however much it has read. What it had read is forgotten after that: here where
 * that is little, else by a job. Every image that was assessed from its readings is read again by somebody else. Where it is the agent of
 * a cluster, so do the agents that enrolled on its word: nothing else speaks for them.
 */
export async function revokeAgent(
  database: Database,
  view: ScopeView,
  id: string,
  by: Pick<AuditEntry, 'actor' | 'address'>,
): Promise<void> {
  const { hereMs, waitMs } = revocationLimits;
  await database.write(async (transaction) => {
    if (!(await revokeKeys(transaction, view, id))) throw new Fault('not-found', 'there is no such agent');
    // Not before this has given up.
    await askToForget(transaction, [id], (hereMs + waitMs) / 1000);
    const nodes = await revokeNodes(transaction, id);
    const detail = nodes.length === 0 ? {} : { nodes: nodes.length };
    await recordAudit(transaction, { ...by, action: 'agents.revoke', target: id, outcome: 'ok', detail });
  });
  if (await forgetAgent(database, id, AbortSignal.timeout(hereMs), waitMs))
    await database.write((transaction) => dequeue(transaction, forgettingKey(id)));
}

/** After the keys of the cluster's agent: who enrols at this moment is waited for, and nobody does after. */
async function revokeNodes(transaction: Transaction, clusterId: string): Promise<readonly string[]> {
  await forgetCluster(transaction, clusterId);
  const nodes = await revokeNodeKeys(transaction, clusterId);
  await askToForget(transaction, nodes);
  return nodes;
}

/**
 * Forgets what the agent read, in steps; answers whether it came to the end before the signal. Where `waitMs` is given no step waits
 * longer for others. What was interrupted is found again by what is left.
 */
export async function forgetAgent(
  database: Database,
  id: string,
  signal: AbortSignal,
  waitMs?: number,
): Promise<boolean> {
  const { imagesMax, layersMax } = revocationLimits;
  const step: Database['write'] = (action) =>
    database.write(async (transaction) => {
      if (waitMs !== undefined) await waitAtMost(transaction, waitMs);
      return action(transaction);
    });
  try {
    await step((transaction) => beginForgetting(transaction, id));
    for (let after: string | null = null; ; ) {
      if (signal.aborted) return false;
      const images: readonly string[] = await listReadImages(database, id, after, imagesMax);
      const last = images.at(-1);
      if (last === undefined) break;
      after = last;
      await step(async (transaction) => {
        const touched = await forgetReadings(transaction, id, images);
        for (const imageId of touched) await requestAssessment(transaction, imageId, { priority: READ_AGAIN });
        await refreshSummaries(transaction, touched);
        await recountRisksOf(transaction, touched);
      });
    }
    do if (signal.aborted) return false;
    while (!(await step((transaction) => forgetLayers(transaction, id, layersMax))));
    await step((transaction) => endForgetting(transaction, id));
    return true;
  } catch (error) {
    if (waitMs !== undefined && isLockTimeout(error)) return false;
    throw error;
  }
}
