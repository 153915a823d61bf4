import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import type { ApkEvidence } from './index.ts';
import type { ApkPackage } from './parse.ts';

/** The packages of the visible database, and which files they own. */
export function resolveApk(view: ImageView<ApkEvidence>): Resolution {
  const packages: Package[] = [];
  const owned = new Map<string, string>();
  const related: RelatedPackage[] = [];
  const world = view.files.find(({ evidence }) => 'world' in evidence)?.evidence;
  const asked = world !== undefined && 'world' in world ? new Set(world.world) : null;
  for (const file of view.files) {
    if ('world' in file.evidence) continue;
    const since = presentSince(file, (evidence) => ('world' in evidence ? [] : evidence.packages.map(keyOf)));
    for (const found of file.evidence.packages) {
      const pkg = toPackage(found, file.path, view, since.get(keyOf(found)) ?? file.layer);
      packages.push({ ...pkg, direct: asked?.has(found.name) ?? null });
      related.push({ purl: pkg.purl, offers: [found.name, ...(found.provides ?? [])], needs: found.needs ?? [] });
      for (const path of found.files) owned.set(path, found.name);
    }
  }
  return { packages, problems: [], relations: relationsByName(related), owned };
}

function toPackage(
  found: ApkPackage,
  path: string,
  view: ImageView<ApkEvidence>,
  layer: number,
): Omit<Package, 'direct'> {
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
    ownedBy: null,
    analyzer: 'apk',
  };
}

function keyOf({ name, architecture, version }: ApkPackage): string {
  return `${name}\u0000${architecture}\u0000${version}`;
}
