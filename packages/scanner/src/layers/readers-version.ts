import type { Analyzer } from '@hullcheck/core';
import { limitsVersion } from '../limits.ts';

/** Rises when the walker tells other entries or other bytes of the same layer. */
export const walkerVersion = 1;

/** `{ walker, limits, <analyzer id>: version … }`: kept layer reports made by other readers are stale. */
export function readersVersion(analyzers: readonly Pick<Analyzer, 'id' | 'version'>[]): Record<string, number> {
  const versions: Record<string, number> = { walker: walkerVersion, limits: limitsVersion };
  for (const { id, version } of analyzers) versions[id] = version;
  return versions;
}
