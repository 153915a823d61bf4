import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import type { PortageEvidence } from './index.ts';
import type { Ebuild } from './parse.ts';

/** One package per folder with a list of contents; licence and dependencies lie beside it. */
export function resolvePortage(view: ImageView<PortageEvidence>): Resolution {
  const licenses = new Map<string, readonly string[]>();
  const needs = new Map<string, readonly string[]>();
  let world: ReadonlySet<string> | null = null;
  for (const { path, evidence } of view.files) {
    if (evidence.kind === 'license') licenses.set(folderOf(path), evidence.licenses);
    else if (evidence.kind === 'needs') needs.set(folderOf(path), evidence.atoms);
    else if (evidence.kind === 'world') world = new Set(evidence.atoms);
  }
  const packages: Package[] = [];
  const related: RelatedPackage[] = [];
  const owned = new Map<string, string>();
  for (const file of view.files) {
    if (file.evidence.kind !== 'package') continue;
    const found = file.evidence.package;
    const fullName = `${found.category}/${found.name}`;
    const layer = presentSince(file, keysOf).get(keyOf(found)) ?? file.layer;
    const folder = folderOf(file.path);
    const pkg: Package = {
      ...toPackage(found, view),
      licenses: licenses.get(folder) ?? [],
      layer: view.layers[layer] ?? null,
      paths: [file.path],
      direct: world?.has(fullName) ?? null,
    };
    packages.push(pkg);
    related.push({ purl: pkg.purl, offers: [fullName], needs: needs.get(folder) ?? [] });
    for (const path of file.evidence.files) owned.set(path, fullName);
  }
  return { packages, problems: [], relations: relationsByName(related), owned };
}

function toPackage({ category, name, version }: Ebuild, view: ImageView<PortageEvidence>) {
  const distribution = distributionOf(view.operatingSystem);
  return {
    // purl-spec lists `ebuild` among the types to come.
    purl: formatPurl({
      type: 'ebuild',
      namespace: category,
      name,
      version,
      qualifiers: { distro: distroQualifier(distribution) },
    }),
    type: 'ebuild',
    name: `${category}/${name}`,
    version,
    architecture: null,
    source: null,
    distribution,
    ownedBy: null,
    analyzer: 'portage',
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function keysOf(evidence: PortageEvidence): readonly string[] {
  return evidence.kind === 'package' ? [keyOf(evidence.package)] : [];
}

function keyOf({ category, name, version }: Ebuild): string {
  return `${category}/${name}@${version}`;
}
