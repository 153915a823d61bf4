import { Fault } from '@hullcheck/core';
import { connectEngine, createEngineClient, type EngineClient, readJsonElements } from '@hullcheck/runtimes';
import { z } from 'zod';
import { answerBytesMax } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import type { ReadableRuntime } from './inventory.ts';

const Offered = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(['docker', 'podman']),
    version: z.string().nullable(),
    address: z.string(),
    state: z.enum(['readable', 'forbidden', 'unavailable']),
    reason: z.string().nullable(),
    remedy: z.string().nullable(),
    socketPath: z.string().nullable(),
  }),
);

/** The engines that the privileged half offers, with one client kept for each. */
export interface RuntimeDirectory {
  look(signal: AbortSignal): Promise<readonly OfferedRuntime[]>;
  readable(): readonly ReadableRuntime[];
  /** The engine and the id behind an image's key, `docker/sha256:…`. */
  find(imageKey: string): { readonly client: EngineClient; readonly id: string; readonly kind: string } | undefined;
  close(): Promise<void>;
}

export function openRuntimeDirectory(controlPath: string): RuntimeDirectory {
  const control = connectEngine({ kind: 'unix', path: controlPath });
  const clients = new Map<string, EngineClient>();
  let offered: readonly OfferedRuntime[] = [];

  function clientOf(socketPath: string): EngineClient {
    const known = clients.get(socketPath);
    if (known !== undefined) return known;
    const client = createEngineClient(connectEngine({ kind: 'unix', path: socketPath }));
    clients.set(socketPath, client);
    return client;
  }

  const readable = () =>
    offered.flatMap((runtime) =>
      runtime.socketPath === null ? [] : [{ runtime, client: clientOf(runtime.socketPath) }],
    );

  return {
    async look(signal) {
      const answer = await control.get('/runtimes', { signal, idleTimeoutMs: 60_000 });
      const limits = { elementBytesMax: answerBytesMax, elementsMax: 1, bytesMax: answerBytesMax };
      for await (const value of readJsonElements(answer.body, 0, limits, 'privileged half')) {
        const parsed = Offered.safeParse(value);
        if (!parsed.success) break;
        offered = parsed.data;
        return offered;
      }
      throw new Fault('internal', 'the privileged half gave no list of engines');
    },
    readable,
    find(imageKey) {
      const slash = imageKey.indexOf('/');
      const found = readable().find(({ runtime }) => runtime.name === imageKey.slice(0, slash));
      return found === undefined
        ? undefined
        : { client: found.client, id: imageKey.slice(slash + 1), kind: found.runtime.kind };
    },
    async close() {
      await Promise.all([control.close(), ...[...clients.values()].map((client) => client.close())]);
    },
  };
}
