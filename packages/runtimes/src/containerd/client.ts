import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import { type CriClient, criNamespace } from '../cri/client.ts';
import type { EngineContainer, EngineEvent, EngineImage } from '../engine.ts';
import type { GrpcChannel, GrpcOptions } from '../grpc/channel.ts';
import { isNotOffered } from '../grpc/channel.ts';
import { encode } from '../grpc/messages.ts';
import { hostPlatform } from '../host-platform.ts';
import { inParallel } from '../in-parallel.ts';
import type { ContainerRun, ContentClient, ContentStore } from '../inventory-client.ts';
import { answerTimeoutMs, listTimeoutMs, namespacesMax, readsAtOnce } from '../limits.ts';
import * as calls from './calls.ts';
import { toEvent } from './events.ts';
import { type ImageDocuments, readImageDocuments } from './image-documents.ts';
import { networkModeOf, runOf, toContainer } from './to-container.ts';

export interface ContainerdClient extends ContentClient {
  readonly namespace: string;
  /** The image of this name, exactly as containerd has it; undefined where there is none. */
  findImage(name: string, signal: AbortSignal): Promise<EngineImage | undefined>;
}

const NOTHING = encode({});

export async function readContainerdVersion(channel: GrpcChannel, signal: AbortSignal): Promise<string> {
  const options = { signal: within(signal, answerTimeoutMs) };
  return (await channel.call(calls.Version.method, NOTHING, calls.Version.shape, options)).version;
}

/** Names of the namespaces: what is in one is invisible in the others. */
export async function listNamespaces(channel: GrpcChannel, signal: AbortSignal): Promise<readonly string[]> {
  const options = { signal: within(signal, answerTimeoutMs) };
  const { namespaces } = await channel.call(calls.ListNamespaces.method, NOTHING, calls.ListNamespaces.shape, options);
  return namespaces
    .map(({ name }) => name)
    .slice(0, namespacesMax)
    .toSorted();
}

/**
 * One namespace of containerd. In Kubernetes' own, containerd's records say nothing of a container that ended, so there
 * states and times come from the interface that Kubernetes uses, where containerd offers it.
 */
