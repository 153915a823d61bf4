import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fault } from '@hullcheck/core';
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
