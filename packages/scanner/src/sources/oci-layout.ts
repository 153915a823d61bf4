import { type Digest, Fault } from '@hullcheck/core';
import { imageLimits } from '../limits.ts';
import type { AssembledImage, AssembledLayer, ChooseOptions, ListedImage } from './assembled-image.ts';
import { parseDocument } from './bounded-json.ts';
import { choosePlatform, fits, isImageEntry } from './choose-platform.ts';
import { configPlatform, imageFacts, parseConfig, requireDigest } from './image-facts.ts';
import type { ImageFiles } from './image-files.ts';
import { followToManifest, isForeign, type ManifestChain, type ManifestDocument } from './manifest-chain.ts';
import { Index, type IndexEntry, type Manifest } from './schema.ts';

/** The file of a blob in an OCI layout. The digest was checked; only sha256 blobs are looked for. */
export function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

interface Group {
  readonly name: string | null;
  readonly entries: IndexEntry[];
}

/** Images of the layout: entries under one name are one image in several platforms. */
async function readGroups(files: ImageFiles): Promise<Group[]> {
  const bytes = await files.readDocument('index.json', imageLimits.manifestBytesMax);
  if (bytes === undefined) {
    throw new Fault('not-an-image', `not an image archive: no manifest.json or index.json in ${files.place}`, {
      place: files.place,
    });
  }
  const index = parseDocument(bytes, Index, `${files.place}: index.json`, imageLimits.manifestBytesMax);
  const groups: Group[] = [];
  for (const entry of index.manifests.filter(isImageEntry)) {
    const { annotations } = entry;
    const name =
      annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'] ?? null;
    const joins = name !== null || entry.platform;
    const group = joins ? groups.find((other) => other.name === name && other.entries[0]?.platform) : undefined;
    if (group !== undefined && entry.platform) group.entries.push(entry);
    else groups.push({ name, entries: [entry] });
  }
  return groups;
}

export async function listLayoutImages(files: ImageFiles): Promise<ListedImage[]> {
  return (await readGroups(files)).map(({ name }, index) => ({ index, tags: isFullName(name) ? [name] : [] }));
}

function isFullName(name: string | null): name is string {
  return name !== null && /[/:]/.test(name);
}

function displayName(name: string | null, place: string): string {
  if (name === null) return place;
  return /[/:]/.test(name) ? name : `${place}:${name}`;
}

/** Puts one image of an OCI layout together. Layers whose blobs are absent have no file. */
export async function assembleLayout(
  files: ImageFiles,
  source: string,
  options: ChooseOptions,
): Promise<AssembledImage> {
  const { place } = files;
  const groups = await readGroups(files);
  const group = groups[options.index ?? 0];
  if (group === undefined) {
    const detail =
      groups.length === 0 ? 'lists no image' : `has ${groups.length} images, none with index ${options.index}`;
    throw new Fault(groups.length === 0 ? 'not-an-image' : 'not-found', `${place} ${detail}`, { place });
  }
  const present = group.entries.filter((entry) => files.find(blobName(entry.digest)) !== undefined);
  const single = present.length === 1 ? present[0] : undefined;
  const entry = single ?? choosePlatform(present, options.platform, place);
  const chain = await followFrom(files, entry, options);
  const { manifest } = chain;
  const config = await readBlob(
    files,
    manifest.config.digest,
    manifest.config.size,
    imageLimits.configBytesMax,
    'configuration',
  );
  const parsed = parseConfig(config, `${place}: configuration`, manifest.layers.length);
  const platform = configPlatform(parsed.config);
  if (options.platform !== undefined && platform !== null && !fits(platform, options.platform)) {
    throw new Fault('not-found', `${place} has only an image for ${platform.os}/${platform.architecture}`, { place });
  }
  const layers = manifest.layers.map((layer, index) => toLayer(files, manifest, layer, parsed.diffIds[index]));
  return {
    facts: imageFacts({
      name: displayName(group.name, place),
      source,
      tags: isFullName(group.name) ? [group.name] : [],
      digests: chain.digests,
      parsed,
      layers,
    }),
    layers,
  };
}

function toLayer(
  files: ImageFiles,
  manifest: Manifest,
  layer: Manifest['layers'][number],
  diffId: Digest | undefined,
): AssembledLayer {
  if (diffId === undefined) throw new Error(`parseConfig lets ${manifest.layers.length} diffIDs through only`);
  return {
    diffId,
    digest: layer.digest,
    sizeBytes: layer.size,
    mediaType: layer.mediaType,
    file: isForeign(layer) ? null : (files.find(blobName(layer.digest)) ?? null),
  };
}

export function followFrom(files: ImageFiles, entry: IndexEntry, options: ChooseOptions): Promise<ManifestChain> {
  const load = async (digest: Digest, mediaType: string): Promise<ManifestDocument | undefined> => {
    const bytes = await files.readDocument(blobName(digest), imageLimits.manifestBytesMax);
    return bytes === undefined ? undefined : { bytes, mediaType, digest };
  };
  return load(entry.digest, entry.mediaType).then((start) => {
    if (start === undefined)
      throw new Fault('not-found', `${files.place}: manifest ${entry.digest} is missing`, { place: files.place });
    if (start.bytes.length !== entry.size) {
      throw new Fault(
        'size-mismatch',
        `${files.place}: manifest ${entry.digest} has ${start.bytes.length} bytes, promised were ${entry.size}`,
        {
          place: files.place,
        },
      );
    }
    return followToManifest(start, {
      platform: options.platform,
      repository: null,
      place: files.place,
      load,
      has: (digest) => files.find(blobName(digest)) !== undefined,
    });
  });
}

async function readBlob(
  files: ImageFiles,
  digest: Digest,
  size: number,
  bytesMax: number,
  what: string,
): Promise<Uint8Array> {
  const { place } = files;
  const bytes = await files.readDocument(blobName(digest), bytesMax);
  if (bytes === undefined) throw new Fault('not-found', `${place}: ${what} ${digest} is missing`, { place });
  if (bytes.length !== size) {
    throw new Fault('size-mismatch', `${place}: ${what} has ${bytes.length} bytes, the manifest promises ${size}`, {
      place,
    });
  }
  requireDigest(bytes, digest, `${place}: ${what}`);
  return bytes;
}

/** Every manifest and index digest of the layout that leads to this configuration: what other systems call the image. */
export async function findManifestDigests(files: ImageFiles, config: Digest): Promise<ManifestChain['digests']> {
  if (files.find('index.json') === undefined) return [];
  for (const { entries } of await readGroups(files)) {
    for (const entry of entries) {
      if (files.find(blobName(entry.digest)) === undefined) continue;
      const chain = await followFrom(files, entry, {}).catch((thrown: unknown) => {
        // An archive's second description of the same image: what is wrong with it takes nothing from the first.
        if (thrown instanceof Fault) return undefined;
        throw thrown;
      });
      if (chain?.manifest.config.digest === config) return chain.digests;
    }
  }
  return [];
}
