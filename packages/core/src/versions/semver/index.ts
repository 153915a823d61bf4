import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import {
  compareSemantic,
  hasLeadingZero,
  isBuildMetadata,
  parsePrerelease,
  type SemanticVersion,
} from '../semantic.ts';
import { satisfies } from './range.ts';

export interface SemverVersion extends SemanticVersion {
  readonly scheme: 'semver';
}

/** Semantic Versioning 2.0.0, with numbers of any size; a leading `v` is read over, as in Git tags. */
export const semver: VersionScheme<SemverVersion> = bounded<SemverVersion>({
  id: 'semver',
  specification: 'https://semver.org/spec/v2.0.0.html',
  parse,
  compare: compareSemantic,
  satisfies,
});

function parse(text: string): SemverVersion | undefined {
  const match = /^v?([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', stage, build] = match;
  if ([major, minor, patch].some(hasLeadingZero)) return undefined;
  if (build !== undefined && !isBuildMetadata(build)) return undefined;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  return prerelease && { scheme: 'semver', release: [major, minor, patch], prerelease };
}
