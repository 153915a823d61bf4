import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Fault, type Platform } from '@hullcheck/core';
import type { ImageReading, ReadImageOptions } from '../reading/read-image.ts';
import { readImage } from '../reading/read-image.ts';
import type { OpenedImage } from '../source.ts';
import { isPacked, openArchiveFile } from './archive-file.ts';
import { readArchiveStream } from './archive-stream.ts';
import { type ListedImage, toOpenedImage } from './assembled-image.ts';
import { assembleSaved, listSavedImages } from './docker-save.ts';
import type { ImageFiles } from './image-files.ts';
import { openLayoutFolder } from './layout-folder.ts';
import { assembleLayout, listLayoutImages } from './oci-layout.ts';

export interface OpenOptions {
  readonly platform?: Platform;
  /** Which image of an archive with several; default the first that fits. */
  readonly index?: number;
  readonly signal: AbortSignal;
}

/** Faults of all opening functions: `not-an-image`, `truncated`, `unsupported`, `digest-mismatch`, `size-mismatch`,
 * `limit-exceeded`, `not-found`; the message names the file and what in it is wrong. */
export async function openDockerArchive(path: string, { signal, ...choice }: OpenOptions): Promise<OpenedImage> {
  return toOpenedImage(await assembleSaved(await openArchiveFile(path, signal), 'docker-archive', choice));
}

/** An OCI layout in a tar. */
export async function openOciArchive(path: string, { signal, ...choice }: OpenOptions): Promise<OpenedImage> {
  return toOpenedImage(await assembleLayout(await openArchiveFile(path, signal), 'oci-archive', choice));
}

/** An OCI layout in a folder. */
export async function openOciDir(path: string, { signal, ...choice }: OpenOptions): Promise<OpenedImage> {
  if (signal.aborted) throw new Fault('cancelled', 'opening the layout was cancelled', { place: path });
  return toOpenedImage(await assembleLayout(await openLayoutFolder(path), 'oci-dir', choice));
}

export type ArchiveKind = 'docker-archive' | 'oci-archive';

/** Which of the two an archive is; with both descriptions (Docker 25) it is a `docker save`. Fault `not-an-image` if neither. */
export async function detectArchive(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<ArchiveKind> {
  return kindOf(await openArchiveFile(path, signal));
}

/** The images of an archive, in the order of `index`. */
export async function listArchiveImages(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<ListedImage[]> {
  const files = await openArchiveFile(path, signal);
  return kindOf(files) === 'docker-archive' ? listSavedImages(files) : listLayoutImages(files);
}

export function kindOf(files: ImageFiles): ArchiveKind {
  if (files.find('manifest.json') !== undefined) return 'docker-archive';
  if (files.find('index.json') !== undefined) return 'oci-archive';
  throw new Fault('not-an-image', `not an image archive: no manifest.json or index.json in ${files.place}`, {
    place: files.place,
  });
}

export type ReadArchiveOptions = Omit<ReadImageOptions, 'image'> & OpenOptions;

/**
 * Reads an archive file of either kind. A plain tar is read by range, layers in parallel; a packed one in a single pass,
 * because each range of it would inflate everything before.
 */
export async function readArchive(path: string, options: ReadArchiveOptions): Promise<ImageReading> {
  if (await isPacked(path)) {
    return readArchiveStream(createReadStream(path), { ...options, place: basename(path) });
  }
  const files = await openArchiveFile(path, options.signal);
  const image =
    kindOf(files) === 'docker-archive'
      ? await assembleSaved(files, 'docker-archive', options)
      : await assembleLayout(files, 'oci-archive', options);
  return readImage({ ...options, image: toOpenedImage(image) });
}
