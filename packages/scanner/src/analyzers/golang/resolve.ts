import { formatPurl, type ImageView, type Package, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import type { GoBinary } from './parse.ts';

/** Each module of each program, and the standard library as package `stdlib`, as the Go vulnerability database names it. */
export function resolveGoBinaries(view: ImageView<GoBinary>): Resolution {
  const packages: Package[] = [];
  for (const file of view.files) {
    const since = presentSince(file, (evidence) => modulesOf(evidence).map(keyOf));
    const ownedBy = view.ownerOf(file.path) ?? null;
    for (const module of modulesOf(file.evidence)) {
      const layer = view.layers[since.get(keyOf(module)) ?? file.layer] ?? null;
      packages.push({ ...toPackage(module.path, module.version), layer, paths: [file.path], ownedBy });
    }
  }
  return { packages, problems: [] };
}

function toPackage(name: string, version: string): Omit<Package, 'layer' | 'paths' | 'ownedBy'> {
  const slash = name.lastIndexOf('/');
  return {
    purl: formatPurl({
      type: 'golang',
      namespace: name.slice(0, Math.max(slash, 0)),
      name: name.slice(slash + 1),
      version,
    }),
    type: 'golang',
    name,
    version,
    architecture: null,
    source: null,
    distribution: null,
    licenses: [],
    direct: null,
    analyzer: 'go-binary',
  };
}

interface Versioned {
  readonly path: string;
  readonly version: string;
}

function modulesOf({ goVersion, modules }: GoBinary): readonly Versioned[] {
  return [{ path: 'stdlib', version: goVersion }, ...modules];
}

function keyOf({ path, version }: Versioned): string {
  return `${path}\u0000${version}`;
}
