import {
  formatPurl,
  type ImageView,
  type Package,
  type Problem,
  type Resolution,
  type ViewFile,
} from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import { presentSince } from '../presence.ts';
import { distributionOf, distroQualifier } from '../release-key.ts';
import { type RelatedPackage, relationsByName } from '../system-relations.ts';
import type { DpkgEvidence } from './index.ts';
import type { DpkgPackage } from './parse.ts';

/** The packages of the visible status files, and which of the listed files they own. */
export function resolveDpkg(view: ImageView<DpkgEvidence>): Resolution {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const installed = new Set<string>();
  const licensesOf = licenseLookup(view);
  const isDirect = directness(view);
  const related: RelatedPackage[] = [];
  for (const file of view.files) {
    if (file.evidence.kind !== 'status') continue;
    const since = presentSince(file, keysOf);
    for (const found of file.evidence.packages) {
      installed.add(found.name).add(`${found.name}:${found.architecture}`);
      const layer = since.get(keyOf(found)) ?? file.layer;
      const pkg = toPackage(found, file.path, view, layer);
      packages.push({ ...pkg, licenses: licensesOf(found.name), direct: isDirect(found.name) });
      related.push({ purl: pkg.purl, offers: [found.name, ...(found.provides ?? [])], needs: found.needs ?? [] });
      if (found.state === 'partial') {
        const detail = `package ${found.name} is half-installed: counted as present, though some of its files may be missing`;
        problems.push(fileProblem('unreadable', file.path, detail));
      }
    }
  }
  return { packages, problems, relations: relationsByName(related), owned: ownedPaths(view.files, installed) };
}

/** By apt's marks; null where apt has left none, as in images of debootstrap alone. */
function directness(view: ImageView<DpkgEvidence>): (name: string) => boolean | null {
  const marks = view.files.find(({ evidence }) => evidence.kind === 'automatic')?.evidence;
  if (marks?.kind !== 'automatic') return () => null;
  const automatic = new Set(marks.packages);
  return (name) => !automatic.has(name);
}

/** Packages built together often share one documentation folder through a link (`libstdc++6 → gcc-12-base`). */
function licenseLookup(view: ImageView<DpkgEvidence>): (name: string) => readonly string[] {
  const byPath = new Map<string, readonly string[]>();
  for (const { path, evidence } of view.files) if (evidence.kind === 'licenses') byPath.set(path, evidence.licenses);
  return (name) => byPath.get(view.realPath(`usr/share/doc/${name}/copyright`)) ?? [];
}

/** Lists of packages that are gone stay behind for their configuration files; they own nothing. */
function ownedPaths(
  files: readonly ViewFile<DpkgEvidence>[],
  installed: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const owned = new Map<string, string>();
  for (const { evidence } of files) {
    if (evidence.kind !== 'owned' || !installed.has(evidence.package)) continue;
    const owner = evidence.package.split(':', 1)[0] ?? evidence.package;
    for (const path of evidence.files) owned.set(path, owner);
  }
  return owned;
}

function toPackage(
  found: DpkgPackage,
  path: string,
  view: ImageView<DpkgEvidence>,
  layer: number,
): Omit<Package, 'licenses' | 'direct'> {
  const { name, version, architecture, source } = found;
  const distribution = distributionOf(view.operatingSystem);
  const purl = formatPurl({
    type: 'deb',
    namespace: view.operatingSystem?.id ?? 'debian',
    name,
    version,
    qualifiers: { arch: architecture, distro: distroQualifier(distribution), upstream: upstreamOf(found) },
  });
  return {
    purl,
    type: 'deb',
    name,
    version,
    architecture,
    source,
    distribution,
    layer: view.layers[layer] ?? null,
    paths: [path],
    ownedBy: null,
    analyzer: 'dpkg',
  };
}

/** The `upstream` qualifier as scanners write it: the source's name, with its version where that differs. */
function upstreamOf({ name, version, source }: DpkgPackage): string | null {
  if (source.version !== version) return `${source.name}@${source.version}`;
  return source.name === name ? null : source.name;
}

function keysOf(evidence: DpkgEvidence): readonly string[] {
  return evidence.kind === 'status' ? evidence.packages.map(keyOf) : [];
}

function keyOf({ name, architecture, version }: DpkgPackage): string {
  return `${name}\u0000${architecture}\u0000${version}`;
}
