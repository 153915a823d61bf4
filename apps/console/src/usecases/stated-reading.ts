import type { ImageFacts, Inventory, Problem } from '@hullcheck/core';
import { findAttachedSbom, type OpenedImage, type SbomRegistry } from '@hullcheck/scanner';
import type { Logger } from 'pino';

interface StatedReadingOptions {
  readonly client: SbomRegistry;
  readonly image: OpenedImage;
  readonly repository: string;
  /** Whether the console read all layers before. Asks without loading what it read: the next reading does. */
  readonly areLayersKnown: (diffIds: readonly string[]) => Promise<boolean>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What an SBOM states, in the place of a reading: no layer has a report. */
export interface StatedReading {
  readonly facts: ImageFacts;
  readonly reports: readonly never[];
  readonly inventory: Inventory;
  readonly isStated: true;
}

/**
 * The content that an SBOM states which is attached to the image. Undefined where the layers are known, which costs less and
 * says more, or where no attached SBOM can be used. It carries the problem `stated-by-sbom`: its counts are a claim.
 */
export async function statedReading(options: StatedReadingOptions): Promise<StatedReading | undefined> {
  const { client, image, repository, areLayersKnown, log, signal } = options;
  if (await areLayersKnown(image.layers.map(({ diffId }) => diffId))) return undefined;
  const found = await findAttachedSbom(client, {
    repository,
    facts: image.facts,
    signal,
    onUnusable: (fault) => log.debug({ err: fault, image: image.facts.name }, 'attached SBOM not usable'),
  });
  if (found === undefined || found.inventory.packages.length === 0) return undefined;
  const problem: Problem = {
    code: 'stated-by-sbom',
    path: null,
    layer: null,
    detail: `The packages are those that ${found.attachedAs} in its registry states (${found.digest}). The layers were not read, and who signed the statement was not verified.`,
  };
  const inventory = { ...found.inventory, problems: [problem, ...found.inventory.problems] };
  return { facts: image.facts, reports: [], inventory, isStated: true };
}
