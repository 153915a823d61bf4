import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import { parseSourceRpm } from '../source-rpm.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import { findDatabases, packageKey } from './databases.ts';
import type { RpmEvidence, RpmPackage } from './evidence.ts';

/** The packages of the visible databases, and which files they own. */
export function resolveRpm(view: ImageView<RpmEvidence>): Resolution {
  const { files, problems } = findDatabases(view);
  const packages: Package[] = [];
  const related: RelatedPackage[] = [];
  const owned = new Map<string, string>();
  const setsOf = contentSetLookup(view);
  const sourceOf = sourceLookup(files.flatMap(({ evidence }) => evidence.packages));
  for (const file of files) {
    const since = presentSince(file, (evidence) => evidence.packages.map(packageKey));
    for (const found of file.evidence.packages) {
      const layer = since.get(packageKey(found)) ?? file.layer;
      const sets = setsOf(layer);
      const pkg = toPackage(found, { path: file.path, view, layer, source: sourceOf(found) });
      packages.push(sets.length === 0 ? pkg : { ...pkg, contentSets: sets });
      related.push({ purl: pkg.purl, offers: [found.name], needs: found.needs ?? [] });
      for (const path of found.files) owned.set(path, found.name);
    }
  }
  return { packages, problems, relations: relationsByName(related), owned };
}

function toPackage(
  found: RpmPackage,
  place: {
    readonly path: string;
    readonly view: ImageView<RpmEvidence>;
    readonly layer: number;
    readonly source: Package['source'];
  },
): Package {
  const { name, version, epoch, architecture, module } = found;
  const { operatingSystem, layers } = place.view;
  const distribution = distributionOf(operatingSystem);
  const purl = formatPurl({
    type: 'rpm',
    namespace: operatingSystem?.id ?? null,
    name,
    version,
    qualifiers: {
      arch: architecture,
      distro: distroQualifier(distribution),
      epoch: epoch === 0 ? null : String(epoch),
      rpmmod: module,
      upstream: found.source,
    },
  });
  return {
    purl,
    type: 'rpm',
    name,
    version: withEpoch(epoch, version),
    architecture,
    source: place.source,
    distribution,
    licenses: found.license === null ? [] : [found.license],
    layer: layers[place.layer] ?? null,
    paths: [place.path],
    direct: null,
    ownedBy: null,
    analyzer: 'rpm',
    ...(module === null ? {} : { module }),
  };
}

function withEpoch(epoch: number, version: string): string {
  return epoch === 0 ? version : `${epoch}:${version}`;
}

/**
 * The source package with its version. A file name has no epoch, and a package may have another than its source
 * (`perl-Errno` of `perl`): the epoch is that of a package of the same source that carries the source's own version.
 */
function sourceLookup(packages: readonly RpmPackage[]): (found: RpmPackage) => Package['source'] {
  const epochs = new Map<string, number>();
  const sources = new Map<string, ReturnType<typeof parseSourceRpm>>();
  for (const { source, version, epoch } of packages) {
    if (source === null) continue;
    if (!sources.has(source)) sources.set(source, parseSourceRpm(source));
    if (sources.get(source)?.version === version) epochs.set(source, epoch);
  }
  return ({ name, version, epoch, source: stated }) => {
    const source = stated === null ? undefined : sources.get(stated);
    if (stated === null || source === undefined) return { name, version: withEpoch(epoch, version) };
    return { name: source.name, version: withEpoch(epochs.get(stated) ?? epoch, source.version) };
  };
}

/**
 * Content sets by layer. An image's build leaves its own file in the layer of its packages or in the one above, so a package
 * goes by the first file from its layer up; what was installed on top of the last by the one below.
 */
function contentSetLookup(view: ImageView<RpmEvidence>): (layer: number) => readonly string[] {
  const byLayer = new Map<number, Set<string>>();
  for (const { layer, evidence } of view.files) {
    if (evidence.kind !== 'content-sets') continue;
    const sets = byLayer.get(layer) ?? new Set();
    for (const set of evidence.contentSets) sets.add(set);
    byLayer.set(layer, sets);
  }
  const layers = [...byLayer].sort(([a], [b]) => a - b).map(([layer, sets]) => ({ layer, sets: [...sets].sort() }));
  return (layer) => (layers.find((entry) => entry.layer >= layer) ?? layers.at(-1))?.sets ?? [];
}
