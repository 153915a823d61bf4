import { type Digest, Fault, type Platform, type TypedDigest } from '@hullcheck/core';
import { imageLimits } from '../limits.ts';
import { parseDocument } from './bounded-json.ts';
import { choosePlatform } from './choose-platform.ts';
import { requireDigest } from './image-facts.ts';
import { AnyManifest, type Descriptor, Index, Manifest } from './schema.ts';

export interface ManifestDocument {
  readonly bytes: Uint8Array;
  /** As the index or the server says; empty where nothing does. */
  readonly mediaType: string;
  readonly digest: Digest;
}

export interface ManifestChain {
  readonly manifest: Manifest;
  /** Every digest on the way: index, nested index, manifest. */
  readonly digests: readonly TypedDigest[];
}

export interface ChainOptions {
  readonly platform: Platform | undefined;
  readonly repository: string | null;
  readonly place: string;
  /** The document of a digest; undefined when it is not there. */
  readonly load: (digest: Digest, mediaType: string) => Promise<ManifestDocument | undefined>;
  /** Entries whose documents are absent (containerd exports list platforms that they leave out). */
  readonly has: (digest: Digest) => boolean | Promise<boolean>;
}

/**
 * From a manifest or index to the manifest of one platform. Every document is verified against its digest. Faults:
 * `unsupported` (schema 1), `not-an-image` (artifacts, documents that read as two kinds), `not-found` (platform),
 * `limit-exceeded` (nesting), `digest-mismatch`.
 */
export async function followToManifest(start: ManifestDocument, options: ChainOptions): Promise<ManifestChain> {
  const { place, repository } = options;
  const digests: TypedDigest[] = [];
  let current = start;
  for (let depth = 0; depth <= imageLimits.indexDepthMax; depth++) {
    requireDigest(current.bytes, current.digest, `${place}: manifest`);
    const parsed = parseManifestOrIndex(current, place);
    if (parsed.kind === 'manifest') {
      return {
        manifest: parsed.manifest,
        digests: [...digests, { kind: 'manifest', digest: current.digest, repository }],
      };
    }
    digests.push({ kind: 'index', digest: current.digest, repository });
    const isHere = await Promise.all(parsed.index.manifests.map(async (entry) => options.has(entry.digest)));
    const present = parsed.index.manifests.filter((_, index) => isHere[index]);
    const chosen = choosePlatform(present, options.platform, place);
    const next = await options.load(chosen.digest, chosen.mediaType);
    if (next === undefined) throw new Fault('not-found', `${place}: manifest ${chosen.digest} is missing`, { place });
    if (next.bytes.length !== chosen.size) {
      throw new Fault(
        'size-mismatch',
        `${place}: manifest ${chosen.digest} has ${next.bytes.length} bytes, promised were ${chosen.size}`,
        { place },
      );
    }
    current = next;
  }
  throw new Fault(
    'limit-exceeded',
    `${place}: indexes are nested deeper than indexDepthMax (${imageLimits.indexDepthMax})`,
    { place },
  );
}

type Parsed =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

export function parseManifestOrIndex(
  { bytes, mediaType }: Pick<ManifestDocument, 'bytes' | 'mediaType'>,
  place: string,
): Parsed {
  const named = `${place}: manifest`;
  const any = parseDocument(bytes, AnyManifest, named, imageLimits.manifestBytesMax);
  if (any.schemaVersion === 1 || any.fsLayers !== undefined || /distribution\.manifest\.v1\+/.test(mediaType)) {
    throw new Fault('unsupported', `${named} has schema version 1, which carries no image configuration`, {
      place,
      hint: 'Push the image again with a current tool.',
    });
  }
  const isIndex = any.manifests !== undefined;
  if (isIndex && any.layers !== undefined) {
    throw new Fault('not-an-image', `${named} is both an index and a manifest`, { place });
  }
  for (const type of [mediaType, any.mediaType ?? '']) {
    const saysIndex = /image\.index\.|manifest\.list\./.test(type);
    const saysManifest = /image\.manifest\.|distribution\.manifest\.v2/.test(type);
    if ((saysIndex && !isIndex) || (saysManifest && isIndex)) {
      throw new Fault('not-an-image', `${named} is not what its media type says`, { place });
    }
  }
  if (isIndex) return { kind: 'index', index: parseDocument(bytes, Index, named, imageLimits.manifestBytesMax) };
  const manifest = parseDocument(bytes, Manifest, named, imageLimits.manifestBytesMax);
  if (!isImageConfig(manifest.config.mediaType)) {
    const type = manifest.artifactType ?? manifest.config.mediaType;
    throw new Fault('not-an-image', `${place} holds no container image but ${type.slice(0, 200)}`, { place });
  }
  return { kind: 'manifest', manifest };
}

function isImageConfig(mediaType: string): boolean {
  return (
    mediaType === '' ||
    mediaType === 'application/vnd.oci.image.config.v1+json' ||
    mediaType === 'application/vnd.docker.container.image.v1+json' ||
    // What some builders before OCI wrote.
    mediaType === 'application/octet-stream'
  );
}

/** Layers that registries keep elsewhere (Windows bases): fetched from nowhere, because the address is the image's wish. */
export function isForeign(layer: Descriptor): boolean {
  return (layer.urls?.length ?? 0) > 0 || /nondistributable|foreign/.test(layer.mediaType);
}