export function createContainerdClient(
  channel: GrpcChannel,
  namespace: string,
  cri: CriClient | undefined,
): ContainerdClient {
  const documents = new Map<string, ImageDocuments>();
  /** As the last list of containers had them: thousands are inspected after it, and a call each would list all each time. */
  let tasksListed: ReadonlyMap<string, calls.ContainerdTask> | undefined;
  /** Of the containers last listed: those of nerdctl. */
  let networkModes: ReadonlyMap<string, string> = new Map();
  let interfaceOfKubernetes = namespace === criNamespace ? cri : undefined;
  const asked = (signal: AbortSignal, timeoutMs: number): GrpcOptions => ({
    signal: within(signal, timeoutMs),
    namespace,
  });

  const content: ContentStore = {
    async findSize(digest, signal) {
      const request = encode({ 1: digest });
      try {
        const options = asked(signal, answerTimeoutMs);
        const { info } = await channel.call(calls.ContentInfo.method, request, calls.ContentInfo.shape, options);
        return Number(info?.size ?? 0n);
      } catch (error) {
        if (error instanceof Fault && error.code === 'not-found') return undefined;
        throw error;
      }
    },
    async open(digest, signal) {
      return readContent(channel, digest, { signal, namespace });
    },
  };

  async function records(signal: AbortSignal) {
    const options = asked(signal, listTimeoutMs);
    const { images } = await channel.call(calls.ListImages.method, NOTHING, calls.ListImages.shape, options);
    return images.flatMap(({ name, target }) => {
      const digest = parseDigest(target?.digest ?? '');
      return digest === undefined ? [] : [{ name, digest, mediaType: target?.mediaType ?? '' }];
    });
  }

  async function documentsOf(digest: Digest, kind: 'index' | 'manifest', signal: AbortSignal): Promise<ImageDocuments> {
    const known = documents.get(digest);
    if (known !== undefined) return known;
    const read = await readImageDocuments(content, { digest, kind }, hostPlatform(), signal);
    // What is incomplete may become complete: a pull that is under way, a platform fetched later.
    if (read.platform !== null) documents.set(digest, read);
    return read;
  }

  async function toImages(found: Awaited<ReturnType<typeof records>>, signal: AbortSignal): Promise<EngineImage[]> {
    const byTarget = Map.groupBy(found, ({ digest }) => digest);
    return await inParallel([...byTarget], readsAtOnce, async ([digest, named]) => {
      const kind = kindOf(named[0]?.mediaType ?? '');
      const names = named.map(({ name }) => name);
      const read = kind === 'unknown' ? undefined : await documentsOf(digest, kind, signal);
      return {
        id: digest,
        idKind: kind,
        digests: read?.digests ?? [],
        // Kubernetes' interface also names an image by the bare digest of its configuration.
        tags: names.filter((name) => !name.includes('@') && !name.startsWith('sha256:')),
        repoDigests: names.filter((name) => name.includes('@')),
        platform: read?.platform ?? null,
        createdAt: read?.createdAt ?? null,
        sizeBytes: read?.sizeBytes ?? null,
        labels: read?.labels ?? {},
        containers: null,
        manifests: read?.manifests ?? [],
      };
    });
  }

  async function listContainers(signal: AbortSignal): Promise<readonly calls.ContainerdContainer[]> {
    const options = asked(signal, listTimeoutMs);
    const containers: calls.ContainerdContainer[] = [];
    try {
      const { method, shape } = calls.StreamContainers;
      for await (const { container } of channel.stream(method, NOTHING, shape, options))
        if (container !== null) containers.push(container);
      return containers;
    } catch (error) {
      if (!isNotOffered(error)) throw error;
      return (await channel.call(calls.ListContainers.method, NOTHING, calls.ListContainers.shape, options)).containers;
    }
  }

  async function listTasks(signal: AbortSignal): Promise<ReadonlyMap<string, calls.ContainerdTask>> {
    const options = asked(signal, listTimeoutMs);
    const { tasks } = await channel.call(calls.ListTasks.method, NOTHING, calls.ListTasks.shape, options);
    // What this interface calls the id is the container's: a task is its first process.
    return new Map(tasks.map((task) => [task.containerId === '' ? task.id : task.containerId, task]));
  }

  /** Undefined where it has nothing to say: another namespace, or a containerd whose plug-in is switched off. */
  async function fromKubernetes<T>(ask: (client: CriClient) => Promise<T>): Promise<T | undefined> {
    if (interfaceOfKubernetes === undefined) return undefined;
    try {
      return await ask(interfaceOfKubernetes);
    } catch (error) {
      if (!isNotOffered(error)) throw error;
      interfaceOfKubernetes = undefined;
      return undefined;
    }
  }

  return {
    namespace,
    imagesBy: 'content',
    address: channel.address,
    content,
    async info(signal) {
      return {
        kind: 'containerd',
        version: await readContainerdVersion(channel, signal),
        apiVersion: 'v1',
        store: 'containerd',
        driver: '',
        hostName: '',
        operatingSystem: null,
        kernel: null,
        architecture: null,
        rootless: false,
      };
    },
    async images(signal) {
      const found = await records(signal);
      const alive = new Set<string>(found.map(({ digest }) => digest));
      for (const digest of documents.keys()) if (!alive.has(digest)) documents.delete(digest);
      return await toImages(found, signal);
    },
    async findImage(name, signal) {
      const found = await records(signal);
      const digest = found.find((record) => record.name === name)?.digest;
      return (
        await toImages(
          found.filter((record) => record.digest === digest),
          signal,
        )
      )[0];
    },
    async containers(signal): Promise<readonly EngineContainer[]> {
      const [found, listed, tasks] = [await records(signal), await listContainers(signal), await listTasks(signal)];
      tasksListed = tasks;
      networkModes = new Map(
        listed.flatMap((one) => {
          const mode = networkModeOf(one);
          return mode === null ? [] : [[one.id, mode] as const];
        }),
      );
      const targets = new Map(found.map(({ name, digest }) => [name, digest]));
      const known = new Map((await fromKubernetes((client) => client.containers(signal)))?.map((one) => [one.id, one]));
      return listed.flatMap(
        (container) => toContainer(container, targets, tasks.get(container.id), known.get(container.id)) ?? [],
      );
    },
    async inspectImage(id, signal) {
      const [image] = await toImages(
        (await records(signal)).filter(({ digest }) => digest === id),
        signal,
      );
      if (image === undefined) throw new Fault('not-found', 'the engine has no such image', { place: channel.address });
      return { platform: image.platform };
    },
    async inspectContainer(id, signal): Promise<ContainerRun> {
      const known = await fromKubernetes((client) => client.inspectContainer(id, signal));
      if (known !== undefined) return known;
      return runOf((tasksListed ?? (await listTasks(signal))).get(id), networkModes.get(id) ?? null);
    },
    async *events(_sinceSeconds, signal): AsyncGenerator<EngineEvent> {
      const filters = ['images', 'containers', 'tasks'].map((what) => `namespace==${namespace},topic~="^/${what}/"`);
      const { method, shape } = calls.StreamEvents;
      try {
        for await (const envelope of channel.stream(method, encode({ 1: filters }), shape, { signal })) {
          const event = toEvent(envelope);
          if (event !== undefined) yield event;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    close: () => channel.close(),
  };
}

async function* readContent(channel: GrpcChannel, digest: string, options: GrpcOptions): AsyncGenerator<Uint8Array> {
  const { method, shape } = calls.ReadContent;
  for await (const { data } of channel.stream(method, encode({ 1: digest }), shape, options)) yield data;
}

function kindOf(mediaType: string): 'index' | 'manifest' | 'unknown' {
  if (/(?:image\.index|manifest\.list)\./.test(mediaType)) return 'index';
  return /(?:image\.manifest|distribution\.manifest)\./.test(mediaType) ? 'manifest' : 'unknown';
}

const within = (signal: AbortSignal, timeoutMs: number) => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
