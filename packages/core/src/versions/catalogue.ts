import { alpm } from './alpm/index.ts';
import { apk } from './apk/index.ts';
import { cargo } from './cargo/index.ts';
import { composer } from './composer/index.ts';
import { conan } from './conan/index.ts';
import { cpan } from './cpan/index.ts';
import { cran } from './cran/index.ts';
import { deb } from './deb/index.ts';
import { ebuild } from './ebuild/index.ts';
import { gem } from './gem/index.ts';
import { generic } from './generic/index.ts';
import { golang } from './golang/index.ts';
import { hex } from './hex/index.ts';
import { julia } from './julia/index.ts';
import { maven } from './maven/index.ts';
import { npm } from './npm/index.ts';
import { nuget } from './nuget/index.ts';
import { pep440 } from './pep440/index.ts';
import { pub } from './pub/index.ts';
import { pvp } from './pvp/index.ts';
import { rpm } from './rpm/index.ts';
import type { VersionScheme } from './scheme.ts';
import { semver } from './semver/index.ts';

/** Every version scheme. What is not in it has no order, and answers undefined. */
export const VERSION_SCHEMES: readonly VersionScheme<unknown>[] = [
  alpm,
  apk,
  cargo,
  composer,
  conan,
  cpan,
  cran,
  deb,
  ebuild,
  gem,
  generic,
  golang,
  hex,
  julia,
  maven,
  npm,
  nuget,
  pep440,
  pub,
  pvp,
  rpm,
  semver,
];
