import type { AgentContainer, AgentImage } from '@hullcheck/contract';
import { type Digest, formatPlatform, type Platform, toFault } from '@hullcheck/core';
import {
  type ContainerTimes,
  type ContentClient,
  type EngineClient,
  type EngineContainer,
  type EngineImage,
  type InventoryClient,
  inParallel,
  type NamingClient,
} from '@hullcheck/runtimes';
import { inspectionsAtOnce, labelsMax } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import type { Inventory } from './delta.ts';
import type { RegistryInventory } from './registry-inventory.ts';

/** However a runtime's images are had, its inventory is asked for in the same words. */
export type RuntimeClient = EngineClient | ContentClient | NamingClient | RegistryInventory;

/** An engine, a cluster or a registry as it is reported. */
export type ReportedRuntime = Omit<OfferedRuntime, 'imagesBy'>;

/** An engine that can be asked, under the name by which its things are reported. */
export interface ReadableRuntime {
  readonly runtime: ReportedRuntime;
  readonly client: RuntimeClient;
}

export interface Collected extends Inventory {
  /** Engines as they turned out: one that was readable a moment ago may not be any more. */
  readonly runtimes: readonly ReportedRuntime[];
  /** Something is listed that was not inspected yet. */
  readonly isHasty: boolean;
}

/** What inspecting told about things that did not change since; lives as long as the agent. */
export interface Inspected {
  readonly platforms: Map<string, Platform | null>;
  readonly containers: Map<string, { readonly mark: string; readonly times: ContainerTimes | null }>;
}

/**
 * Lists all engines. One that fails or is stopped is reported with the reason, and its images and containers stay as they
 * were: a restart of Docker must not take a host's findings away. What an engine has that is not offered any more, goes.
 */
export async function collectInventory(
  runtimes: readonly ReportedRuntime[],
  readable: readonly ReadableRuntime[],
  inspected: Inspected,
  previous: Inventory,
  budget: { readonly inspectMs: number },
  signal: AbortSignal,
): Promise<Collected> {
  const untilMs = performance.now() + budget.inspectMs;
  let isHasty = false;
  const images = new Map<string, AgentImage>();
  const containers = new Map<string, AgentContainer>();
  const failed = new Map<string, string>();
  for (const { runtime, client } of readable) {
    try {
      const [listed, running] = [await client.images(signal), await client.containers(signal)];
      // Containers first: when they ran is news, and an image is known by its digests.
      const waiting = [
        ...containersToInspect(running, client, runtime.name, inspected, signal),
        ...imagesToInspect(listed, client, runtime.name, inspected, signal),
      ];
      await inParallel(waiting, inspectionsAtOnce, async (inspect) => {
        if (performance.now() < untilMs) await inspect();
        else isHasty = true;
      });
      for (const image of listed) {
        const platform = image.platform ?? inspected.platforms.get(`${runtime.name}/${image.id}`) ?? null;
        const entry = toAgentImage(image, runtime.name, platform);
        images.set(entry.key, sameOr(previous.images.get(entry.key), entry));
      }
      for (const container of running) {
        const times = inspected.containers.get(`${runtime.name}/${container.id}`)?.times ?? null;
        const entry = toAgentContainer(container, times, runtime.name, images);
        const key = containerKey(entry);
        containers.set(key, sameOr(previous.containers.get(key), entry));
      }
    } catch (error) {
      if (signal.aborted) throw error;
      failed.set(runtime.name, toFault(error, 'the engine could not be read').message);
    }
  }
  const silent = new Set(
    runtimes.filter(({ name, state }) => state !== 'readable' || failed.has(name)).map(({ name }) => name),
  );
  for (const [key, image] of previous.images) if (silent.has(image.runtime)) images.set(key, image);
  for (const [key, container] of previous.containers) if (silent.has(container.runtime)) containers.set(key, container);
  forget(inspected, containers, images);
  return {
    images,
    containers,
    isHasty,
    runtimes: runtimes.map((runtime) => {
      const reason = failed.get(runtime.name);
      return reason === undefined ? runtime : { ...runtime, state: 'unavailable', reason };
    }),
  };
}

