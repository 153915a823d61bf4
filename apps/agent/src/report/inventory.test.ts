import type { AgentContainer, AgentImage } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import type { EngineClient, EngineContainer, EngineImage } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { reinspectionsMax } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import type { Inventory } from './delta.ts';
import type { Inspected } from './inspect.ts';
import { collectInventory } from './inventory.ts';

const imageId = `sha256:${'a'.repeat(64)}`;
const image: EngineImage = {
  id: imageId,
  idKind: 'config',
  digests: [],
  tags: ['web:1'],
  repoDigests: [],
  platform: null,
  createdAt: null,
  sizeBytes: 1,
  labels: {},
  containers: null,
  manifests: [],
};
const container: EngineContainer = {
  id: 'c'.repeat(64),
  name: 'web',
  imageReference: 'web:1',
  imageId,
  imageManifestDigest: null,
  state: 'running',
  createdAt: null,
  ports: [],
  labels: {},
  pod: null,
};
const runtime: OfferedRuntime = {
  name: 'docker',
  kind: 'docker',
  imagesBy: 'export',
  namespace: null,
  version: '29',
  rootless: false,
  address: 'unix:///run/docker.sock',
  state: 'readable',
  reason: null,
  remedy: null,
  socketPath: '/served',
};

/** An engine that can't inspect anything until `heal` is called. */
function startEngine(code: 'timed-out' | 'not-found') {
  let isIll = true;
  let asked = 0;
  const inspect = async <T>(value: T): Promise<T> => {
    asked += 1;
    if (isIll) throw new Fault(code, 'ill');
    return value;
  };
  const client: EngineClient = {
    imagesBy: 'export',
    address: runtime.address,
    info: () => Promise.reject(new Error('not asked')),
    images: async () => [image],
    containers: async () => [container],
    inspectImage: () =>
      inspect({
        ...image,
        platform: { os: 'linux', architecture: 'amd64', variant: null },
        diffIds: [],
        user: '',
        environmentNames: [],
      }),
    inspectContainer: () =>
      inspect({
        id: container.id,
        name: 'web',
        imageId,
        state: 'running' as const,
        createdAt: null,
        startedAt: '2026-01-01T00:00:00Z',
        finishedAt: null,
        exitCode: null,
        restartCount: 0,
        user: '',
        privileged: false,
        readonlyRoot: false,
        capabilitiesAdded: [],
        networkMode: '',
        pidMode: '',
        environmentNames: [],
      }),
    history: async () => [],
    events: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) }),
    exportImage: () => Promise.reject(new Error('not asked')),
    close: async () => undefined,
  };
  return {
    client,
    heal: () => {
      isIll = false;
    },
    asked: () => asked,
  };
}

const ample = { inspectMs: Number.POSITIVE_INFINITY };
const nothingInspected = (): Inspected => ({
  keys: new Map(),
  platforms: new Map(),
  containers: new Map(),
  round: 0,
  parts: new Map(),
});
const signal = () => AbortSignal.timeout(5000);

const imageOf = ({ images }: Inventory): AgentImage => JSON.parse(new Map(images).get(`docker/${imageId}`) ?? '');
const containerOf = ({ containers }: Inventory): AgentContainer =>
  JSON.parse(new Map(containers).get(`docker/${container.id}`) ?? '');

it('inspects again what an engine under load could not tell', async () => {
  const engine = startEngine('timed-out');
  const inspected = nothingInspected();
  const collect = () => collectInventory([runtime], [{ runtime, client: engine.client }], inspected, ample, signal());
  const before = await collect();
  expect(imageOf(before).platform).toBeNull();
  engine.heal();
  const after = await collect();
  expect(imageOf(after).platform).toBe('linux/amd64');
  expect(containerOf(after).started).toBe('2026-01-01T00:00:00Z');
  const asked = engine.asked();
  await collect();
  expect(engine.asked()).toBe(asked);
});

