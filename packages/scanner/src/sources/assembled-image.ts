import type { Digest, ImageFacts, Platform } from '@hullcheck/core';
import type { OpenedImage, SourceLayer } from '../source.ts';
import type { FoundFile } from './image-files.ts';

/** An image put together from its documents, with the file of each layer; null where the archive does not have it. */
export interface AssembledImage {
  readonly facts: ImageFacts;
  readonly layers: readonly AssembledLayer[];
}

export interface AssembledLayer {
  readonly diffId: Digest;
  readonly digest: Digest | null;
  readonly sizeBytes: number | null;
  readonly mediaType: string | null;
  readonly file: FoundFile | null;
}

export function toOpenedImage({ facts, layers }: AssembledImage): OpenedImage {
  return {
    facts,
    layers: layers.map(
      ({ file, ...promise }): SourceLayer => ({ ...promise, bytes: file === null ? null : file.bytes }),
    ),
    close: async () => undefined,
  };
}

/** One image of an archive that may hold several. */
export interface ListedImage {
  /** What the opening functions take as `index`. */
  readonly index: number;
  /** Claims of whoever made the archive; never identity (containerd CVE-2026-50195). */
  readonly tags: readonly string[];
}

export interface ChooseOptions {
  readonly platform?: Platform | undefined;
  /** Which image of an archive with several; default the first that fits. */
  readonly index?: number | undefined;
}
