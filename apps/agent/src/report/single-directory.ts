import { toFault } from '@hullcheck/core';
import type { ReportedRuntime, RuntimeClient } from './inventory.ts';
import type { RuntimeDirectory } from './runtimes.ts';

/** A directory of one source that is no engine of this host: a cluster or a registry. It is as readable as its answer says. */
export function openSingleDirectory(
  offered: Pick<ReportedRuntime, 'name' | 'kind'>,
  client: RuntimeClient,
): RuntimeDirectory {
  const runtime: ReportedRuntime = {
    ...offered,
    namespace: null,
    version: null,
    rootless: false,
    address: client.address,
    state: 'readable',
    reason: null,
    remedy: null,
    socketPath: client.address,
  };
  return {
    async look(signal) {
      try {
        const { version } = await client.info(signal);
        return [{ ...runtime, version: version === '' ? null : version }];
      } catch (error) {
        signal.throwIfAborted();
        const { code, message, hint } = toFault(error, 'it could not be asked');
        const state = REFUSED.has(code) ? 'forbidden' : 'unavailable';
        return [{ ...runtime, state, reason: message, remedy: hint ?? null }];
      }
    },
    readable: () => [{ runtime, client }],
    find(imageKey) {
      const slash = imageKey.indexOf('/');
      return imageKey.slice(0, slash) === runtime.name
        ? { client, id: imageKey.slice(slash + 1), kind: runtime.kind }
        : undefined;
    },
    close: () => client.close(),
  };
}

const REFUSED: ReadonlySet<string> = new Set(['runtime-forbidden', 'authorization-failed', 'unauthenticated']);
