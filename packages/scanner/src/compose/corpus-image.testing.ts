import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Inventory, parseDigest } from '@hullcheck/core';
import { readLayers } from '../reading/read-layers.ts';
import type { SourceLayer } from '../source.ts';
import { type ComposedLayer, composeInventory } from './index.ts';

/** An image of the corpus, read by us on one side and unpacked by umoci, an implementation that is not ours, on the other. */
export interface CorpusImage {
  readonly layers: readonly ComposedLayer[];
  readonly inventory: Inventory;
  /** Root folder of the unpacked image. */
  readonly root: string;
  remove(): void;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

/** Opens an OCI layout with one tag. Needs umoci. */
export async function openCorpusImage(layout: string): Promise<CorpusImage> {
  const layers = await readCorpusLayers(layout);
  const bundle = mkdtempSync(join(tmpdir(), 'hullcheck-corpus-'));
  const remove = (): void => rmSync(bundle, { recursive: true, force: true });
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
  try {
    execFileSync('umoci', ['unpack', ...rootless, '--image', `${layout}:latest`, join(bundle, 'image')]);
  } catch (thrown) {
    remove();
    throw thrown;
  }
  return { layers, inventory: composeInventory(layers), root: join(bundle, 'image', 'rootfs'), remove };
}

/** The layers of the first platform of an OCI layout, read by the reading process. */
export async function readCorpusLayers(layout: string): Promise<readonly ComposedLayer[]> {
  const blobPath = (digest: string): string => join(layout, 'blobs', ...digest.split(':'));
  const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

  let manifest = readJson(join(layout, 'index.json')) as {
    manifests?: Descriptor[];
    config?: Descriptor;
    layers?: Descriptor[];
  };
  while (manifest.manifests?.[0] !== undefined)
    manifest = readJson(blobPath(manifest.manifests[0].digest)) as typeof manifest;
  const config = readJson(blobPath(manifest.config?.digest ?? '')) as { rootfs: { diff_ids: string[] } };
  const sources = (manifest.layers ?? []).map(({ digest, size, mediaType }, index): SourceLayer => {
    const diffId = parseDigest(config.rootfs.diff_ids[index] ?? '');
    if (diffId === undefined) throw new Error(`layer ${index} has no diffID`);
    const bytes = { kind: 'file', path: blobPath(digest), offset: 0, length: size } as const;
    return { diffId, digest: parseDigest(digest) ?? null, sizeBytes: size, mediaType, bytes };
  });
  return readLayers({ layers: sources, signal: new AbortController().signal });
}