/** What did not change stays one object: the last inventory, the acknowledged one and this one share it. */
function sameOr<T>(before: T | undefined, now: T): T {
  // Both come out of the same constructors, so equal things have equal text.
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

type Inspect = () => Promise<void>;

/** Those whose platform neither the list nor an earlier look told. */
function imagesToInspect(
  listed: readonly EngineImage[],
  client: InventoryClient,
  runtime: string,
  inspected: Inspected,
  signal: AbortSignal,
): readonly Inspect[] {
  return listed.flatMap((image): Inspect[] => {
    const key = `${runtime}/${image.id}`;
    if (image.platform !== null || inspected.platforms.has(key)) return [];
    return [
      async () => {
        const platform = await client.inspectImage(image.id, signal).then(({ platform }) => platform, noLongerThere);
        if (platform !== undefined) inspected.platforms.set(key, platform);
      },
    ];
  });
}

/** Null for what was deleted between the list and now; undefined where asking again may help. */
function noLongerThere(error: unknown): null | undefined {
  return toFault(error).code === 'not-found' ? null : undefined;
}

/** Only containers that are new or changed their state: a host may have thousands. */
function containersToInspect(
  listed: readonly EngineContainer[],
  client: InventoryClient,
  runtime: string,
  inspected: Inspected,
  signal: AbortSignal,
): readonly Inspect[] {
  return listed.flatMap((container): Inspect[] => {
    const key = `${runtime}/${container.id}`;
    const mark = markOf(container);
    if (inspected.containers.get(key)?.mark === mark) return [];
    return [
      async () => {
        const times = await client.inspectContainer(container.id, signal).then(onlyTimes, noLongerThere);
        if (times !== undefined) inspected.containers.set(key, { mark, times });
      },
    ];
  });
}

/** Thousands of them are kept: nothing but what is reported. */
function onlyTimes({ startedAt, finishedAt, exitCode }: ContainerTimes): ContainerTimes {
  return { startedAt, finishedAt, exitCode };
}

function markOf(container: EngineContainer): string {
  return `${container.state} ${container.name} ${container.imageId}`;
}

function forget(
  inspected: Inspected,
  containers: ReadonlyMap<string, AgentContainer>,
  images: ReadonlyMap<string, AgentImage>,
): void {
  for (const key of inspected.containers.keys()) if (!containers.has(key)) inspected.containers.delete(key);
  for (const key of inspected.platforms.keys()) if (!images.has(key)) inspected.platforms.delete(key);
}

function toAgentImage(image: EngineImage, runtime: string, platform: Platform | null): AgentImage {
  const of = (kind: 'config' | 'manifest' | 'index'): Digest[] => [
    ...new Set(image.digests.filter((digest) => digest.kind === kind).map(({ digest }) => digest)),
  ];
  return {
    key: `${runtime}/${image.id}`,
    runtime,
    id: image.id,
    idKind: image.idKind,
    configDigest: of('config')[0] ?? null,
    manifestDigests: of('manifest').slice(0, 100),
    indexDigests: of('index').slice(0, 100),
    repoTags: texts(image.tags, 600, 1000),
    repoDigests: texts(image.repoDigests, 600, 1000),
    platform: platform === null ? null : text(formatPlatform(platform), 100),
    size: image.sizeBytes,
    created: image.createdAt,
    labels: toLabels(image.labels),
  };
}

/** Ids are a runtime's own: two namespaces of containerd may each have a container of the same name. */
function containerKey({ runtime, id }: Pick<AgentContainer, 'runtime' | 'id'>): string {
  return `${runtime}/${id}`;
}

function toAgentContainer(
  container: EngineContainer,
  times: ContainerTimes | null,
  runtime: string,
  images: ReadonlyMap<string, AgentImage>,
): AgentContainer {
  const imageKey = `${runtime}/${container.imageId}`;
  return {
    id: text(container.id, 200),
    runtime,
    name: text(container.name, 600),
    imageKey: images.has(imageKey) ? imageKey : null,
    imageReference: text(container.imageReference, 600),
    state: container.state,
    created: container.createdAt,
    started: times?.startedAt ?? null,
    finished: times?.finishedAt ?? null,
    // Windows' codes have the 32nd bit set; PostgreSQL's int, and Windows' own tools, show them with a sign.
    exitCode: times?.exitCode == null ? null : times.exitCode | 0,
    ports: container.ports
      .slice(0, 1000)
      .flatMap(({ ip, host, container: inside, protocol }) =>
        host === null ? [] : [{ ip: text(ip, 60), host, container: inside, protocol: text(protocol, 10) }],
      ),
    labels: toLabels(container.labels),
    pod:
      container.pod === null
        ? null
        : {
            namespace: container.pod.namespace === null ? null : text(container.pod.namespace, 300),
            name: text(container.pod.name, 300),
            uid: text(container.pod.uid, 100),
            owner: container.pod.owner == null ? null : text(container.pod.owner, 400),
            node: container.pod.node == null ? null : text(container.pod.node, 300),
          },
  };
}

function toLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, labelsMax)
      .map(([name, value]) => [text(name, 300), text(value, 2000)]),
  );
}

/** Foreign text as the contract takes it: bounded, without U+0000. */
function text(value: string, charactersMax: number): string {
  return value.replaceAll('\0', '').slice(0, charactersMax);
}

function texts(values: readonly string[], charactersMax: number, entriesMax: number): string[] {
  return values.slice(0, entriesMax).map((value) => text(value, charactersMax));
}
