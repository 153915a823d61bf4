import { type Digest, Fault, type Platform } from '@hullcheck/core';
import type { ContentStore } from '@hullcheck/runtimes';
import { imageLimits } from '../limits.ts';
import type { OpenedImage, SourceLayer } from '../source.ts';
import { fits } from './choose-platform.ts';
import { configPlatform, imageFacts, parseConfig } from './image-facts.ts';
import { followToManifest, isForeign, type ManifestDocument } from './manifest-chain.ts';
import { readConfig } from './read-config.ts';

export interface ContentImageOptions {
  /** Digest of the image's index or manifest. */
  readonly target: Digest;
  /** How the user or the runtime names it. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly platform?: Platform;
  /** Which runtime's store it is; stands in the result. */
  readonly source: string;
  readonly signal: AbortSignal;
}

/**
 * Opens an image in a content store (containerd's) without an export: documents are verified now, layers are read from the
 * store when they are wanted. A layer that the store does not have makes the result partial; where it has none, containerd
 * threw them away after unpacking or never fetched them, it is Fault `not-found` with what to do. Else the faults of the
 * other opening functions.
 */
export async function openContentImage(store: ContentStore, options: ContentImageOptions): Promise<OpenedImage> {
  const { target, name: place, tags, platform, source, signal } = options;
  const load = async (digest: Digest): Promise<ManifestDocument | undefined> => {
    const size = await store.findSize(digest, signal);
    if (size === undefined) return undefined;
    return { bytes: await readDocument(store, digest, place, signal), mediaType: '', digest };
  };
  const start = await load(target);
  if (start === undefined) throw missing(place, 'the manifest');
  const { manifest, digests } = await followToManifest(start, {
    platform,
    repository: null,
    place,
    has: async (digest) => (await store.findSize(digest, signal)) !== undefined,
    load,
  });
  if ((await store.findSize(manifest.config.digest, signal)) === undefined) throw missing(place, 'the configuration');
  const config = await readConfig(manifest.config, place, () => store.open(manifest.config.digest, signal));
  const parsed = parseConfig(config, `${place}: configuration`, manifest.layers.length);
  const found = configPlatform(parsed.config);
  if (platform !== undefined && found !== null && !fits(found, platform))
    throw new Fault('not-found', `${place} is an image for ${found.os}/${found.architecture}`, { place });
  const layers = await Promise.all(
    manifest.layers.map(async (layer, index): Promise<SourceLayer> => {
      const diffId = parsed.diffIds[index];
      if (diffId === undefined) throw new Error('parseConfig lets equal counts through only');
      const { digest, size: sizeBytes, mediaType } = layer;
      const isHere = !isForeign(layer) && (await store.findSize(digest, signal)) !== undefined;
      const bytes: SourceLayer['bytes'] = isHere
        ? { kind: 'stream', open: (layerSignal) => store.open(digest, layerSignal) }
        : null;
      return { diffId, digest, sizeBytes, mediaType, bytes };
    }),
  );
  if (layers.length > 0 && layers.every(({ bytes }) => bytes === null)) throw missing(place, 'all layers');
  return {
    facts: imageFacts({ name: place, source, tags, digests, parsed, layers }),
    layers,
    close: async () => undefined,
  };
}

function missing(place: string, what: string): Fault {
  return new Fault('not-found', `containerd does not keep ${what} of ${place}`, {
    place,
    hint: 'It throws layers away after unpacking (discard_unpacked_layers) or fetches them lazily; read the image from its registry instead',
  });
}

async function readDocument(
  store: ContentStore,
  digest: Digest,
  place: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let received = 0;
  for await (const piece of await store.open(digest, signal)) {
    received += piece.length;
    if (received > imageLimits.manifestBytesMax)
      throw new Fault(
        'limit-exceeded',
        `${place}: manifest ${digest} has more than manifestBytesMax (${imageLimits.manifestBytesMax}) bytes`,
        { place },
      );
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
