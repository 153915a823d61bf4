import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf } from '../release-key.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import type { PacmanEvidence } from './index.ts';
import type { PacmanPackage } from './parse.ts';

/** One package per folder of the local database; the list of files beside its description says what it owns. */
export function resolvePacman(view: ImageView<PacmanEvidence>): Resolution {
  const packages: Package[] = [];
  const related: RelatedPackage[] = [];
  const owners = new Map<string, string>();
  for (const file of view.files) {
    if (file.evidence.kind !== 'package') continue;
    const found = file.evidence.package;
    const layer = presentSince(file, keysOf).get(keyOf(found)) ?? file.layer;
    const pkg = toPackage(found, file.path, view, layer);
    packages.push(pkg);
    related.push({ purl: pkg.purl, offers: [found.name, ...found.provides], needs: found.needs });
    owners.set(folderOf(file.path), found.name);
  }
  const owned = new Map<string, string>();
  for (const { path, evidence } of view.files) {
    const owner = owners.get(folderOf(path));
    if (evidence.kind === 'files' && owner !== undefined) for (const listed of evidence.files) owned.set(listed, owner);
  }
  return { packages, problems: [], relations: relationsByName(related), owned };
}

function toPackage(found: PacmanPackage, path: string, view: ImageView<PacmanEvidence>, layer: number): Package {
  const { name, version, architecture, base } = found;
  return {
    // https://github.com/package-url/purl-spec/blob/main/types/alpm-definition.json: the namespace is the vendor.
    purl: formatPurl({
      type: 'alpm',
      namespace: view.operatingSystem?.id ?? 'arch',
      name,
      version,
      qualifiers: { arch: architecture, upstream: base === name ? null : base },
    }),
    type: 'alpm',
    name,
    version,
    architecture,
    source: { name: base ?? name, version },
    distribution: distributionOf(view.operatingSystem),
    licenses: found.licenses,
    layer: view.layers[layer] ?? null,
    paths: [path],
    direct: found.explicit,
    ownedBy: null,
    analyzer: 'pacman',
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function keysOf(evidence: PacmanEvidence): readonly string[] {
  return evidence.kind === 'package' ? [keyOf(evidence.package)] : [];
}

function keyOf({ name, version }: PacmanPackage): string {
  return `${name}@${version}`;
}
