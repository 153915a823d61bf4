import { formatPurl, type ImageView, type Package, type Resolution, type ViewFile } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import type { PythonEvidence } from './index.ts';
import { normalizeName, type PythonDistribution } from './parse.ts';

/** Each distribution with its own metadata file, those that others carry along (`setuptools/_vendor`) included. */
export function resolvePython(view: ImageView<PythonEvidence>): Resolution {
  const requested = new Set(
    view.files.filter(({ evidence }) => evidence.kind === 'requested').map(({ path }) => folderOf(path)),
  );
  const packages: Package[] = [];
  for (const file of view.files) {
    if (file.evidence.kind !== 'distribution') continue;
    packages.push(toPackage(file.evidence.distribution, file, view, requested.has(folderOf(file.path))));
  }
  return { packages, problems: [] };
}

function toPackage(
  found: PythonDistribution,
  file: ViewFile<PythonEvidence>,
  view: ImageView<PythonEvidence>,
  requested: boolean,
): Package {
  return {
    purl: formatPurl({ type: 'pypi', name: normalizeName(found.name), version: found.version }),
    type: 'pypi',
    name: found.name,
    version: found.version,
    architecture: null,
    source: null,
    distribution: null,
    licenses: found.licenses,
    layer: view.layers[presentSince(file, keysOf).get(keyOf(found)) ?? file.layer] ?? null,
    paths: [file.path],
    // Installers older than pip 20.2, and setuptools, leave no mark, so its absence says nothing.
    direct: requested ? true : null,
    ownedBy: view.ownerOf(file.path) ?? null,
    analyzer: 'python',
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function keysOf(evidence: PythonEvidence): readonly string[] {
  return evidence.kind === 'distribution' ? [keyOf(evidence.distribution)] : [];
}

function keyOf({ name, version }: PythonDistribution): string {
  return `${name}\u0000${version}`;
}
