import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentSource } from '@hullcheck/agent';
import { Fault } from '@hullcheck/core';
import { type AgentOrders, withOrders } from '../agent-orders.ts';
import { registryScopeOf } from '../registry-scope.ts';
import type { Settings, Surroundings } from '../settings.ts';

const MODES = ['inventory', 'inventory+read', 'collector', 'cluster'] as const;

async function sourceOf(settings: Settings, around: Surroundings): Promise<AgentSource> {
  const text = settings.text('mode') ?? 'inventory+read';
  const mode = MODES.find((known) => known === text);
  switch (mode) {
    case 'inventory':
    case 'inventory+read':
      return { mode };
    case 'cluster': {
      const server = settings.text('kubernetesServer');
      const tokenPath = settings.text('kubernetesTokenFile');
      const nodes = nodesOf(settings.text('enrollNodes'));
      if (server === undefined && tokenPath === undefined) return { mode, access: null, nodes };
      if (server === undefined || tokenPath === undefined)
        throw new Fault('invalid-input', '--kubernetes-server and --kubernetes-token-file go together');
      const ca = settings.text('kubernetesCa');
      return {
        mode,
        access: {
          server,
          caPath: ca === undefined ? null : resolve(around.cwd, ca),
          tokenPath: resolve(around.cwd, tokenPath),
        },
        nodes,
      };
    }
    case 'collector':
      return {
        mode,
        scope: await registryScopeOf(settings),
        dockerConfig: around.environment.DOCKER_CONFIG ?? join(homedir(), '.docker'),
      };
    case undefined:
      throw new Fault('invalid-input', `--mode takes ${MODES.join(', ')}, not ${text}`);
  }
}

function nodesOf(text: string | undefined) {
  if (text === undefined) return null;
  const [, namespace, serviceAccount] = /^([^/]{1,63})\/([^/]{1,253})$/.exec(text) ?? [];
  if (namespace === undefined || serviceAccount === undefined)
    throw new Fault('invalid-input', `--enroll-nodes takes NAMESPACE/SERVICEACCOUNT, not ${text}`);
  return { namespace, serviceAccount };
}

async function ordersOf(settings: Settings, around: Surroundings): Promise<AgentOrders> {
  const server = settings.text('server');
  if (server === undefined) throw new Fault('invalid-input', '--server names no console');
  const stateHome =
    around.environment.XDG_STATE_HOME ?? (around.uid === 0 ? '/var/lib' : join(homedir(), '.local', 'state'));
  const name = settings.text('name');
  const pin = settings.text('pin');
  return {
    server,
    ...(name === undefined ? {} : { name }),
    ...(pin === undefined ? {} : { pin }),
    dataDir: resolve(around.cwd, settings.text('data') ?? join(stateHome, 'hullcheck-agent')),
    once: settings.flag('once'),
    dryRun: settings.flag('dryRun'),
    version: around.version,
    labels: settings.list('label'),
    source: await sourceOf(settings, around),
  };
}

const AGENT_PROCESS = import.meta.url.endsWith('.ts')
  ? join(import.meta.dirname, '..', 'agent-process.ts')
  : join(import.meta.dirname, 'agent-process.js');

/** Reports this host to a console until a signal ends it. */
export async function agentCommand(settings: Settings, around: Surroundings): Promise<number> {
  const orders = await ordersOf(settings, around);
  // The agent's flags are read at the start of a process only, so the agent's takes the place of this one, with the same id and
  // descriptors; with a channel to whoever started it, that one has given them.
  if (process.channel === undefined && process.platform === 'linux' && process.execve !== undefined) {
    const { smallProcessEnvironment, smallProcessFlags } = await import('@hullcheck/agent/small-process');
    process.execve(
      process.execPath,
      [process.execPath, ...smallProcessFlags, ...process.execArgv, AGENT_PROCESS, ...around.args],
      withOrders({ ...around.environment, ...smallProcessEnvironment }, orders),
    );
  }
  const { runAgentOrders } = await import('../run-agent-orders.ts');
  await runAgentOrders(orders, around);
  return 0;
}
