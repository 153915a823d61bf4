import type { ImageFacts, Inventory, LayerReport } from '@hullcheck/core';
import { analyzers } from '../analyzers/catalogue.ts';
import { composeInventory } from '../compose/index.ts';
import { readersVersion as versionsOf } from '../layers/readers-version.ts';
import type { OpenedImage } from '../source.ts';
import { type LayerResult, type ReadLayersOptions, readLayers } from './read-layers.ts';

export interface ImageReading {
  readonly facts: ImageFacts;
  /** One per non-empty layer, lowest first; null where the layer could not be had. */
  readonly reports: readonly (LayerReport | null)[];
  readonly inventory: Inventory;
}

export type ReadImageOptions = Omit<ReadLayersOptions, 'layers'> & { readonly image: OpenedImage };

/** Reads what is not known of an opened image and composes it. Faults as `readLayers`; the image is not closed. */
export async function readImage({ image, ...options }: ReadImageOptions): Promise<ImageReading> {
  return composeReading(image.facts, await readLayers({ ...options, layers: image.layers }));
}

/** The inventory of layers that were read, with the problem of each one that was not. */
export function composeReading(facts: ImageFacts, layers: readonly LayerResult[]): ImageReading {
  const inventory = composeInventory(layers.map(({ diffId, report }) => ({ diffId, report })));
  const told = new Set(inventory.problems.map((problem) => `${problem.code} ${problem.layer}`));
  const missing = layers
    .filter(({ report }) => report === null)
    .flatMap(({ problems }) => problems)
    .filter((problem) => !told.has(`${problem.code} ${problem.layer}`));
  return {
    facts,
    reports: layers.map(({ report }) => report),
    inventory: { ...inventory, problems: [...inventory.problems, ...missing] },
  };
}

/** What makes kept layer reports stale: versions of walker, limits and every analyzer. */
export function readersVersion(): Record<string, number> {
  return versionsOf(analyzers);
}