it('keeps what an engine had that is stopped, as it keeps what one had that failed', async () => {
  const engine = startEngine('not-found');
  const inspected = nothingInspected();
  await collectInventory([runtime], [{ runtime, client: engine.client }], inspected, ample, signal());
  const stopped: OfferedRuntime = { ...runtime, state: 'unavailable', reason: 'not running', socketPath: null };
  const while_ = await collectInventory([stopped], [], inspected, ample, signal());
  expect([...while_.images.keys()]).toEqual([`docker/${imageId}`]);
  expect([...while_.containers.keys()]).toEqual([`docker/${container.id}`]);
  expect(while_.runtimes).toEqual([stopped]);
  expect((await collectInventory([], [], inspected, ample, signal())).images.size).toBe(0);
});

it('lists what it has no time to inspect, says so, and adds the rest the next time', async () => {
  const engine = startEngine('timed-out');
  engine.heal();
  const inspected = nothingInspected();
  const collect = (inspectMs: number) =>
    collectInventory([runtime], [{ runtime, client: engine.client }], inspected, { inspectMs }, signal());
  const first = await collect(0);
  expect([first.isHasty, first.images.size, first.containers.size, engine.asked()]).toEqual([true, 1, 1, 0]);
  expect(containerOf(first).started).toBeNull();
  const second = await collect(Number.POSITIVE_INFINITY);
  expect(second.isHasty).toBe(false);
  expect(containerOf(second).started).toBe('2026-01-01T00:00:00Z');
});

it('inspects many by one request where that can be, and again only what changed', async () => {
  const { client } = startEngine('timed-out');
  const listed = (state: EngineContainer['state']) =>
    Array.from({ length: 120 }, (_, at) => ({ ...container, id: at.toString(16).padStart(64, '0'), state }));
  let containers = listed('running');
  const requests: number[] = [];
  const many: EngineClient = {
    ...client,
    images: async () => [{ ...image, platform: { os: 'linux', architecture: 'amd64', variant: null } }],
    containers: async () => containers,
    async *inspectContainers(ids) {
      requests.push(ids.length);
      for (const id of ids)
        yield {
          id,
          found: {
            startedAt: `2026-01-01T00:00:${requests.length}0Z`,
            finishedAt: null,
            exitCode: 0,
            networkMode: null,
          },
        };
    },
  };
  const inspected = nothingInspected();
  const collect = () => collectInventory([runtime], [{ runtime, client: many }], inspected, ample, signal());
  const first = await collect();
  expect(requests).toEqual([50, 50, 20]);
  const texts = () => Array.from(first.containers, ([, text]): AgentContainer => JSON.parse(text));
  expect(new Set(texts().map(({ started }) => started)).size).toBe(3);
  await collect();
  expect(requests).toHaveLength(3);
  const before = [...first.containers];
  containers = listed('exited').slice(0, 1);
  expect([...(await collect()).containers]).toHaveLength(1);
  expect(requests.slice(3)).toEqual([1]);
  // What an inventory says stays, whatever is found out afterwards: it may still have to be sent.
  expect([...first.containers]).toEqual(before);
});

it('inspects so many that changed for one report, those first that waited longest, and says that it is behind', async () => {
  const { client } = startEngine('timed-out');
  const count = reinspectionsMax + 100;
  let state: EngineContainer['state'] = 'running';
  const asked: string[] = [];
  const many: EngineClient = {
    ...client,
    images: async () => [],
    containers: async () => Array.from({ length: count }, (_, at) => ({ ...container, id: `c${at}`, state })),
    async *inspectContainers(ids) {
      asked.push(...ids);
      for (const id of ids)
        yield { id, found: { startedAt: null, finishedAt: null, exitCode: null, networkMode: null } };
    },
  };
  const inspected = nothingInspected();
  const collect = async () => {
    asked.length = 0;
    const { isBehind } = await collectInventory([runtime], [{ runtime, client: many }], inspected, ample, signal());
    return { isBehind, asked: asked.length };
  };
  expect(await collect()).toEqual({ isBehind: false, asked: count });
  state = 'exited';
  expect(await collect()).toEqual({ isBehind: true, asked: reinspectionsMax });
  state = 'paused';
  await collect();
  expect(asked.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, at) => `c${reinspectionsMax + at}`));
});
