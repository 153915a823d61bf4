import type { EcosystemKey, OperatingSystem, Package } from '../package.ts';
import type { LookupKey, Matchable, Matcher } from './matcher.ts';
import { alpine } from './matchers/alpine.ts';
import { arch } from './matchers/arch.ts';
import { bitnami } from './matchers/bitnami.ts';
import { cargo } from './matchers/cargo.ts';
import { composer } from './matchers/composer.ts';
import { conan } from './matchers/conan.ts';
import { cpan } from './matchers/cpan.ts';
import { cpe } from './matchers/cpe.ts';
import { cran } from './matchers/cran.ts';
import { debian } from './matchers/debian.ts';
import { gem } from './matchers/gem.ts';
import { golang } from './matchers/golang.ts';
import { hackage } from './matchers/hackage.ts';
import { hex } from './matchers/hex.ts';
import { julia } from './matchers/julia.ts';
import { kubernetes } from './matchers/kubernetes.ts';
import { maven } from './matchers/maven.ts';
import { nodejs } from './matchers/nodejs.ts';
import { npm } from './matchers/npm.ts';
import { nuget } from './matchers/nuget.ts';
import { pub } from './matchers/pub.ts';
import { pypi } from './matchers/pypi.ts';
import { rpm } from './matchers/rpm.ts';
import { swift } from './matchers/swift.ts';
import { ubuntu } from './matchers/ubuntu.ts';
import { wolfi } from './matchers/wolfi.ts';

/** Every matcher. A package belongs to at most one of them. */
export const MATCHERS: readonly Matcher[] = [
  alpine,
  arch,
  bitnami,
  cargo,
  composer,
  conan,
  cpan,
  cran,
  debian,
  gem,
  golang,
  hackage,
  hex,
  julia,
  kubernetes,
  maven,
  nodejs,
  npm,
  nuget,
  pub,
  pypi,
  rpm,
  swift,
  ubuntu,
  wolfi,
  // Asked where no other knows the package.
  cpe,
];

export function findMatcher(pkg: Matchable): Matcher | undefined {
  return MATCHERS.find((matcher) => matcher.lookups(pkg).length > 0);
}

/** The advisories that can be about the package; empty where no matcher knows its kind. */
export function lookupsOf(pkg: Matchable): readonly LookupKey[] {
  return findMatcher(pkg)?.lookups(pkg) ?? [];
}

/** The ecosystem that has to answer for the package, whether or not anything knows it: `debian:12`, `npm`, `gem`. */
export function ecosystemOf(pkg: Matchable): EcosystemKey {
  const [first] = lookupsOf(pkg);
  if (first !== undefined) return first.ecosystem;
  return pkg.distribution === null ? pkg.type : `${pkg.distribution.id}:${pkg.distribution.release}`;
}

/** Whether its operating system's package manager answers for it, so that its language's advisories must not. */
export function isJudgedByOwner(pkg: Pick<Package, 'ownedBy'>): boolean {
  return pkg.ownedBy !== null;
}

/** The release under which advisories and support dates of a distribution are filed: `12` of 12.5, `3.20` of 3.20.3. */
export function releaseOf(system: OperatingSystem): string {
  const parts = system.version.split('.');
  if (system.id === 'alpine') return parts.slice(0, 2).join('.');
  return system.id === 'debian' ? (parts[0] ?? '') : system.version;
}
