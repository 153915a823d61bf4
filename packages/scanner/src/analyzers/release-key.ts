import { type OperatingSystem, type Package, releaseOf } from '@hullcheck/core';

/** Debian releases by codename: testing and sid state only the codename of the release to come. https://www.debian.org/releases/ */
export const DEBIAN_RELEASES: ReadonlyMap<string, string> = new Map([
  ['wheezy', '7'],
  ['jessie', '8'],
  ['stretch', '9'],
  ['buster', '10'],
  ['bullseye', '11'],
  ['bookworm', '12'],
  ['trixie', '13'],
  ['forky', '14'],
]);

/**
 * The distribution that judges a package, with the release that its advisories go by: `12` for Debian 12.5, `3.20` for Alpine
 * 3.20.2; `sid` and `edge` where no release is stated, because a snapshot of what is to come has no release's advisories.
 */
export function distributionOf(system: OperatingSystem | null): Package['distribution'] {
  return system === null ? null : { id: system.id, release: releaseKeyOf(system) };
}

function releaseKeyOf(system: OperatingSystem): string {
  if (system.id === 'debian' && !/^\d/.test(system.version)) return DEBIAN_RELEASES.get(system.codename ?? '') ?? 'sid';
  if (system.id === 'alpine' && !/^\d+\.\d+(?:\.\d+)?$/.test(system.version)) return 'edge';
  return releaseOf(system);
}

/** The `distro` qualifier: `debian-12`, `alpine-3.20`. */
export function distroQualifier(distribution: Package['distribution']): string | null {
  if (distribution === null) return null;
  return distribution.release === '' ? distribution.id : `${distribution.id}-${distribution.release}`;
}
