import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import { satisfies } from './specifier.ts';
import { compareVersions, type Pep440Version, parseVersion } from './version.ts';

export type { Pep440Version } from './version.ts';

/** Python's versions and specifiers, as the `packaging` library has them. */
export const pep440: VersionScheme<Pep440Version> = bounded({
  id: 'pep440',
  specification: 'https://packaging.python.org/en/latest/specifications/version-specifiers/',
  parse: parseVersion,
  compare: compareVersions,
  satisfies,
});
