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
import { inspectionsAtOnce, labelsMax, textsUntilTidyBytes } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import { createTidier } from '../tidy.ts';
import type { EntryText, Inventory } from './delta.ts';
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
  const images = new Map<string, EntryText>();
  const containers = new Map<string, EntryText>();
  const failed = new Map<string, string>();
  for (const { runtime, client } of readable) {
    try {
      const found = await listRuntime(client, runtime.name, inspected, previous, signal);
      await inParallel(found.waiting, inspectionsAtOnce, async (inspect) => {
        if (performance.now() < untilMs) await inspect();
        else isHasty = true;
      });
      for (const [key, text] of found.images) images.set(key, text);
      for (const [key, text] of found.containers) containers.set(key, text);
    } catch (error) {
      if (signal.aborted) throw error;
      failed.set(runtime.name, toFault(error, 'the engine could not be read').message);
    }
  }
  const silent = new Set(
    runtimes.filter(({ name, state }) => state !== 'readable' || failed.has(name)).map(({ name }) => name),
  );
  for (const [key, image] of previous.images) if (silent.has(runtimeOf(key))) images.set(key, image);
  for (const [key, container] of previous.containers) if (silent.has(runtimeOf(key))) containers.set(key, container);
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

function runtimeOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

const tidy = createTidier(textsUntilTidyBytes);

/** What did not change stays one text: the last inventory, the acknowledged one and this one share it. */
function sameOr(before: EntryText | undefined, now: EntryText): EntryText {
  tidy(now.length);
  return before === now ? before : now;
}

type Inspect = () => Promise<void>;

interface Listed {
  readonly images: Map<string, EntryText>;
  readonly containers: Map<string, EntryText>;
  /** Adds to these texts what only inspecting tells. Containers first: when they ran is news, an image is known by its digests. */
  readonly waiting: readonly Inspect[];
}

/** Each listed thing becomes its text at once: as objects, thousands would be held for as long as they are inspected. */
async function listRuntime(
  client: InventoryClient,
  runtime: string,
  inspected: Inspected,
  previous: Inventory,
  signal: AbortSignal,
): Promise<Listed> {
  const images = new Map<string, EntryText>();
  const containers = new Map<string, EntryText>();
  const waitingImages: Inspect[] = [];
  const waitingContainers: Inspect[] = [];
  const keepImage = (key: string, entry: AgentImage) =>
    images.set(key, sameOr(previous.images.get(key), JSON.stringify(entry)));
  const keepContainer = (key: string, entry: AgentContainer) =>
    containers.set(key, sameOr(previous.containers.get(key), JSON.stringify(entry)));

  for await (const image of client.eachImage?.(signal) ?? (await client.images(signal))) {
    const key = `${runtime}/${image.id}`;
    keepImage(key, toAgentImage(image, key, runtime, image.platform ?? inspected.platforms.get(key) ?? null));
    // Those whose platform neither the list nor an earlier look told.
    if (image.platform !== null || inspected.platforms.has(key)) continue;
    const { id } = image;
    waitingImages.push(async () => {
      const platform = await client.inspectImage(id, signal).then(({ platform }) => platform, noLongerThere);
      if (platform === undefined) return;
      inspected.platforms.set(key, platform);
      const entry: AgentImage = JSON.parse(images.get(key) ?? '');
      keepImage(key, { ...entry, platform: toPlatform(platform) });
    });
  }
  for await (const container of client.eachContainer?.(signal) ?? (await client.containers(signal))) {
    const key = `${runtime}/${text(container.id, 200)}`;
    const known = inspected.containers.get(key);
    keepContainer(key, toAgentContainer(container, known?.times ?? null, runtime, images));
    // Only containers that are new or changed their state: a host may have thousands.
    const mark = markOf(container);
    if (known?.mark === mark) continue;
    const { id } = container;
    waitingContainers.push(async () => {
      const times = await client.inspectContainer(id, signal).then(onlyTimes, noLongerThere);
      if (times === undefined) return;
      inspected.containers.set(key, { mark, times });
      const entry: AgentContainer = JSON.parse(containers.get(key) ?? '');
      keepContainer(key, { ...entry, ...toTimes(times) });
    });
  }
  return { images, containers, waiting: [...waitingContainers, ...waitingImages] };
}

/** Null for what was deleted between the list and now; undefined where asking again may help. */
function noLongerThere(error: unknown): null | undefined {
  return toFault(error).code === 'not-found' ? null : undefined;
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
  containers: ReadonlyMap<string, EntryText>,
  images: ReadonlyMap<string, EntryText>,
): void {
  for (const key of inspected.containers.keys()) if (!containers.has(key)) inspected.containers.delete(key);
  for (const key of inspected.platforms.keys()) if (!images.has(key)) inspected.platforms.delete(key);
}

function toAgentImage(image: EngineImage, key: string, runtime: string, platform: Platform | null): AgentImage {
  const of = (kind: 'config' | 'manifest' | 'index'): Digest[] => [
    ...new Set(image.digests.filter((digest) => digest.kind === kind).map(({ digest }) => digest)),
  ];
  return {
    key,
    runtime,
    id: image.id,
    idKind: image.idKind,
    configDigest: of('config')[0] ?? null,
    manifestDigests: of('manifest').slice(0, 100),
    indexDigests: of('index').slice(0, 100),
    repoTags: texts(image.tags, 600, 1000),
    repoDigests: texts(image.repoDigests, 600, 1000),
    platform: toPlatform(platform),
    size: image.sizeBytes,
    created: image.createdAt,
    labels: toLabels(image.labels),
  };
}

function toPlatform(platform: Platform | null): string | null {
  return platform === null ? null : text(formatPlatform(platform), 100);
}

function toTimes(times: ContainerTimes | null): Pick<AgentContainer, 'started' | 'finished' | 'exitCode'> {
  return {
    started: times?.startedAt ?? null,
    finished: times?.finishedAt ?? null,
    // Windows' codes have the 32nd bit set; PostgreSQL's int, and Windows' own tools, show them with a sign.
    exitCode: times?.exitCode == null ? null : times.exitCode | 0,
  };
}

function toAgentContainer(
  container: EngineContainer,
  times: ContainerTimes | null,
  runtime: string,
  images: ReadonlyMap<string, EntryText>,
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
    ...toTimes(times),
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
