import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import { satisfies } from './range.ts';
import { compareItems, type MavenVersion, parseVersion } from './version.ts';

export type { MavenVersion } from './version.ts';

/**
 * Maven's order (ComparableVersion of maven-artifact 3.9) and version ranges. Among odd qualifiers Maven's order goes in circles,
 * 1 < 1-x < 1-0a1 < 1; pairs are answered as Maven answers them, so don't rely on it to sort.
 */
export const maven: VersionScheme<MavenVersion> = bounded({
  id: 'maven',
  specification: 'https://maven.apache.org/pom.html#version-order-specification',
  parse: parseVersion,
  compare: (a, b) => compareItems(a.items, b.items),
  satisfies,
});
