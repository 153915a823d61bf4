import { type Digest, parseDigest } from '@hullcheck/core';

/** What a kubelet says of an image by `imageID`. */
export interface PodImageId {
  /** Where it says the digest alone: the configuration's, which nothing but the node knows. */
  readonly configDigest: Digest | null;
  /** `repository@sha256:…`: a manifest's or an index's, which of the two is not said. */
  readonly repoDigest: string | null;
}

/**
 * Reads `imageID` in its forms: `repository@sha256:…` (containerd, CRI-O), `sha256:…` alone (images that were loaded and not
 * pulled), `docker-pullable://…` and `docker://sha256:…` (dockershim, cri-dockerd). The repository may be another one
 * than the pod names, where two hold the same content (kubernetes issue 40062).
 */
export function parsePodImageId(text: string): PodImageId {
  const bare = text.replace(/^docker(?:-pullable)?:\/\//, '');
  const at = bare.lastIndexOf('@');
  const digest = parseDigest(bare.slice(at + 1));
  if (digest === undefined) return { configDigest: null, repoDigest: null };
  return at === -1 ? { configDigest: digest, repoDigest: null } : { configDigest: null, repoDigest: bare };
}
