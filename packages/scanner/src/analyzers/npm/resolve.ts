import { formatPurl, type ImageView, type Package, type Resolution, type ViewFile } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import type { NpmEvidence } from './index.ts';
import { folderOf, type InstalledPlace, installedPlace } from './paths.ts';

/** Installed packages; and for each project that has none installed, what its lock file names for production. */
export function resolveNpm(view: ImageView<NpmEvidence>): Resolution {
  const installed = view.files.flatMap((file) => {
    const place = file.evidence.kind === 'package' ? installedPlace(file.path) : undefined;
    return place === undefined ? [] : [{ file, place }];
  });
  const projects = new Set(installed.map(({ place }) => place.project));
  const isDirect = directness(view);
  const packages: Package[] = [];
  for (const { file, place } of installed) {
    if (file.evidence.kind === 'package') {
      packages.push(toPackage(file.evidence, file, view, presentSince(file, keysOf), isDirect(place)));
    }
  }
  for (const file of view.files) {
    if (file.evidence.kind !== 'lock' || projects.has(folderOf(file.path))) continue;
    const since = presentSince(file, keysOf);
    for (const locked of file.evidence.packages) {
      if (!locked.dev) packages.push(toPackage({ ...locked, licenses: [] }, file, view, since, locked.direct));
    }
  }
  return { packages, problems: [] };
}

/**
 * Whether the project's manifest asks for a package: by the folder it is installed as, so that aliases count, and through
 * links, because pnpm installs each package beside its dependencies and links the direct ones. Null without a manifest.
 */
function directness(view: ImageView<NpmEvidence>): (place: InstalledPlace) => boolean | null {
  const manifests = view.files.flatMap(({ path, evidence }) =>
    evidence.kind === 'manifest' ? [{ folder: folderOf(path), manifest: evidence }] : [],
  );
  const folders = new Map<string, ReadonlySet<string>>();
  for (const { folder, manifest } of manifests) {
    const inside = folder === '' ? '' : `${folder}/`;
    const names = manifest.workspaces
      ? manifests.filter((other) => other.folder.startsWith(inside)).flatMap((other) => other.manifest.dependencies)
      : manifest.dependencies;
    folders.set(folder, new Set(names.map((name) => view.realPath(`${inside}node_modules/${name}`))));
  }
  return ({ folder, project }) => folders.get(project)?.has(folder) ?? null;
}

function toPackage(
  found: { readonly name: string; readonly version: string; readonly licenses: readonly string[] },
  file: ViewFile<NpmEvidence>,
  view: ImageView<NpmEvidence>,
  since: ReadonlyMap<string, number>,
  direct: boolean | null,
): Package {
  const { name, version, licenses } = found;
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  const purl = formatPurl({
    type: 'npm',
    namespace: name.slice(0, Math.max(slash, 0)),
    name: name.slice(slash + 1),
    version,
  });
  const layer = since.get(keyOf(found)) ?? file.layer;
  return {
    purl,
    type: 'npm',
    name,
    version,
    architecture: null,
    source: null,
    distribution: null,
    licenses,
    layer: view.layers[layer] ?? null,
    paths: [file.path],
    direct,
    ownedBy: view.ownerOf(file.path) ?? null,
    analyzer: 'npm',
  };
}

function keysOf(evidence: NpmEvidence): readonly string[] {
  if (evidence.kind === 'package') return [keyOf(evidence)];
  return evidence.kind === 'lock' ? evidence.packages.map(keyOf) : [];
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}\u0000${version}`;
}
