import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type Platform } from '@hullcheck/core';
import { z } from 'zod';
import { ownersMax, podsMax, watchGapMs } from '../limits.ts';
import { type ClusterApi, expired, METADATA_ONLY } from './api.ts';
import { createClusterNodes } from './nodes.ts';
import { controllerOf, OwnedObject, type Owner, type Pod, parsePod } from './pods.ts';

/** A cluster as far as its pods tell. */
export interface ClusterInfo {
  /** Uid of the namespace `kube-system`: what Kubernetes itself takes for a cluster's identity. */
  readonly uid: string;
  readonly version: string | null;
}

export interface ClusterPods {
  /** All pods by uid; kept up to date by `follow`. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** What a person would name as the owner: `Deployment/web` where the pod names a ReplicaSet of it. */
  ownerOf(pod: Pod): string | null;
  /** Of the node that it runs on; null where that is not known. */
  platformOf(pod: Pod): Platform | null;
  /**
   * Lists, then watches; `changed` is called after the first list and after each change. Ends with the signal, or with a
   * Fault: what went away while nobody watched is found by the next call's list.
   */
  follow(changed: () => void, signal: AbortSignal): Promise<never>;
}

const Namespace = z.object({ metadata: z.object({ uid: z.string().min(1).max(100) }) });
const Version = z.object({ gitVersion: z.string().max(100) });

export async function readClusterInfo(api: ClusterApi, signal: AbortSignal): Promise<ClusterInfo> {
  const namespace = Namespace.safeParse(await api.get('/api/v1/namespaces/kube-system', signal));
  if (!namespace.success)
    throw new Fault('unsupported', 'this cluster has no namespace kube-system', { place: api.place });
  const version = Version.safeParse(await api.get('/version', signal));
  return { uid: namespace.data.metadata.uid, version: version.success ? version.data.gitVersion : null };
}

/** Kinds that stand between a pod and what people deployed. */
const BETWEEN: Readonly<Record<string, (namespace: string) => string>> = {
  ReplicaSet: (namespace) => `/apis/apps/v1/namespaces/${namespace}/replicasets`,
  Job: (namespace) => `/apis/batch/v1/namespaces/${namespace}/jobs`,
};
const LISTS: readonly string[] = ['/apis/apps/v1/replicasets', '/apis/batch/v1/jobs'];

function ownerIn(object: unknown): { readonly uid: string; readonly owner: Owner | null } | undefined {
  const parsed = OwnedObject.safeParse(object);
  return parsed.success ? { uid: parsed.data.metadata.uid, owner: controllerOf(parsed.data.metadata) } : undefined;
}

export function createClusterPods(api: ClusterApi): ClusterPods {
  const pods = new Map<string, Pod>();
  /** By uid of a ReplicaSet or Job: who owns it, null where nobody does. */
  const owners = new Map<string, Owner | null>();
  const nodes = createClusterNodes(api);

  const put = (pod: Pod) => {
    if (pods.size >= podsMax && !pods.has(pod.uid))
      throw new Fault('limit-exceeded', `a cluster of more than ${podsMax} pods`, { place: api.place });
    pods.set(pod.uid, pod);
  };

  /** Asks for one that appeared since the list: a new rollout makes one ReplicaSet for many pods. */
  const learnOwner = async (pod: Pod, signal: AbortSignal) => {
    const { owner, namespace } = pod;
    const path = owner === null ? undefined : BETWEEN[owner.kind]?.(encodeURIComponent(namespace));
    if (owner === null || path === undefined || owners.has(owner.uid)) return;
    const object = await api
      .get(`${path}/${encodeURIComponent(owner.name)}`, signal, METADATA_ONLY.replaceAll('MetadataList', 'Metadata'))
      .catch((error: unknown) => {
        // Without the right to read it, or after it went, the pod's own word stands.
        if (error instanceof Fault && (error.code === 'not-found' || error.code === 'runtime-forbidden')) return null;
        throw error;
      });
    const parsed = OwnedObject.safeParse(object);
    keepOwner(owner.uid, parsed.success ? controllerOf(parsed.data.metadata) : null);
  };

  const keepOwner = (uid: string, owner: Owner | null) => {
    const oldest = owners.keys().next();
    if (owners.size >= ownersMax && !oldest.done) owners.delete(oldest.value);
    owners.set(uid, owner);
  };

  const listAll = async (signal: AbortSignal): Promise<string> => {
    for (const path of LISTS) {
      const { items } = await api.list(path, ownerIn, signal, METADATA_ONLY).catch((error: unknown) => {
        if (error instanceof Fault && error.code === 'runtime-forbidden') return { items: [] };
        throw error;
      });
      for (const { uid, owner } of items) keepOwner(uid, owner);
    }
    await nodes.list(signal);
    const { items, resourceVersion } = await api.list('/api/v1/pods', parsePod, signal);
    for (const pod of items) put(pod);
    const present = new Set(items.map(({ uid }) => uid));
    for (const uid of pods.keys()) if (!present.has(uid)) pods.delete(uid);
    return resourceVersion;
  };

  return {
    pods,
    ownerOf({ owner }) {
      if (owner === null) return null;
      const above = owners.get(owner.uid) ?? owner;
      return `${above.kind}/${above.name}`;
    },
    platformOf: ({ node }) => nodes.platformOf(node),
    async follow(changed, signal) {
      for (;;) {
        let version = await listAll(signal);
        changed();
        // A watch that the server ends goes on where it ended; one that came too late starts with a list.
        for (let isExpired = false; !isExpired; ) {
          signal.throwIfAborted();
          const startedMs = performance.now();
          const events = api.watch('/api/v1/pods', version, signal);
          for (;;) {
            const next = await events.next();
            if (next.done === true) {
              isExpired = next.value === expired;
              break;
            }
            const { kind, object, resourceVersion } = next.value;
            version = resourceVersion;
            if (kind === 'bookmark') continue;
            const pod = parsePod(object);
            if (pod === undefined) continue;
            put(pod);
            if (kind === 'gone') pods.delete(pod.uid);
            else {
              await learnOwner(pod, signal);
              await nodes.learn(pod.node, signal);
            }
            changed();
          }
          const leftMs = watchGapMs - (performance.now() - startedMs);
          if (leftMs > 0) await sleep(leftMs, undefined, { signal });
        }
      }
    },
  };
}
