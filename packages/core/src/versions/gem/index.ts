import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import { satisfies } from './requirement.ts';
import { compareSegments, type GemVersion, parseVersion } from './version.ts';

export type { GemVersion } from './version.ts';

/** RubyGems' versions and requirements, as Gem::Version and Gem::Requirement have them. */
export const gem: VersionScheme<GemVersion> = bounded({
  id: 'gem',
  specification: 'https://docs.ruby-lang.org/en/master/Gem/Version.html',
  parse: parseVersion,
  compare: (a, b) => compareSegments(a.segments, b.segments),
  satisfies,
});
