import { z } from 'zod';
import { text } from './scalars.ts';

/**
 * `cri`: another runtime behind Kubernetes' interface, such as cri-dockerd. `kubernetes`: a cluster by its API. `registry`: a
 * registry that a collector reads.
 */
export const runtimeKind = z.enum(['docker', 'podman', 'containerd', 'cri-o', 'cri', 'kubernetes', 'registry']);

export const runtimeState = z.object({
  kind: runtimeKind,
  /** Of containerd, each by itself: what is in one is invisible in the others. */
  namespace: z.string().max(200).nullable().default(null),
  version: z.string().nullable(),
  /** Runs as a user of its own: what escapes one of its containers is that user, not root. */
  rootless: z.boolean().default(false),
  /** Address of its API: `unix:///var/run/docker.sock`. */
  address: z.string(),
  state: z.enum(['readable', 'forbidden', 'unavailable']),
  /** Why it can't be read and the command that mends it. */
  reason: z.string().nullable(),
  remedy: z.string().nullable(),
});

/** Kubernetes' pod, or one of Podman's own, which have no namespace. */
export const pod = z.object({
  namespace: text(300).nullable(),
  name: text(300),
  uid: text(100),
  /** What was deployed, as a cluster's own API tells it: `Deployment/web`. */
  owner: text(400).nullable().default(null),
  node: text(300).nullable().default(null),
});
