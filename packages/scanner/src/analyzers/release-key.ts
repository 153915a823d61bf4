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
  return system === null ? null : { id: system.id, release: releaseKey(system) };
}

/** The release that advisories about packages of the system go by; empty where it has none. */
export function releaseKey(system: Pick<OperatingSystem, 'id' | 'version' | 'name' | 'codename'>): string {
  const keyed = RPM_RELEASES.get(system.id)?.(system);
  if (keyed !== undefined) return keyed;
  if (system.id === 'debian' && !/^\d/.test(system.version)) return DEBIAN_RELEASES.get(system.codename ?? '') ?? 'sid';
  if (system.id === 'alpine' && !/^\d+\.\d+(?:\.\d+)?$/.test(system.version)) return 'edge';
  return releaseOf({ ...system, idLike: [] });
}

type ReleaseRule = (system: Pick<OperatingSystem, 'version' | 'name'>) => string;

/** Minor releases of the RHEL family are judged by the advisories of their major one. */
const major: ReleaseRule = ({ version }) => version.split('.', 1)[0] ?? '';
const majorAndMinor: ReleaseRule = ({ version }) => version.split('.').slice(0, 2).join('.');
/** Snapshots of a rolling distribution have no release of their own. */
const rolling: ReleaseRule = () => '';

/** Distributions of rpm packages whose VERSION_ID is not what their advisories are filed under. */
const RPM_RELEASES: ReadonlyMap<string, ReleaseRule> = new Map([
  // CentOS Linux 8 was a rebuild, CentOS Stream 8 is ahead of what it would be judged by; only the name tells them apart.
  ['centos', (system) => (/\bStream 8\b/.test(system.name) ? '8-stream' : major(system))],
  ...['rhel', 'rocky', 'almalinux', 'ol', 'scientific', 'eurolinux', 'cloudlinux', 'miraclelinux', 'anolis'].map(
    (id) => [id, major] as const,
  ),
  // `2018.03` and the years before it are Amazon Linux 1.
  ['amzn', ({ version }) => (/^201\d\./.test(version) ? '1' : (version.split('.', 1)[0] ?? ''))],
  ...['mariner', 'azurelinux', 'photon', 'sles', 'opensuse-leap'].map((id) => [id, majorAndMinor] as const),
  ['opensuse-tumbleweed', rolling],
  // `22.03 (LTS-SP3)`: the service pack stands only in the name. https://repo.openeuler.org/security/data/cvrf/
  [
    'openeuler',
    ({ version, name }) =>
      [version, /\((LTS(?:-SP\d+)?)\)/.exec(name)?.[1]].filter((part) => part !== undefined).join('-'),
  ],
]);

/** The `distro` qualifier: `debian-12`, `alpine-3.20`. */
export function distroQualifier(distribution: Package['distribution']): string | null {
  if (distribution === null) return null;
  return distribution.release === '' ? distribution.id : `${distribution.id}-${distribution.release}`;
}
