import { Fault } from '@hullcheck/core';
import { type KnownPod, readClaimed, verifyPodToken } from '../auth/cluster-tokens.ts';
import { hashSecret, newSecret } from '../auth/secrets.ts';
import { addKey, beginAnew, createAgent } from '../store/agents.ts';
import { recordAudit } from '../store/audit.ts';
import {
  countNodeAgents,
  findIssuerKeys,
  findPodNode,
  holdCluster,
  type IssuerKey,
  lockNodeAgent,
  usePod,
} from '../store/clusters.ts';
import type { Database, Transaction } from '../store/database.ts';
import { type EnrollLimits, refuseEnrollment } from './agents.ts';
import { clusterEnrollmentLimits } from './limits.ts';

interface NodeEnrollment {
  readonly serviceAccountToken: string;
  readonly version: string;
}

/** Why a token does not let its pod in. Told to whoever holds one that a known cluster signed; to others, that it is unknown. */
class Refused extends Error {
  readonly reason: string;
  readonly hint: string;
  /** Where it may pass by itself. */
  readonly retryAtMs: number | undefined;
  constructor(reason: string, hint: string, retryAtMs?: number) {
    super(reason);
    this.reason = reason;
    this.hint = hint;
    this.retryAtMs = retryAtMs;
  }
}

/**
 * Makes the agent of a node, by the token that Kubernetes made for the agent's pod. It is believed for what the cluster signed and what
 * the cluster's agent reports: a pod that is not reported yet is told to come again. A node has one agent, a pod enrols once.
 */
export async function enrollNode(
  database: Database,
  limits: EnrollLimits,
  body: NodeEnrollment,
  caller: { readonly address: string; readonly nowMs: number },
): Promise<{ readonly agentId: string; readonly key: string }> {
  const { address, nowMs } = caller;
  let target: string | null = null;
  try {
    const { cluster, pod } = await recognise(database, body.serviceAccountToken, nowMs);
    target = cluster.agentId;
    const key = newSecret('agent-key');
    const agentId = await database.write(async (transaction) => {
      const made = await takeNode(
        transaction,
        cluster,
        pod,
        { version: body.version, keyHash: hashSecret(key) },
        nowMs,
      );
      await recordAudit(transaction, {
        actor: `agent:${made.node}`,
        action: 'agent.enroll',
        target: made.id,
        outcome: 'ok',
        address,
        detail: { through: cluster.agentId, node: made.node, pod: pod.uid, renewed: made.renewed },
      });
      return made.id;
    });
    return { agentId, key };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await refuseEnrollment(database, limits, { address, target, detail: { reason: error.reason } });
    throw new Fault('unauthenticated', `the token of this pod's service account is refused: ${error.reason}`, {
      hint: error.hint,
      ...(error.retryAtMs === undefined ? {} : { retryAtMs: error.retryAtMs }),
    });
  }
}

const INSTALL =
  'Its pods, its collector and its console belong together: install the chart again with the same values.';

/** By which cluster the token was signed, and for which pod. */
async function recognise(
  database: Database,
  token: string,
  nowMs: number,
): Promise<{ readonly cluster: IssuerKey; readonly pod: KnownPod }> {
  const claimed = readClaimed(token);
  const keys =
    claimed === undefined ? [] : await findIssuerKeys(database, claimed, clusterEnrollmentLimits.keysOfOneNameMax);
  let signed: string | undefined;
  for (const cluster of keys) {
    const verdict = await verifyPodToken(token, cluster, nowMs);
    if (verdict.kind === 'known') return { cluster, pod: verdict.pod };
    if (verdict.kind === 'refused') signed ??= verdict.reason;
  }
  if (signed !== undefined) throw new Refused(signed, INSTALL);
  throw new Refused(
    'no cluster whose nodes may enrol here has signed it',
    "Is the cluster's collector enrolled with a token for a cluster, and does it report? Settings → Agents shows it.",
    // An installation starts all pods at once: nodes ask before the collector has said a word.
    nowMs + clusterEnrollmentLimits.againMs,
  );
}

async function takeNode(
  transaction: Transaction,
  cluster: IssuerKey,
  pod: KnownPod,
  agent: { readonly version: string; readonly keyHash: Buffer },
  nowMs: number,
): Promise<{ readonly id: string; readonly node: string; readonly renewed: boolean }> {
  if (!(await holdCluster(transaction, cluster.agentId)))
    throw new Refused('nodes of its cluster may no longer enrol', 'An administrator can let them: Settings → Agents.');
  const node = await findPodNode(transaction, cluster.agentId, pod.uid);
  if (node === undefined) {
    throw new Fault('unavailable', "the cluster's collector has not reported this pod yet", {
      hint: 'Come again; where that lasts, look at the collector.',
      retryAtMs: nowMs + clusterEnrollmentLimits.againMs,
    });
  }
  if (pod.node !== null && pod.node !== node)
    throw new Refused('its cluster and the collector name different nodes for its pod', INSTALL);
  const known = await lockNodeAgent(transaction, cluster.agentId, node);
  if (known?.revoked === true) {
    throw new Refused(
      "this node's agent was revoked, or forgotten because nothing was heard of it for long",
      "Enrol the cluster's collector anew, or give this node a token of its own.",
    );
  }
  const id = known?.id ?? (await makeNode(transaction, cluster, node, agent.version));
  if (!(await usePod(transaction, cluster.agentId, pod.uid, id)))
    throw new Refused('its pod has enrolled before', 'Delete the pod: its DaemonSet makes another one.');
  // What the old key could still say is over, with the pod that had it.
  if (known !== undefined) await beginAnew(transaction, id);
  await addKey(transaction, id, agent.keyHash);
  return { id, node, renewed: known !== undefined };
}

async function makeNode(transaction: Transaction, cluster: IssuerKey, node: string, version: string): Promise<string> {
  if ((await countNodeAgents(transaction, cluster.agentId)) >= clusterEnrollmentLimits.nodesMax)
    throw new Refused('more nodes enrolled on the word of this cluster than any cluster has', INSTALL);
  const through = { clusterAgentId: cluster.agentId, node };
  const { id } = await createAgent(transaction, { scopeId: cluster.scopeId, through }, { name: node, version });
  return id;
}
