import type { FindingRow, PackageRow, SupportRow } from '@hullcheck/contract';
import { purlOf } from './findings.ts';
import type { FixtureImage } from './images.ts';
import type { Digests, Recipe, systems } from './recipe.ts';

const quietPackages: { readonly [base in keyof typeof systems]: readonly string[] } = {
  deb11:
    'adduser base-files base-passwd bash bsdutils ca-certificates coreutils dash debconf debian-archive-keyring debianutils diffutils dpkg e2fsprogs findutils gpgv grep hostname init-system-helpers login lsb-base mawk mount passwd sed sysvinit-utils tzdata util-linux'.split(
      ' ',
    ),
  deb12:
    'adduser base-files base-passwd bash bsdutils ca-certificates coreutils dash debconf debian-archive-keyring debianutils diffutils dpkg e2fsprogs findutils gpgv grep hostname login logsave mawk mount passwd sed sysvinit-utils tzdata usr-is-merged util-linux'.split(
      ' ',
    ),
  apk: 'alpine-baselayout alpine-keys apk-tools ca-certificates-bundle libc-utils libretls musl musl-utils scanelf'.split(
    ' ',
  ),
};

export function packagesOf(recipe: Recipe, findings: readonly FindingRow[], layers: Digests): readonly PackageRow[] {
  const rows = new Map<string, PackageRow>();
  for (const finding of findings) {
    const own = findings.filter((other) => other.package.purl === finding.package.purl);
    const type = /^pkg:([^/]+)/.exec(finding.package.purl)?.[1] ?? 'generic';
    rows.set(finding.package.purl, {
      ...finding.package,
      type,
      source: finding.evidence.via === null ? null : { name: finding.evidence.via, version: finding.package.version },
      licenses: type === 'npm' ? ['MIT'] : type === 'pypi' ? ['Apache-2.0'] : [],
      layer: finding.layer,
      paths: [
        type === 'deb'
          ? 'var/lib/dpkg/status'
          : type === 'apk'
            ? 'lib/apk/db/installed'
            : type === 'npm'
              ? `app/node_modules/${finding.package.name}/package.json`
              : 'usr/local/bin/server',
      ],
      direct: type === 'npm' ? true : null,
      findings: own.length,
      risk: Math.max(...own.map(({ risk }) => risk)),
      inherited: null,
    });
  }
  if (recipe.base !== null)
    for (const name of quietPackages[recipe.base]) {
      const version = recipe.base === 'apk' ? '1.2.2-r7' : '5.1-2';
      const purl = purlOf(recipe.base, name, version);
      rows.set(purl, {
        purl,
        type: recipe.base === 'apk' ? 'apk' : 'deb',
        name,
        version,
        source: { name, version },
        licenses: recipe.base === 'apk' ? ['MIT'] : [],
        layer: layers.base,
        paths: [recipe.base === 'apk' ? 'lib/apk/db/installed' : 'var/lib/dpkg/status'],
        direct: null,
        findings: 0,
        risk: 0,
        inherited: null,
      });
    }
  return [...rows.values()].sort((a, b) => (b.risk ?? 0) - (a.risk ?? 0) || (a.purl < b.purl ? -1 : 1));
}

/** Of every image with packages the first one has limited support, and the second one none. */
export function supportOf({ packages }: FixtureImage): SupportRow[] {
  return packages.slice(0, 2).map(({ purl, name, version }, at) => ({
    purl,
    name,
    version,
    status: at === 0 ? 'limited' : 'ended',
    since: at === 0 ? null : '2023-09-11',
    subject: `${name} in Debian 12`,
    extendedUntil: null,
    reference: at === 0 ? null : 'https://bugs.debian.org/1035794',
  }));
}
