import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, Fault, parseDigest, type TypedDigest } from '@hullcheck/core';
import type { ContainerState, EngineContainer, EngineEvent, EngineImage, EngineInfo, EngineKind } from '../engine.ts';
import { named, withAlgorithm } from '../fields.ts';
import type { GrpcChannel } from '../grpc/channel.ts';
import { isNotOffered } from '../grpc/channel.ts';
import { encode, instantOf, type Message } from '../grpc/messages.ts';
import { hostPlatform } from '../host-platform.ts';
import type { ContainerRun, NamingClient } from '../inventory-client.ts';
import { parsePorts, podLabels, podOfLabels, portsAnnotation } from '../kubernetes-labels.ts';
import { answerTimeoutMs, listElementsMax, listTimeoutMs, pollMs } from '../limits.ts';
import * as calls from './calls.ts';

/** The namespace in which containerd keeps what Kubernetes runs. */
export const criNamespace = 'k8s.io';

/** Kubernetes' container runtime interface: CRI-O, containerd's plug-in, cri-dockerd. */
export interface CriClient extends NamingClient {
  inspectContainer(id: string, signal: AbortSignal): Promise<ContainerRun>;
}

const NOTHING = encode({});

export function createCriClient(channel: GrpcChannel): CriClient {
  /** Streams that this runtime turned out not to offer. */
  const absent = new Set<string>();
  /** The pod of each container that was last listed: it has the network. */
  let sandboxOf: ReadonlyMap<string, string> = new Map();

  async function listed<T>(
    what: { readonly list: string; readonly stream: string; readonly shape: Message<{ readonly items: readonly T[] }> },
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const options = { signal: within(signal, listTimeoutMs) };
    if (!absent.has(what.stream)) {
      const all: T[] = [];
      try {
        for await (const { items } of channel.stream(what.stream, NOTHING, what.shape, options)) {
          all.push(...items);
          if (all.length > listElementsMax)
            throw new Fault('limit-exceeded', `the engine lists more than ${listElementsMax}`, {
              place: channel.address,
            });
        }
        return all;
      } catch (error) {
        if (!isNotOffered(error)) throw error;
        absent.add(what.stream);
      }
    }
    return (await channel.call(what.list, NOTHING, what.shape, options)).items;
  }

  async function containers(signal: AbortSignal): Promise<readonly EngineContainer[]> {
    const sandboxes = new Map((await listed(calls.Sandboxes, signal)).map((sandbox) => [sandbox.id, sandbox]));
    const ids = idsOf(await images(signal));
    const found = await listed(calls.Containers, signal);
    sandboxOf = new Map(found.map(({ id, sandboxId }) => [id, sandboxId]));
    return found.map((container) => toContainer(container, sandboxes.get(container.sandboxId), ids));
  }

  async function networkModeOf(id: string, signal: AbortSignal): Promise<string | null> {
    const sandbox = sandboxOf.get(id);
    if (sandbox === undefined || sandbox === '') return null;
    const options = { signal: within(signal, answerTimeoutMs) };
    const { method, shape } = calls.SandboxStatus;
    const { status } = await channel.call(method, encode({ 1: sandbox }), shape, options);
    if (status === null || status.linux === null) return null;
    // The encoding leaves zeros out: what is not there is the pod's own.
    return status.linux.namespaces?.options?.network === NODE_NETWORK ? 'host' : 'pod';
  }

  async function images(signal: AbortSignal): Promise<readonly EngineImage[]> {
    return (await listed(calls.Images, signal)).map(toImage);
  }

  /** For runtimes without an event stream: what there is, looked at again and again. */
  async function* changes(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    let before: string | undefined;
    while (!signal.aborted) {
      const seen = [
        ...(await containers(signal)).map(({ id, state }) => `${id} ${state}`),
        ...(await images(signal)).map(({ id, tags, repoDigests }) => [id, ...tags, ...repoDigests].join(' ')),
      ];
      const now = seen.toSorted().join('\n');
      if (before !== undefined && now !== before)
        yield { kind: 'container', action: 'update', id: '', timeSeconds: Date.now() / 1000 };
      before = now;
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    imagesBy: 'none',
    address: channel.address,
    info: (signal) => readCriInfo(channel, signal),
    images,
    containers,
    inspectImage: async () => ({ platform: hostPlatform() }),
    async inspectContainer(id, signal) {
      const options = { signal: within(signal, answerTimeoutMs) };
      const { method, shape } = calls.ContainerStatus;
      const { status } = await channel.call(method, encode({ 1: id }), shape, options);
      const isOver = status !== null && toState(status.state) === 'exited';
      return {
        startedAt: instantOf(toMilliseconds(status?.startedAt)),
        finishedAt: isOver ? instantOf(toMilliseconds(status.finishedAt)) : null,
        exitCode: isOver ? status.exitCode : null,
        // A pod may go before its container: when that ran is told all the same.
        networkMode: await networkModeOf(id, signal).catch(() => null),
      };
    },
    async *events(_sinceSeconds, signal) {
      const { method, shape } = calls.ContainerEvents;
      try {
        for await (const { containerId, type, createdAt } of channel.stream(method, NOTHING, shape, { signal })) {
          const action = ACTIONS[type] ?? 'update';
          yield { kind: 'container', action, id: containerId, timeSeconds: toMilliseconds(createdAt) / 1000 };
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isNotOffered(error)) throw error;
        yield* changes(signal);
      }
    },
    close: () => channel.close(),
  };
}

/** Fault `unsupported` where nothing at this socket speaks the interface. */
export async function readCriInfo(channel: GrpcChannel, signal: AbortSignal): Promise<EngineInfo> {
  const options = { signal: within(signal, answerTimeoutMs) };
  const version = await channel.call(calls.Version.method, NOTHING, calls.Version.shape, options);
  return {
    kind: kindOf(version.runtimeName),
    version: version.runtimeVersion,
    apiVersion: version.apiVersion,
    store: 'layers',
    driver: '',
    hostName: '',
    operatingSystem: null,
    kernel: null,
    architecture: null,
    rootless: false,
  };
}

function kindOf(runtimeName: string): EngineKind {
  if (runtimeName === 'containerd' || runtimeName === 'cri-o') return runtimeName;
  return 'cri';
}

/** An image's id is its configuration's digest, for containerd's plug-in and CRI-O alike; cri-dockerd hands on what Docker says. */
function toImage({ id, tags, digests: repoDigests, size }: calls.CriImage): EngineImage {
  const imageId = withAlgorithm(id);
  const digest: Digest | undefined = parseDigest(imageId);
  const config: readonly TypedDigest[] = digest === undefined ? [] : [{ kind: 'config', digest, repository: null }];
  return {
    id: imageId,
    idKind: digest === undefined ? 'unknown' : 'config',
    digests: config,
    tags: named(tags),
    repoDigests: named(repoDigests),
    // The interface tells a platform only in text meant for debugging; kubelets have images pulled for their own machine.
    platform: hostPlatform(),
    createdAt: null,
    sizeBytes: Number(size),
    labels: {},
    containers: null,
    manifests: [],
  };
}

/** The image behind each id and digested name, as containers refer to them. Never behind a tag, which may have moved on. */
function idsOf(images: readonly EngineImage[]): ReadonlyMap<string, string> {
  return new Map(images.flatMap(({ id, repoDigests }) => [id, ...repoDigests].map((name) => [name, id])));
}

function toContainer(
  container: calls.CriContainer,
  sandbox: calls.CriSandbox | undefined,
  ids: ReadonlyMap<string, string>,
): EngineContainer {
  const { labels, metadata, image, annotations } = container;
  const pod = sandbox?.metadata;
  return {
    id: container.id,
    name: metadata?.name || labels[podLabels.container] || container.id,
    imageReference: image?.userSpecified || image?.image || container.imageRef,
    // Newer runtimes name the image by its id on the node; before, the reference was the id or a digested name.
    imageId:
      [container.imageId, container.imageRef]
        .map((name) => ids.get(withAlgorithm(name)))
        .find((id) => id !== undefined) ?? withAlgorithm(container.imageId || container.imageRef),
    imageManifestDigest: null,
    state: toState(container.state),
    createdAt: instantOf(toMilliseconds(container.createdAt)),
    ports: parsePorts(annotations[portsAnnotation]),
    labels,
    pod:
      pod == null || pod.name === ''
        ? podOfLabels(labels)
        : { name: pod.name, namespace: pod.namespace === '' ? null : pod.namespace, uid: pod.uid },
  };
}

const STATES: readonly ContainerState[] = ['created', 'running', 'exited', 'unknown'];
/** `NamespaceMode.NODE`. */
const NODE_NETWORK = 2;
const ACTIONS: readonly string[] = ['create', 'start', 'die', 'destroy'];

function toState(state: number): ContainerState {
  return STATES[state] ?? 'unknown';
}

function toMilliseconds(nanoseconds: bigint | undefined): number {
  return Number((nanoseconds ?? 0n) / 1_000_000n);
}

const within = (signal: AbortSignal, timeoutMs: number) => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
