import type { AgentOptions } from '@hullcheck/agent';

/** What the command line and the settings told an agent to do: values alone, so that they can be told to another process. */
export type AgentOrders = Omit<AgentOptions, 'environment' | 'uid' | 'readEnrollment' | 'write' | 'log' | 'signal'>;

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = 'HULLCHECK_AGENT_ORDERS';

export function withOrders(environment: Environment, orders: AgentOrders): NodeJS.ProcessEnv {
  return { ...environment, [VARIABLE]: JSON.stringify(orders) };
}

/** Takes them out of it: programs that this one starts have no use for them. Written by `withOrders` of this same program. */
export function takeOrders(environment: NodeJS.ProcessEnv): AgentOrders {
  const text = environment[VARIABLE];
  delete environment[VARIABLE];
  if (text === undefined)
    throw new Error(`an agent's process is started by the command \`agent\`, which sets ${VARIABLE}`);
  return JSON.parse(text);
}
