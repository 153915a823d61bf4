import { Fault } from '@hullcheck/core';
import type { Logger } from 'pino';
import { actorOf, type Principal } from '../../auth/principal.ts';
import type { Database } from '../../store/database.ts';
import { takeReport } from '../../usecases/agent-report.ts';
import { enrollAgent, layersKnown, takeFailedReading, takeLayer, takeReading } from '../../usecases/agents.ts';
import { enrollNode } from '../../usecases/enroll-node.ts';
import { logAlarms } from '../../usecases/reading-alarms.ts';
import { takeClusterStatement } from '../../usecases/tell-cluster.ts';
import { enrollLimits } from '../limits.ts';
import type { Refusals } from '../refusals.ts';
import type { Handlers } from '../route-table.ts';

type AgentHandlers = Pick<
  Handlers,
  | 'agent.enroll'
  | 'agent.cluster'
  | 'agent.report'
  | 'agent.layersKnown'
  | 'agent.layer'
  | 'agent.reading'
  | 'agent.readingFailed'
>;

export interface AgentContext {
  readonly database: Database;
  readonly refusals: Refusals;
  readonly now: () => number;
  readonly log: Logger;
}

/** Each agent speaks for itself alone: its id comes from its key, never from what it sends. */
export function agentHandlers({ database, refusals, now, log }: AgentContext): AgentHandlers {
  return {
    'agent.enroll': async ({ body, address }) =>
      'token' in body
        ? enrollAgent(database, enrollLimits, body, address)
        : enrollNode(database, enrollLimits, body, { address, nowMs: now() }),
    'agent.cluster': async ({ principal, body, address }) => {
      const { id } = agentOf(principal);
      const by = { actor: actorOf(principal), address };
      const refusal = await takeClusterStatement(database, { id, ...by }, body);
      if (refusal === undefined) return undefined;
      // It is told again every few minutes.
      await refusals.record({ ...by, action: 'agent.cluster', target: id });
      throw refusal;
    },
    'agent.report': async ({ principal, body }) => {
      const agent = agentOf(principal);
      return takeReport(database, { id: agent.id, scopeId: agent.scope }, body);
    },
    'agent.layersKnown': async ({ principal, body }) => ({
      known: [...(await layersKnown(database, agentOf(principal).id, body.diffIds, body.readers))],
    }),
    'agent.layer': async ({ principal, body }) => {
      logAlarms(log, await takeLayer(database, agentOf(principal).id, body));
      return undefined;
    },
    'agent.reading': async ({ principal, body }) => {
      logAlarms(log, await takeReading(database, agentOf(principal).id, body));
      return undefined;
    },
    'agent.readingFailed': async ({ principal, body }) => {
      await takeFailedReading(database, agentOf(principal), body);
      return undefined;
    },
  };
}

function agentOf(principal: Principal): Extract<Principal, { kind: 'agent' }> {
  if (principal.kind !== 'agent') throw new Fault('forbidden', 'only an agent with its own key may do this');
  return principal;
}
