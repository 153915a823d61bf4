import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import { satisfies } from './constraint.ts';
import { type ComposerVersion, compareNormal, parseVersion } from './version.ts';

export type { ComposerVersion } from './version.ts';

/** Composer's versions and constraints, as composer/semver has them. Branches (`dev-main`) have no order, so they are no versions. */
export const composer: VersionScheme<ComposerVersion> = bounded({
  id: 'composer',
  specification: 'https://getcomposer.org/doc/articles/versions.md',
  parse: parseVersion,
  compare: compareNormal,
  satisfies,
});
