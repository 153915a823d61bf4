import type { Matchable } from './matcher.ts';

/** The package as it would be after an update: distributions give a source and what is built of it one version. */
export function atVersion<P extends Matchable>(pkg: P, version: string): P {
  return { ...pkg, version, source: pkg.source === null ? null : { ...pkg.source, version } };
}
