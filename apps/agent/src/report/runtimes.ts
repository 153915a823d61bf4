import { runtimeKind } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { connectEngine, createEngineClient, readJsonValue } from '@hullcheck/runtimes';
import { z } from 'zod';
import { answerBytesMax } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import type { ReadableRuntime, ReportedRuntime, RuntimeClient } from './inventory.ts';
import { createServedClient } from './served-client.ts';

const Offered = z.array(
  z.object({
    name: z.string(),
    kind: runtimeKind,
    imagesBy: z.enum(['export', 'content', 'none']),
    namespace: z.string().nullable(),
    version: z.string().nullable(),
    rootless: z.boolean(),
    address: z.string(),
    state: z.enum(['readable', 'forbidden', 'unavailable']),
    reason: z.string().nullable(),
    remedy: z.string().nullable(),
    socketPath: z.string().nullable(),
  }),
);

/** The engines that the privileged half offers, with one client kept for each. */
export interface RuntimeDirectory {
  look(signal: AbortSignal): Promise<readonly ReportedRuntime[]>;
  readable(): readonly ReadableRuntime[];
  /** The engine and the id behind an image's key, `docker/sha256:…`. */
  find(imageKey: string): { readonly client: RuntimeClient; readonly id: string; readonly kind: string } | undefined;
  close(): Promise<void>;
}

export function openRuntimeDirectory(controlPath: string): RuntimeDirectory {
  const control = connectEngine({ kind: 'unix', path: controlPath });
  const clients = new Map<string, RuntimeClient>();
  let offered: readonly OfferedRuntime[] = [];

  function clientOf({ imagesBy }: OfferedRuntime, socketPath: string): RuntimeClient {
    const known = clients.get(socketPath);
    if (known !== undefined) return known;
    const transport = connectEngine({ kind: 'unix', path: socketPath });
    const client =
      imagesBy === 'export'
        ? createEngineClient(transport, { takesMany: true })
        : createServedClient(transport, imagesBy);
    clients.set(socketPath, client);
    return client;
  }

  const readable = () =>
    offered.flatMap((runtime) =>
      runtime.socketPath === null ? [] : [{ runtime, client: clientOf(runtime, runtime.socketPath) }],
    );

  return {
    async look(signal) {
      const answer = await control.get('/runtimes', { signal, idleTimeoutMs: 60_000 });
      const parsed = Offered.safeParse(await readJsonValue(answer.body, answerBytesMax, 'privileged half'));
      if (!parsed.success) throw new Fault('internal', 'the privileged half gave no list of engines');
      offered = parsed.data;
      return offered;
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
