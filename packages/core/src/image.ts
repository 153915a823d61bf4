import type { Digest, TypedDigest } from './digest.ts';

/** `os/architecture[/variant]` as OCI names them. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** One entry of the image configuration's history joined with its layer; `empty` ones have no layer. */
export interface ImageLayer {
  /** sha256 of the uncompressed tar; null only where the entry is empty. */
  readonly diffId: Digest | null;
  /** Digest of the blob as stored (compressed or not); null where it is not known (archives with renamed layers). */
  readonly digest: Digest | null;
  /** Stored size in bytes; null where not known. */
  readonly size: number | null;
  /** The command that made it, as the configuration states it. Foreign text. */
  readonly createdBy: string | null;
  readonly empty: boolean;
}

/** What manifest and configuration say about one image of one platform. Display data: it selects no behaviour. */
export interface ImageFacts {
  /** How the user named it, or the first tag. */
  readonly name: string;
  /** Config digest: the identity that engines print as image ID. Null for folders, SBOMs and purls. */
  readonly id: Digest | null;
  /** `registry`, `docker`, `podman`, `docker-archive`, `oci-archive`, `oci-dir`, `dir`, `sbom`, `purl`, `agent`. */
  readonly source: string;
  readonly digests: readonly TypedDigest[];
  readonly tags: readonly string[];
  readonly platform: Platform | null;
  /** RFC 3339, or null. */
  readonly created: string | null;
  /** Sum of stored layer sizes in bytes, null where unknown. */
  readonly size: number | null;
  readonly layers: readonly ImageLayer[];
}

/** `linux/arm64/v8` and back. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant === null ? base : `${base}/${platform.variant}`;
}

/**
 * A platform as it is compared: without a variant that all such machines have, with the one that is meant where none is said, as
 * containerd compares them (https://github.com/containerd/platforms, `normalizeArch`). A node says `arm64` where an image says `arm64/v8`.
 */
export function comparedPlatform(text: string): string {
  const platform = parsePlatform(text.toLowerCase());
  if (platform === undefined) return text;
  const [architecture, variant] = comparedArchitecture(platform);
  return formatPlatform({ os: platform.os, architecture, variant });
}

function comparedArchitecture({ architecture, variant }: Platform): readonly [string, string | null] {
  switch (architecture) {
    case 'aarch64':
    case 'arm64':
      return ['arm64', variant === 'v8' ? null : variant];
    case 'x86_64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? null : variant];
    case 'arm':
      return ['arm', variant ?? 'v7'];
    default:
      return [architecture, variant];
  }
}

export function parsePlatform(text: string): Platform | undefined {
  const match = /^([a-z0-9._-]+)\/([a-z0-9._-]+)(?:\/([a-z0-9._-]+))?$/i.exec(text);
  if (match === null) return undefined;
  const [, os, architecture, variant] = match;
  if (os === undefined || architecture === undefined) return undefined;
  return { os, architecture, variant: variant ?? null };
}
