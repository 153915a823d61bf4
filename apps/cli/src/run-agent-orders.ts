import type { Enrollment } from '@hullcheck/agent';
import { Fault } from '@hullcheck/core';
import type { AgentOrders } from './agent-orders.ts';
import { readBounded, readSecret } from './secret.ts';

/** The process that the agent runs in. */
export interface AgentProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

const TOKEN_BYTES_MAX = 4096;
const SERVICE_ACCOUNT_TOKEN_BYTES_MAX = 8192;

const SERVICE_ACCOUNT_FILE = 'HULLCHECK_ENROLL_SERVICE_ACCOUNT_TOKEN_FILE';

/**
 * The enrolment token: the variable, the file it names, or one line of standard input; or the file that Kubernetes keeps the token of
 * the pod's service account in. Never an argument.
 */
async function readEnrollment({ environment, stdin }: AgentProcess): Promise<Enrollment | undefined> {
  const direct = readSecret(environment, 'HULLCHECK_ENROLL_TOKEN');
  if (direct !== undefined) return { token: direct };
  const path = environment[SERVICE_ACCOUNT_FILE];
  if (path !== undefined && path !== '') return { serviceAccountToken: async () => readServiceAccountToken(path) };
  if (stdin.isTTY) return undefined;
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > TOKEN_BYTES_MAX)
      throw new Fault('invalid-input', 'standard input is longer than an enrolment token');
    if (text.includes('\n')) break;
  }
  const token = text.split('\n')[0]?.trim() ?? '';
  return token === '' ? undefined : { token };
}

function readServiceAccountToken(path: string): string {
  const token = readBounded(path, SERVICE_ACCOUNT_TOKEN_BYTES_MAX)?.trim() ?? '';
  if (token !== '') return token;
  throw new Fault('invalid-input', `${SERVICE_ACCOUNT_FILE} names no token`, { place: path });
}

/** Reports this host to a console until a signal ends it. */
export async function runAgentOrders(orders: AgentOrders, own: AgentProcess): Promise<void> {
  const { runAgent } = await import('@hullcheck/agent');
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Started by a console of this host: where that one was killed, an agent that went on would report beside its next one.
  process.once('disconnect', stop);
  process.channel?.unref();
  try {
    await runAgent({
      ...orders,
      environment: own.environment,
      uid: own.uid,
      readEnrollment: () => readEnrollment(own),
      write: (text) => void own.stdout.write(text),
      log: (text) => void own.stderr.write(text),
      signal: cancel.signal,
    });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    process.off('disconnect', stop);
  }
}
