import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimedFile, Digest, ImageView, Json, LayerContext, OperatingSystem, ViewFile } from '@hullcheck/core';
import { parseDigest } from '@hullcheck/core';

/** A claimed file of given content, as the walker hands it over. */
export function memoryFile(path: string, content: string | Uint8Array, mode = 0o644): ClaimedFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    path,
    mode,
    sizeBytes: bytes.byteLength,
    bytes: () => bytes,
    read: (offset, length) => bytes.subarray(Math.max(0, offset), Math.max(0, offset) + Math.max(0, length)),
  };
}

export const claimsNothing: LayerContext = { isClaimed: () => false };
export const claimsAll: LayerContext = { isClaimed: () => true };

/** The diffID of the nth layer in tests. */
export function layerId(index: number): Digest {
  const digest = parseDigest(`sha256:${index.toString(16).padStart(64, '0')}`);
  if (digest === undefined) throw new Error('not a digest');
  return digest;
}

export const debian12: OperatingSystem = {
  id: 'debian',
  version: '12',
  name: 'Debian GNU/Linux 12 (bookworm)',
  idLike: [],
  codename: 'bookworm',
};

/** Each path with what each layer says there, lowest first; null where it deletes or replaces the file. */
export function viewOf<E extends Json>(
  histories: { readonly [path: string]: readonly (E | null)[] },
  options: Partial<Pick<ImageView<E>, 'operatingSystem' | 'ownerOf' | 'realPath'>> = {},
): ImageView<E> {
  const files = Object.entries(histories).flatMap(([path, evidences]): readonly ViewFile<E>[] => {
    const history = evidences.map((evidence, layer) => ({ layer, evidence }));
    const visible = evidences.at(-1) ?? null;
    return visible === null ? [] : [{ path, layer: evidences.length - 1, evidence: visible, history }];
  });
  return {
    files,
    operatingSystem: options.operatingSystem ?? null,
    layers: Array.from({ length: 10 }, (_, index) => layerId(index)),
    ownerOf: options.ownerOf ?? (() => undefined),
    realPath: options.realPath ?? ((path) => path),
  };
}

/** A small well-formed file of the kind that an analyzer reads; each analyzer lists its own in `samples.testing.ts`. */
export interface AnalyzerSample {
  readonly name: string;
  /** Where an image would have it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Samples from files of a folder: file name → path in the image. */
export function samplesIn(folder: string, paths: { readonly [file: string]: string }): readonly AnalyzerSample[] {
  return Object.entries(paths).map(([name, path]) => ({ name, path, bytes: readFileSync(join(folder, name)) }));
}
