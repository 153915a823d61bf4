import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, toFault } from '@hullcheck/core';
import { refusedMsMax, retryMsMin } from '../limits.ts';
import { type ConsoleConnection, connectConsole } from './console.ts';
import { isTemporary, nextTry } from './next-try.ts';
import { audienceOf, parseServer } from './server-address.ts';
import type { Identity, StateFolder } from './state-folder.ts';

export type EnrollOptions = {
  readonly server: string;
  readonly pin: string | null;
  readonly name: string;
  readonly version: string;
  readonly state: Pick<StateFolder, 'dropUnsent' | 'writeIdentity'>;
  /** The token of this pod's service account, as it is now. */
  readonly askToken: () => Promise<string>;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
} & ({ readonly kind: 'token'; readonly token: string } | { readonly kind: 'service-account' });

/** Gets the agent its own key and keeps it. */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const { pin, state, log, signal } = options;
  const server = parseServer(options.server);
  const name = options.name.slice(0, 200);
  const connection = connectConsole({ server, pin, key: null, signal });
  try {
    const { agentId, key } = await getKey(connection, server, { ...options, name });
    const identity = { server: server.origin, agentId, key, pin };
    // What was meant for another console is not sent to this one.
    await state.dropUnsent();
    await state.writeIdentity(identity);
    log(`enrolled at ${server.origin} as ${name}`);
    return identity;
  } finally {
    await connection.close();
  }
}

async function getKey({ api }: ConsoleConnection, server: URL, options: EnrollOptions) {
  const { name, version, log, signal } = options;
  if (options.kind === 'token')
    return await api.call('agent.enroll', { body: { token: options.token, name, version } });
  const startedMs = Date.now();
  for (let retryMs = retryMsMin; ; ) {
    try {
      const serviceAccountToken = await options.askToken();
      checkAudience(serviceAccountToken, server);
      return await api.call('agent.enroll', { body: { serviceAccountToken, name, version } });
    } catch (error) {
      const fault = toFault(error, 'the agent could not enrol');
      if (signal.aborted || !mayPass(fault, Date.now() - startedMs)) throw fault;
      const next = nextTry(fault, retryMs, Date.now(), Math.random);
      log(`${fault.message}; trying again in ${Math.ceil(next.pauseMs / 1000)} s`);
      await sleep(next.pauseMs, undefined, { signal });
      retryMs = next.retryMs;
    }
  }
}

/**
 * Whether an enrolment that failed is tried again: the console is away, or does not know the pod yet, or, for a while, not its cluster.
 * A refusal that lasts ends the agent, so that its pod shows it.
 */
export function mayPass(fault: Fault, sinceStartMs: number): boolean {
  if (fault.code === 'unauthenticated') return fault.retryAtMs !== undefined && sinceStartMs < refusedMsMax;
  return isTemporary(fault) && fault.code !== 'internal';
}

/** A token for the cluster's API would let the console act there: what is not made for this console does not leave the pod. */
export function checkAudience(token: string, server: URL): void {
  const expected = audienceOf(server);
  const audiences = audiencesOf(token);
  if (audiences.length === 1 && audiences[0] === expected) return;
  throw new Fault('invalid-input', 'the token of the service account is not made for this console', {
    place: expected,
    hint: `Its audience has to be ${expected}, and nothing else.`,
  });
}

function audiencesOf(token: string): readonly unknown[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const audience = typeof claims === 'object' && claims !== null && 'aud' in claims ? claims.aud : undefined;
    return Array.isArray(audience) ? audience : [audience];
  } catch {
    return [];
  }
}
