import semver from 'semver';
import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';

export interface NpmVersion {
  readonly scheme: 'npm';
  readonly version: semver.SemVer;
}

/**
 * npm's own library decides. Its default holds for ranges too: a pre-release lies only in a range that names a pre-release of
 * the same release, as `npx semver -r` answers. Advisory intervals are compared by plain order instead (compare.ts, inRange).
 */
export const npm: VersionScheme<NpmVersion> = bounded({
  id: 'npm',
  specification: 'https://github.com/npm/node-semver#readme',
  parse(text) {
    const version = semver.parse(text);
    return version === null ? undefined : { scheme: 'npm', version };
  },
  compare: (a, b) => semver.compare(a.version, b.version),
  satisfies({ version }, range) {
    return semver.validRange(range) === null ? undefined : semver.satisfies(version, range);
  },
});
