import { Fault } from '@hullcheck/core';
import type { EngineClient, EngineEvent } from '@hullcheck/runtimes';
import type { ReadableRuntime } from './inventory.ts';

/** An engine without images whose containers are those that a test names, and whose events those that it tells. */
export interface PlayedEngine extends ReadableRuntime {
  readonly containers: Set<string>;
  tell(event: EngineEvent): void;
  goAway(): void;
  comeBack(): void;
}

export function playEngine(): PlayedEngine {
  const containers = new Set<string>();
  const streams = new Set<(event: EngineEvent | null) => void>();
  let isAway = false;
  const refuseWhileAway = () => {
    if (isAway) throw new Fault('runtime-unavailable', 'away');
  };
  const notAsked = () => Promise.reject(new Error('not asked'));
  const client: EngineClient = {
    imagesBy: 'export',
    address: 'unix:///run/docker.sock',
    info: notAsked,
    images: async () => [],
    async containers() {
      refuseWhileAway();
      return Array.from(containers, (id) => ({
        id,
        name: id,
        imageReference: 'x',
        imageId: 'x',
        imageManifestDigest: null,
        state: 'running' as const,
        createdAt: null,
        ports: [],
        labels: {},
        pod: null,
      }));
    },
    inspectImage: notAsked,
    async *inspectContainers(ids) {
      for (const id of ids)
        yield { id, found: { startedAt: null, finishedAt: null, exitCode: null, networkMode: null } };
    },
    inspectContainer: notAsked,
    history: notAsked,
    async *events(_sinceSeconds, signal) {
      refuseWhileAway();
      const waiting: (EngineEvent | null)[] = [];
      let wake = Promise.withResolvers<void>();
      const hear = (event: EngineEvent | null) => {
        waiting.push(event);
        wake.resolve();
      };
      streams.add(hear);
      signal.addEventListener('abort', () => hear(null));
      for (;;) {
        const event = waiting.shift();
        if (event === null) break;
        if (event !== undefined) yield event;
        else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
      streams.delete(hear);
    },
    exportImage: notAsked,
    close: async () => undefined,
  };
  const runtime = {
    name: 'docker',
    kind: 'docker',
    namespace: null,
    version: '29',
    rootless: false,
    address: client.address,
    state: 'readable',
    reason: null,
    remedy: null,
    socketPath: '/served',
  } as const;
  const tell = (event: EngineEvent | null) => {
    for (const hear of streams) hear(event);
  };
  return {
    runtime,
    client,
    containers,
    tell,
    goAway() {
      isAway = true;
      tell(null);
    },
    comeBack() {
      isAway = false;
    },
  };
}
