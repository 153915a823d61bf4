import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import type { ApkEvidence } from './index.ts';
import type { ApkPackage } from './parse.ts';

/** The packages of the visible database, and which files they own. */
export function resolveApk(view: ImageView<ApkEvidence>): Resolution {
  const packages: Package[] = [];
  const owned = new Map<string, string>();
  for (const file of view.files) {
    const since = presentSince(file, (evidence) => evidence.packages.map(keyOf));
    for (const found of file.evidence.packages) {
      packages.push(toPackage(found, file.path, view, since.get(keyOf(found)) ?? file.layer));
      for (const path of found.files) owned.set(path, found.name);
    }
  }
  return { packages, problems: [], owned };
}

function toPackage(found: ApkPackage, path: string, view: ImageView<ApkEvidence>, layer: number): Package {
  const { name, version, architecture, origin, license } = found;
  const distribution = distributionOf(view.operatingSystem);
  const purl = formatPurl({
    type: 'apk',
    namespace: view.operatingSystem?.id ?? 'alpine',
    name,
    version,
    qualifiers: {
      arch: architecture,
      distro: distroQualifier(distribution),
      upstream: origin === name ? null : origin,
    },
  });
  return {
    purl,
    type: 'apk',
    name,
    version,
    architecture,
    // An aport builds all its packages at one version.
    source: { name: origin ?? name, version },
    distribution,
    licenses: license === null ? [] : [license],
    layer: view.layers[layer] ?? null,
    paths: [path],
    direct: null,
    ownedBy: null,
    analyzer: 'apk',
  };
}

function keyOf({ name, architecture, version }: ApkPackage): string {
  return `${name}\u0000${architecture}\u0000${version}`;
}
