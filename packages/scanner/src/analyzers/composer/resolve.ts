import type { ImageView, Package, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { folderOf, joinPath } from '../image-path.ts';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import type { ComposerEvidence } from './index.ts';
import type { ComposerPackage } from './parse.ts';

const INSTALLED = '/composer/installed.json';

/**
 * What each vendor folder holds, packages for development included, for they are there; and for a project whose vendor
 * folder the image doesn't have, what its lock file names for production.
 */
export function resolveComposer(view: ImageView<ComposerEvidence>): Resolution {
  const vendorOf = new Map<string, string>();
  const requiresOf = new Map<string, ReadonlySet<string>>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'manifest') continue;
    const project = folderOf(path);
    const vendor = joinPath(project, evidence.vendorFolder);
    vendorOf.set(project, vendor);
    requiresOf.set(vendor, new Set(evidence.requires.map((name) => name.toLowerCase())));
  }
  const installed = new Set(
    view.files.flatMap(({ path, evidence }) =>
      evidence.kind === 'installed' ? [path.slice(0, -INSTALLED.length)] : [],
    ),
  );
  const packages: Package[] = [];
  const relations: Relation[] = [];
  for (const file of view.files) {
    const { evidence } = file;
    if (evidence.kind === 'manifest') continue;
    const project = folderOf(file.path);
    const vendor =
      evidence.kind === 'installed'
        ? file.path.slice(0, -INSTALLED.length)
        : (vendorOf.get(project) ?? joinPath(project, 'vendor'));
    if (evidence.kind === 'lock' && installed.has(vendor)) continue;
    const wanted = evidence.packages.filter(({ dev }) => evidence.kind === 'installed' || !dev);
    const found = toPackages(wanted, file, view, requiresOf.get(vendor));
    appendAll(packages, found.packages);
    appendAll(relations, found.relations);
  }
  return { packages, problems: [], relations };
}

/** Whether the path lies in a vendor folder, where manifests and lock files are of packages, not of a project. */
export function isInsideVendor(path: string): boolean {
  return /(?:^|\/)vendor\/[^/]+\/[^/]+\//.test(path);
}

function toPackages(
  wanted: readonly ComposerPackage[],
  file: ViewFile<ComposerEvidence>,
  view: ImageView<ComposerEvidence>,
  requires: ReadonlySet<string> | undefined,
): { readonly packages: readonly Package[]; readonly relations: readonly Relation[] } {
  const since = presentSince(file, (evidence) => (evidence.kind === 'manifest' ? [] : evidence.packages.map(keyOf)));
  const purls = new Map<string, string>();
  const packages = wanted.map((found) => {
    const slash = found.name.indexOf('/');
    const pkg = toLanguagePackage(
      {
        type: 'composer',
        namespace: found.name.slice(0, slash),
        name: found.name.slice(slash + 1),
        fullName: found.name,
        version: found.version,
        licenses: found.licenses,
        direct: requires?.has(found.name.toLowerCase()) ?? null,
      },
      { view, file, layer: since.get(keyOf(found)), analyzer: 'composer' },
    );
    purls.set(found.name.toLowerCase(), pkg.purl);
    return pkg;
  });
  for (const { name, replaces } of wanted) {
    const purl = purls.get(name.toLowerCase());
    for (const other of replaces) {
      const key = other.toLowerCase();
      if (purl !== undefined && !purls.has(key)) purls.set(key, purl);
    }
  }
  const relations = wanted.flatMap(({ name, needs }) => {
    const from = purls.get(name.toLowerCase());
    return needs.flatMap((need) => {
      const to = purls.get(need.toLowerCase());
      return from === undefined || to === undefined ? [] : [{ from, to }];
    });
  });
  return { packages, relations };
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}\u0000${version}`;
}
