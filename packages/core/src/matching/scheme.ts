import type { SchemeId } from '../versions/scheme.ts';

const SCHEMES: ReadonlyMap<string, SchemeId> = new Map([
  ['deb', 'deb'],
  ['apk', 'apk'],
  ['rpm', 'rpm'],
  ['npm', 'npm'],
  ['pypi', 'pep440'],
  ['golang', 'golang'],
  ['gem', 'gem'],
  ['maven', 'maven'],
  ['cargo', 'cargo'],
  ['composer', 'composer'],
  ['nuget', 'nuget'],
  ['alpm', 'alpm'],
  ['conan', 'conan'],
  ['cpan', 'cpan'],
  ['cran', 'cran'],
  ['ebuild', 'ebuild'],
  ['hackage', 'pvp'],
  ['hex', 'hex'],
  ['julia', 'julia'],
  ['pub', 'pub'],
  ['swift', 'semver'],
  ['bitnami', 'semver'],
]);

/** The order in which versions of a purl type stand, for sorting; advisories name their own. */
export function schemeOfType(type: string): SchemeId {
  return SCHEMES.get(type) ?? 'generic';
}
