import { Fault } from '@hullcheck/core';
import { type ReaderAhead, startReaderAhead } from '@hullcheck/scanner/reader-ahead';
import type { Settings, Surroundings } from '../settings.ts';
import { parseTarget, type Target } from '../target.ts';

/**
 * `scan` judges, `sbom` only lists. The reading process is started before anything else is loaded: it takes as long to be
 * ready as this one takes to know what it shall read.
 */
export async function scanCommand(
  kind: 'scan' | 'sbom',
  image: string | undefined,
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const target = targetOf(image, settings);
  const ahead = startAhead(target);
  try {
    const { scanTarget } = await import('./scan-target.ts');
    return await scanTarget({ kind, target, settings, around, ahead });
  } finally {
    ahead?.close();
  }
}

function targetOf(image: string | undefined, settings: Settings): Target {
  const input = settings.text('input');
  if (input !== undefined) return input === '-' ? { scheme: 'stdin' } : { scheme: 'archive', path: input };
  if (image === undefined)
    throw new Fault('invalid-input', 'name an image', { hint: 'For example: hullcheck scan debian:12' });
  return parseTarget(image);
}

function startAhead({ scheme }: Target): ReaderAhead | undefined {
  switch (scheme) {
    case 'sbom':
    case 'purl':
    case 'purl-file':
      return undefined;
    case 'archive':
    case 'docker-archive':
    case 'oci-archive':
    case 'oci-dir':
    case 'dir':
      return startReaderAhead('file');
    default:
      return startReaderAhead('stream');
  }
}
