import { apk } from './apk/index.ts';
import { cargo } from './cargo/index.ts';
import { composer } from './composer/index.ts';
import { deb } from './deb/index.ts';
import { gem } from './gem/index.ts';
import { generic } from './generic/index.ts';
import { golang } from './golang/index.ts';
import { maven } from './maven/index.ts';
import { npm } from './npm/index.ts';
import { nuget } from './nuget/index.ts';
import { pep440 } from './pep440/index.ts';
import { rpm } from './rpm/index.ts';
import type { VersionScheme } from './scheme.ts';
import { semver } from './semver/index.ts';

/** Every version scheme. What is not in it has no order, and answers undefined. */
export const VERSION_SCHEMES: readonly VersionScheme<unknown>[] = [
  apk,
  cargo,
  composer,
  deb,
  gem,
  generic,
  golang,
  maven,
  npm,
  nuget,
  pep440,
  rpm,
  semver,
];
