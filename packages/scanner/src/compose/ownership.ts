import type { Digest, Json, Package, Resolution } from '@hullcheck/core';
import type { History, ImageTree } from './image-tree.ts';

/**
 * Which operating-system package owns a path of the composed image. A package owns a file as its own layers left it: a
 * program that a later layer copied over it is somebody else's, and the distribution's verdict says nothing about it.
 */
export function ownerLookup(
  tree: ImageTree,
  layers: readonly Digest[],
  resolutions: readonly Resolution[],
): (path: string) => string | undefined {
  const owned = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const resolution of resolutions) {
    for (const [path, owner] of resolution.owned ?? []) owned.set(canonical(tree, folders, path), owner);
  }
  const newest = newestLayers(
    layers,
    resolutions.flatMap(({ packages }) => packages),
  );
  // Every package of a file asks for the file's owner, and comparing what layers say of a lock file costs its size.
  const sinceOf = new Map<string, number>();
  return (path) => {
    const key = canonical(tree, folders, path);
    const owner = owned.get(key);
    if (owner === undefined) return undefined;
    let since = sinceOf.get(key);
    if (since === undefined) {
      since = Math.max(-1, ...[...(tree.historiesAt(key)?.values() ?? [])].map(unchangedSince));
      sinceOf.set(key, since);
    }
    return since <= (newest.get(owner) ?? -1) ? owner : undefined;
  };
}

/** Lists spell `/lib/x` where the image has `usr/lib/x`. Folders repeat, so each is resolved once. */
function canonical(tree: ImageTree, folders: Map<string, string>, path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash === -1) return tree.canonicalPath(path);
  const folder = path.slice(0, slash);
  let resolved = folders.get(folder);
  if (resolved === undefined) {
    resolved = tree.realPath(folder);
    folders.set(folder, resolved);
  }
  return `${resolved === '' ? '' : `${resolved}/`}${path.slice(slash + 1)}`;
}

/** By package name the highest layer that brought one of its versions or architectures. */
function newestLayers(layers: readonly Digest[], packages: readonly Package[]): ReadonlyMap<string, number> {
  const indexOf = new Map<string, number>(layers.map((diffId, index) => [diffId, index]));
  const newest = new Map<string, number>();
  for (const { name, layer } of packages) {
    const index = indexOf.get(layer ?? '') ?? -1;
    newest.set(name, Math.max(newest.get(name) ?? -1, index));
  }
  return newest;
}

/** The lowest layer since which the evidence is what it is now: a changed mode or owner copies the file, and nothing more. */
function unchangedSince(history: History): number {
  const last = history.at(-1);
  if (last === undefined) return -1;
  let since = last.layer;
  const now = JSON.stringify(last.evidence);
  for (let at = history.length - 2; at >= 0; at -= 1) {
    const entry: { readonly layer: number; readonly evidence: Json } | undefined = history[at];
    if (entry === undefined || JSON.stringify(entry.evidence) !== now) break;
    since = entry.layer;
  }
  return since;
}
