import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Fault, type ImageFacts } from '@hullcheck/core';
import { readerLimits } from '../limits.ts';
import { composeReading, type ImageReading } from '../reading/read-image.ts';
import type { ReaderAhead } from '../reading/reader-ahead.ts';
import { ReaderProcess } from '../reading/reader-process.ts';

/**
 * Reads a folder as the root file system of an image: package databases under their usual paths, lock files anywhere.
 * It has no layers: packages name none. Faults: `not-found`, `invalid-input`, and those of the reading process.
 */
export async function readDirectory(
  path: string,
  options: { readonly signal?: AbortSignal; readonly ahead?: ReaderAhead | undefined } = {},
): Promise<ImageReading> {
  const folder = await stat(path).catch((cause: unknown) => {
    throw new Fault('not-found', `${path} can't be opened`, { place: path, cause });
  });
  if (!folder.isDirectory()) throw new Fault('invalid-input', `${path} is no folder`, { place: path });
  const { signal = new AbortController().signal, ahead } = options;
  const reader = new ReaderProcess({ signal, lanes: 1, bytes: 'file', ahead, wallMs: readerLimits.wallMs });
  try {
    const outcome = await reader.readFolder(resolve(path));
    if (outcome.kind === 'failed') {
      throw new Fault(outcome.fault.code, `${path} can't be read: ${outcome.fault.message}`, {
        place: path,
        cause: outcome.fault,
      });
    }
    const { report } = outcome;
    const facts: ImageFacts = {
      name: path,
      id: null,
      source: 'dir',
      digests: [],
      tags: [],
      platform: null,
      created: null,
      size: null,
      layers: [],
    };
    const reading = composeReading(facts, [{ diffId: report.diffId, report, problems: report.problems }]);
    const { packages, problems } = reading.inventory;
    return {
      ...reading,
      inventory: {
        ...reading.inventory,
        packages: packages.map((pkg) => ({ ...pkg, layer: null })),
        problems: problems.map((problem) => ({ ...problem, layer: null })),
      },
    };
  } finally {
    await reader.close();
  }
}
