import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import { satisfies } from './range.ts';
import { type ConanVersion, compareConan, parseConan } from './version.ts';

export type { ConanVersion } from './version.ts';

/**
 * Conan 2's order and ranges. Numbers and words at the same place compare as text, so that its order goes in circles,
 * 9 < 10 < 10a < 9; pairs are answered as Conan answers them, so don't rely on it to sort.
 */
export const conan: VersionScheme<ConanVersion> = bounded({
  id: 'conan',
  specification: 'https://docs.conan.io/2/tutorial/versioning/version_ranges.html',
  parse: parseConan,
  compare: compareConan,
  satisfies,
});
