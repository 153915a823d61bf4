import type { AgentContainer, AgentReport, ClusterStatement } from '@hullcheck/contract';
import type { Fault } from '@hullcheck/core';
import { createTokenIssuer, listedContainer, type PlayedAgent, playAgent, type TokenIssuer } from '@hullcheck/testkit';
import type { TestConsole } from '../console.testing.ts';

/** The address that nodes and collector have of the console, as their tokens' audience. */
export const audience = 'hullcheck:https://hullcheck.example.com';
/** Whose pods enrol. */
export const account = { namespace: 'hullcheck', serviceAccount: 'hullcheck-nodes' };

/** A container of an agent's pod as the collector of its cluster reports it. */
export const podOf = (uid: string, node: string | null, owner = 'DaemonSet/hullcheck-nodes'): AgentContainer =>
  listedContainer(`${uid}/agent`, {
    runtime: 'kubernetes',
    name: 'agent',
    pod: { namespace: account.namespace, name: `agent-${uid}`, uid, owner, node },
  });

export interface PlayedCluster extends PlayedAgent {
  readonly issuer: TokenIssuer;
  tell(more?: Partial<ClusterStatement>): Promise<undefined>;
  lists(...pods: readonly AgentContainer[]): Promise<unknown>;
}

/** Clusters with a collector and pods of nodes, beside a console that may start later. */
export function playClusters(started: () => TestConsole) {
  let clusters = 0;
  const playCluster = async (issuer = createTokenIssuer(undefined, 'ES256'), nodes = true): Promise<PlayedCluster> => {
    clusters += 1;
    const agent = await playAgent(started().client, `cluster-${clusters}`, {}, { nodes });
    const report = (containers: readonly AgentContainer[]): Partial<AgentReport> => ({
      agent: { version: '1', mode: 'cluster' },
      containers: [...containers],
    });
    return {
      ...agent,
      issuer,
      tell: async (more = {}) => {
        // As if what it said before were said long ago.
        await started().query(
          `update cluster set changed_at = now() - interval '1 hour' where agent_id = $1`,
          agent.id,
        );
        const keys = issuer.keys() as unknown as ClusterStatement['keys'];
        return await agent.api.call('agent.cluster', {
          body: { issuer: issuer.issuer, keys, nodes: { ...account, audience }, ...more },
        });
      },
      lists: (...pods) => agent.report(report(pods)),
    };
  };
  /** As of a cluster that reports these pods, each on the node of its name, and has told its keys. */
  const startCluster = async (...uids: readonly string[]): Promise<PlayedCluster> => {
    const cluster = await playCluster();
    await cluster.lists(...uids.map((uid) => podOf(uid, `node-${uid}`)));
    await cluster.tell();
    return cluster;
  };
  const tokenFor = (cluster: PlayedCluster, uid: string, more: Parameters<TokenIssuer['token']>[0] | object = {}) =>
    cluster.issuer.token({
      ...account,
      audiences: [audience],
      pod: { name: `agent-${uid}`, uid },
      node: { name: `node-${uid}`, uid: `uid-of-node-${uid}` },
      ...more,
    });
  const enroll = (serviceAccountToken: string) =>
    started().client.call('agent.enroll', { body: { serviceAccountToken, name: 'said', version: '1' } });
  const refusal = (serviceAccountToken: string) =>
    enroll(serviceAccountToken).then(
      () => undefined,
      (fault: Fault) => fault,
    );
  const agents = async () => (await started().client.call('agents.list', { query: { limit: 500 } })).items;
  const audited = async (action: string) =>
    (await started().client.call('audit.list', { query: { limit: 500 } })).items.filter((row) => row.action === action);
  const opens = (key: string) =>
    fetch(new URL('/api/agent/v1/layers/known', started().client.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ diffIds: [], readers: {} }),
    }).then(({ status }) => status);
  return { playCluster, startCluster, tokenFor, enroll, refusal, agents, audited, opens };
}
