import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentSource } from '@hullcheck/agent';
import { Fault, parsePlatform } from '@hullcheck/core';
import type { Settings, Surroundings } from '../settings.ts';

const TOKEN_BYTES_MAX = 4096;

/** The enrolment token: the variable, the file it names, or one line of standard input. Never an argument. */
async function readToken(settings: Settings, around: Surroundings): Promise<string | undefined> {
  const direct = settings.secret('enrollToken');
  if (direct !== undefined) return direct;
  if (around.stdin.isTTY) return undefined;
  let text = '';
  for await (const chunk of around.stdin) {
    text += String(chunk);
    if (text.length > TOKEN_BYTES_MAX)
      throw new Fault('invalid-input', 'standard input is longer than an enrolment token');
    if (text.includes('\n')) break;
  }
  const token = text.split('\n')[0]?.trim() ?? '';
  return token === '' ? undefined : token;
}

const MODES = ['inventory', 'inventory+read', 'collector', 'cluster'] as const;

function sourceOf(settings: Settings, around: Surroundings): AgentSource {
  const text = settings.text('mode') ?? 'inventory+read';
  const mode = MODES.find((known) => known === text);
  switch (mode) {
    case 'inventory':
    case 'inventory+read':
      return { mode };
    case 'cluster': {
      const server = settings.text('kubernetesServer');
      const tokenPath = settings.text('kubernetesTokenFile');
      if (server === undefined && tokenPath === undefined) return { mode, access: null };
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
      };
    }
    case 'collector': {
      const registry = settings.text('registry');
      if (registry === undefined) throw new Fault('invalid-input', '--mode collector needs --registry HOST');
      const platform = parsePlatform(settings.text('platform') ?? 'linux/amd64');
      if (platform === undefined) throw new Fault('invalid-input', '--platform takes os/architecture[/variant]');
      return {
        mode,
        registry,
        repositories: settings.list('repository'),
        tagsMax: settings.integer('tagsMax') ?? 20,
        platform,
        allowPlainHttp: settings.list('insecureRegistry').includes(registry),
        dockerConfig: around.environment.DOCKER_CONFIG ?? join(homedir(), '.docker'),
      };
    }
    case undefined:
      throw new Fault('invalid-input', `--mode takes ${MODES.join(', ')}, not ${text}`);
  }
}

/** Reports this host to a console until a signal ends it. */
export async function agentCommand(settings: Settings, around: Surroundings): Promise<number> {
  const { runAgent } = await import('@hullcheck/agent');
  const server = settings.text('server');
  if (server === undefined) throw new Fault('invalid-input', '--server names no console');
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Started by a console of this host: where that one was killed, an agent that went on would report beside its next one.
  process.once('disconnect', stop);
  process.channel?.unref();
  const stateHome =
    around.environment.XDG_STATE_HOME ?? (around.uid === 0 ? '/var/lib' : join(homedir(), '.local', 'state'));
  const name = settings.text('name');
  const pin = settings.text('pin');
  try {
    await runAgent({
      server,
      ...(name === undefined ? {} : { name }),
      ...(pin === undefined ? {} : { pin }),
      dataDir: resolve(around.cwd, settings.text('data') ?? join(stateHome, 'hullcheck-agent')),
      readToken: () => readToken(settings, around),
      once: settings.flag('once'),
      dryRun: settings.flag('dryRun'),
      version: around.version,
      environment: around.environment,
      uid: around.uid,
      labels: settings.list('label'),
      source: sourceOf(settings, around),
      write: (text) => void around.stdout.write(text),
      log: (text) => void around.stderr.write(text),
      signal: cancel.signal,
    });
    return 0;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    process.off('disconnect', stop);
  }
}
