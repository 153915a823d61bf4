import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import type { OpkgEvidence } from './index.ts';
import type { OpkgPackage } from './parse.ts';

/** The packages of the visible status file, and which of the listed files they own. */
export function resolveOpkg(view: ImageView<OpkgEvidence>): Resolution {
  const licenses = new Map<string, string>();
  for (const { evidence } of view.files) {
    if (evidence.kind === 'license') licenses.set(evidence.package, evidence.license);
  }
  const packages: Package[] = [];
  const related: RelatedPackage[] = [];
  for (const file of view.files) {
    if (file.evidence.kind !== 'status') continue;
    const since = presentSince(file, (evidence) => (evidence.kind === 'status' ? evidence.packages.map(keyOf) : []));
    for (const found of file.evidence.packages) {
      const layer = since.get(keyOf(found)) ?? file.layer;
      const license = licenses.get(found.name);
      const pkg = toPackage(found, license === undefined ? [] : [license], file.path, view.layers[layer] ?? null, view);
      packages.push(pkg);
      related.push({ purl: pkg.purl, offers: [found.name, ...found.provides], needs: found.needs });
    }
  }
  const installed = new Set(packages.map((pkg) => pkg.name));
  const owned = new Map<string, string>();
  for (const { evidence } of view.files) {
    // Lists of removed packages may stay behind; they own nothing.
    if (evidence.kind !== 'owned' || !installed.has(evidence.package)) continue;
    for (const path of evidence.files) owned.set(path, evidence.package);
  }
  return { packages, problems: [], relations: relationsByName(related), owned };
}

function toPackage(
  { name, version, architecture, automatic }: OpkgPackage,
  licenses: readonly string[],
  path: string,
  layer: string | null,
  view: ImageView<OpkgEvidence>,
): Package {
  const distribution = distributionOf(view.operatingSystem);
  return {
    // purl-spec registers no type for opkg; scanners write this one.
    purl: formatPurl({
      type: 'opkg',
      namespace: view.operatingSystem?.id ?? null,
      name,
      version,
      qualifiers: { arch: architecture, distro: distroQualifier(distribution) },
    }),
    type: 'opkg',
    name,
    version,
    architecture,
    source: null,
    distribution,
    licenses,
    layer,
    paths: [path],
    direct: !automatic,
    ownedBy: null,
    analyzer: 'opkg',
  };
}

function keyOf({ name, version }: OpkgPackage): string {
  return `${name}@${version}`;
}
