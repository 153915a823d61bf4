import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, formatPlatform, type Platform, toFault } from '@hullcheck/core';
import type { EngineContainer, EngineImage, EngineInfo } from '../engine.ts';
import type { ContainerRun, NamingClient } from '../inventory-client.ts';
import { toList } from '../json-stream.ts';
import { followRetryMsMax, followRetryMsMin } from '../limits.ts';
import type { ClusterApi } from './api.ts';
import { type ClusterPods, createClusterPods, readClusterInfo } from './cluster.ts';
import type { Pod, PodContainer } from './pods.ts';
import { readTokenIssuer, type TokenIssuer } from './token-issuer.ts';

export interface ClusterClient extends NamingClient {
  /** What Kubernetes itself takes for the identity of a cluster. */
  uid(signal: AbortSignal): Promise<string>;
  /** By what the tokens of the cluster's service accounts are known. */
  tokenIssuer(signal: AbortSignal): Promise<TokenIssuer>;
}

/**
 * A whole cluster in the words of an inventory: its pods' containers, and the images that their kubelets say they run. The
 * first question starts following the cluster; from then on answers come from memory.
 */
export function createClusterClient(api: ClusterApi): ClusterClient {
  const cluster = createClusterPods(api);
  const cancel = new AbortController();
  let following: Promise<void> | undefined;
  const listed = Promise.withResolvers<void>();
  let failure: Fault | undefined;
  let changed = Promise.withResolvers<void>();
  /** Of the containers last listed: the list says when each ran, so inspecting asks nobody. */
  const times = new Map<string, ContainerRun>();

  async function follow(): Promise<void> {
    let retryMs = followRetryMsMin;
    while (!cancel.signal.aborted) {
      try {
        await cluster.follow(() => {
          failure = undefined;
          retryMs = followRetryMsMin;
          listed.resolve();
          changed.resolve();
          changed = Promise.withResolvers();
        }, cancel.signal);
      } catch (error) {
        if (cancel.signal.aborted) return;
        failure = toFault(error, 'the cluster could not be followed');
        listed.resolve();
        await sleep(retryMs, undefined, { signal: cancel.signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, followRetryMsMax);
      }
    }
  }

  async function pods(signal: AbortSignal): Promise<ClusterPods> {
    following ??= follow();
    const aborted = Promise.withResolvers<never>();
    const stop = () => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([listed.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (failure !== undefined) throw failure;
    return cluster;
  }

  async function* eachContainer(signal: AbortSignal): AsyncGenerator<EngineContainer, void, void> {
    const followed = await pods(signal);
    times.clear();
    // Pods come and go while these are taken one by one.
    const present = [...followed.pods.values()];
    for (const pod of present) {
      for (const container of pod.containers) {
        times.set(containerIdOf(pod, container), container);
        yield toContainer(pod, container, followed);
      }
    }
  }

  return {
    imagesBy: 'none',
    address: `https://${api.place}`,
    async info(signal) {
      const { version } = await readClusterInfo(api, signal);
      return { ...INFO, version: version ?? '' };
    },
    uid: async (signal) => (await readClusterInfo(api, signal)).uid,
    tokenIssuer: (signal) => readTokenIssuer(api, signal),
    images: async (signal) => imagesOf(await pods(signal)),
    containers: (signal) => toList(eachContainer(signal)),
    eachContainer,
    inspectImage: async () => ({ platform: null }),
    async inspectContainer(id): Promise<ContainerRun> {
      const found = times.get(id);
      return {
        startedAt: found?.startedAt ?? null,
        finishedAt: found?.finishedAt ?? null,
        exitCode: found?.exitCode ?? null,
        networkMode: found?.networkMode ?? null,
      };
    },
    async *events(_sinceSeconds, signal) {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      while (!signal.aborted) {
        await Promise.race([changed.promise, aborted]);
        if (!signal.aborted) yield { kind: 'container', action: 'update', id: '', timeSeconds: 0 };
      }
    },
    async close() {
      cancel.abort();
      listed.resolve();
      await following;
      await api.close();
    },
  };
}

const INFO: EngineInfo = {
  kind: 'kubernetes',
  version: '',
  apiVersion: 'v1',
  store: 'layers',
  driver: '',
  hostName: '',
  operatingSystem: null,
  kernel: null,
  architecture: null,
  rootless: false,
};

/**
 * By the digest that a kubelet names: of a configuration, or of a manifest or an index, it does not say which. Nodes of several
 * platforms have under an index an image each.
 */
function imageIdOf({ imageId }: PodContainer, platform: Platform | null): string {
  if (imageId.configDigest !== null) return imageId.configDigest;
  const digest = imageId.repoDigest?.slice(imageId.repoDigest.lastIndexOf('@') + 1) ?? '';
  return digest === '' || platform === null ? digest : `${digest}@${formatPlatform(platform)}`;
}

interface FoundImage {
  readonly container: PodContainer;
  readonly platform: Platform | null;
  readonly names: Set<string>;
  readonly repoDigests: Set<string>;
}

function imagesOf(cluster: ClusterPods): readonly EngineImage[] {
  const found = new Map<string, FoundImage>();
  for (const pod of cluster.pods.values()) {
    const platform = cluster.platformOf(pod);
    for (const container of pod.containers) {
      const id = imageIdOf(container, platform);
      if (id === '') continue;
      const known = found.get(id) ?? { container, platform, names: new Set(), repoDigests: new Set() };
      found.set(id, known);
      // A name with a digest says nothing that the digest does not.
      if (!container.image.includes('@')) known.names.add(container.image);
      if (container.imageId.repoDigest !== null) known.repoDigests.add(container.imageId.repoDigest);
    }
  }
  return [...found].map(([id, { container, platform, names, repoDigests }]) => {
    const digest = container.imageId.configDigest ?? undefined;
    return {
      id,
      idKind: digest === undefined ? 'unknown' : 'config',
      digests: digest === undefined ? [] : [{ kind: 'config', digest, repository: null }],
      tags: [...names].sort((a, b) => (a < b ? -1 : 1)),
      repoDigests: [...repoDigests].sort((a, b) => (a < b ? -1 : 1)),
      platform,
      createdAt: null,
      sizeBytes: null,
      labels: {},
      containers: null,
      manifests: [],
    };
  });
}

/** The runtime's id where there is one, so that a node's own agent names the same container the same. */
function containerIdOf(pod: Pod, container: PodContainer): string {
  return container.id ?? `${pod.uid}/${container.name}`;
}

function toContainer(pod: Pod, container: PodContainer, cluster: ClusterPods): EngineContainer {
  return {
    id: containerIdOf(pod, container),
    name: container.name,
    imageReference: container.image,
    imageId: imageIdOf(container, cluster.platformOf(pod)),
    imageManifestDigest: null,
    state: container.state,
    createdAt: pod.createdAt,
    ports: container.hostPorts.map(({ ip, host, container: inside, protocol }) => ({
      ip,
      host,
      container: inside,
      protocol,
    })),
    labels: {},
    pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, owner: cluster.ownerOf(pod), node: pod.node },
  };
}
