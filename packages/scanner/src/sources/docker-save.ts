import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import { visibleText } from '../layers/visible-text.ts';
import { imageLimits } from '../limits.ts';
import type { AssembledImage, AssembledLayer, ChooseOptions, ListedImage } from './assembled-image.ts';
import { parseDocument } from './bounded-json.ts';
import { fits, hostPlatform } from './choose-platform.ts';
import { configPlatform, imageFacts, type ParsedConfig, parseConfig, requireDigest } from './image-facts.ts';
import type { ImageFiles } from './image-files.ts';
import { findManifestDigests } from './oci-layout.ts';
import { DockerManifest } from './schema.ts';

/*
 * `docker save` in its shapes: legacy `<id>/layer.tar`, podman's links to `<diffID>.tar`, skopeo's, and Docker 25 and
 * containerd, whose `manifest.json` names blobs of the OCI layout beside it. `manifest.json` rules in all of them.
 */

type SavedImage = DockerManifest[number];

async function readSavedImages(files: ImageFiles): Promise<DockerManifest> {
  const bytes = await files.readDocument('manifest.json', imageLimits.manifestBytesMax);
  if (bytes === undefined) {
    throw new Fault('not-an-image', `not an image archive: no manifest.json or index.json in ${files.place}`, {
      place: files.place,
    });
  }
  return parseDocument(bytes, DockerManifest, `${files.place}: manifest.json`, imageLimits.manifestBytesMax);
}

export async function listSavedImages(files: ImageFiles): Promise<ListedImage[]> {
  return (await readSavedImages(files)).map(({ RepoTags }, index) => ({ index, tags: RepoTags ?? [] }));
}

export async function assembleSaved(
  files: ImageFiles,
  source: string,
  options: ChooseOptions,
): Promise<AssembledImage> {
  const { place } = files;
  const saved = await readSavedImages(files);
  const { image, parsed } = await chooseSaved(files, saved, options);
  const layers = (image.Layers ?? []).map((name, index): AssembledLayer => {
    const diffId = parsed.diffIds[index];
    if (diffId === undefined) throw new Error('parseConfig lets equal counts through only');
    const file = files.find(name) ?? null;
    const digest = digestInName(name) ?? null;
    // The archive promises no size; the file's own is what there is.
    return { diffId, digest, sizeBytes: file?.sizeBytes ?? null, mediaType: null, file };
  });
  const tags = image.RepoTags ?? [];
  return {
    facts: imageFacts({
      name: tags[0] ?? place,
      source,
      tags,
      digests: await findManifestDigests(files, parsed.digest),
      parsed,
      layers,
    }),
    layers,
  };
}

/** By index; or the one for the wanted (else this host's) platform among several of one tag; or the first. */
async function chooseSaved(
  files: ImageFiles,
  saved: DockerManifest,
  { index, platform }: ChooseOptions,
): Promise<{ readonly image: SavedImage; readonly parsed: ParsedConfig }> {
  const { place } = files;
  const candidates = index === undefined ? saved : saved.slice(index, index + 1);
  const wanted = platform ?? hostPlatform();
  let first: { readonly image: SavedImage; readonly parsed: ParsedConfig } | undefined;
  for (const image of candidates) {
    // Only entries under the first one's tags are the same image in another platform.
    if (first !== undefined && first.image.RepoTags?.[0] !== image.RepoTags?.[0]) continue;
    const parsed = await readSavedConfig(files, image);
    const found = configPlatform(parsed.config);
    if (found === null || fits(found, wanted)) return { image, parsed };
    first ??= { image, parsed };
  }
  if (first === undefined)
    throw new Fault('not-found', `${place} has ${saved.length} images, none with index ${index}`, { place });
  if (platform === undefined) return first;
  const there = configPlatform(first.parsed.config);
  throw new Fault('not-found', `${place} has only an image for ${there?.os}/${there?.architecture}`, { place });
}

async function readSavedConfig(files: ImageFiles, image: SavedImage): Promise<ParsedConfig> {
  const { place } = files;
  const named = `${place}: ${visibleText(image.Config)}`;
  const bytes = await files.readDocument(image.Config, imageLimits.configBytesMax);
  if (bytes === undefined) throw new Fault('not-found', `${named}, the image configuration, is missing`, { place });
  const promised = digestInName(image.Config);
  if (promised !== undefined) requireDigest(bytes, promised, named);
  return parseConfig(bytes, named, image.Layers?.length ?? 0);
}

/** `blobs/sha256/<hex>` and `<hex>.json` promise their content; `<hex>.tar` and `<hex>/layer.tar` promise nothing. */
function digestInName(name: string): Digest | undefined {
  const hex = /^(?:blobs\/sha256\/([0-9a-f]{64})|([0-9a-f]{64})\.json)$/.exec(name);
  return hex === null ? undefined : parseDigest(`sha256:${hex[1] ?? hex[2]}`);
}
