import type { ViewFile } from '@hullcheck/core';

/**
 * For each key that the visible evidence holds: the lowest layer since which every layer's evidence at this path has held it
 * without a break. A package database is rewritten whole by each layer that installs something, so the layer that holds
 * the file says nothing of the layer that brought a package.
 */
export function presentSince<E>(
  file: ViewFile<E>,
  keysOf: (evidence: E) => Iterable<string>,
): ReadonlyMap<string, number> {
  let since = new Map<string, number>();
  for (const { layer, evidence } of file.history) {
    const next = new Map<string, number>();
    if (evidence !== null) for (const key of keysOf(evidence)) next.set(key, since.get(key) ?? layer);
    since = next;
  }
  return since;
}
