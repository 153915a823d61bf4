import { Fault, type Platform } from '@hullcheck/core';
import { z } from 'zod';
import { id, text, toPlatform } from '../fields.ts';
import { nodesMax } from '../limits.ts';
import { type ClusterApi, METADATA_ONLY } from './api.ts';

/** What machines the nodes of a cluster are: under a digest that several platforms go by, a pod has the image of its node's. */
export interface ClusterNodes {
  /** Null for a node that is not known, or where the right to read nodes is missing. */
  platformOf(node: string | null): Platform | null;
  list(signal: AbortSignal): Promise<void>;
  /** Asks for one that came since the list. */
  learn(node: string | null, signal: AbortSignal): Promise<void>;
}

const NODES = '/api/v1/nodes';
/** Kubelets write both on their nodes (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
const Node = z.object({
  metadata: z.object({
    name: id,
    labels: z
      .object({ 'kubernetes.io/os': text.optional(), 'kubernetes.io/arch': text.optional() })
      .nullish()
      .catch(null),
  }),
});

function read(object: unknown): { readonly name: string; readonly platform: Platform | null } | undefined {
  const parsed = Node.safeParse(object);
  if (!parsed.success) return undefined;
  const { name, labels } = parsed.data.metadata;
  return { name, platform: toPlatform(labels?.['kubernetes.io/os'], labels?.['kubernetes.io/arch'], undefined) };
}

export function createClusterNodes(api: ClusterApi): ClusterNodes {
  const platforms = new Map<string, Platform | null>();

  const keep = (name: string, platform: Platform | null) => {
    const oldest = platforms.keys().next();
    if (platforms.size >= nodesMax && !oldest.done) platforms.delete(oldest.value);
    platforms.set(name, platform);
  };

  return {
    platformOf: (node) => (node === null ? null : (platforms.get(node) ?? null)),
    async list(signal) {
      // A cluster role of before does not have them.
      const { items } = await api.list(NODES, read, signal, METADATA_ONLY).catch((error: unknown) => {
        if (error instanceof Fault && error.code === 'runtime-forbidden') return { items: [] };
        throw error;
      });
      platforms.clear();
      for (const { name, platform } of items) keep(name, platform);
    },
    async learn(node, signal) {
      if (node === null || platforms.has(node)) return;
      const one = METADATA_ONLY.replaceAll('MetadataList', 'Metadata');
      const object = await api.get(`${NODES}/${encodeURIComponent(node)}`, signal, one).catch((error: unknown) => {
        if (error instanceof Fault && (error.code === 'not-found' || error.code === 'runtime-forbidden')) return null;
        throw error;
      });
      keep(node, read(object)?.platform ?? null);
    },
  };
}
