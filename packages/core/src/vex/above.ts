import type { Relation } from '../package.ts';
import { vexLimits } from './limits.ts';

/** Which packages need which, by the one that is needed. */
export function parentsOf(relations: readonly Relation[]): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const { from, to } of relations) {
    if (from === to) continue;
    const known = parents.get(to);
    if (known === undefined) parents.set(to, [from]);
    else known.push(from);
  }
  return parents;
}

/** The package and all through which it may have come into the image; undefined where they are too many to be followed. */
export function walkUp(purl: string, parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> | undefined {
  const above = new Set([purl]);
  let ways = 0;
  for (const one of above) {
    for (const parent of parents.get(one) ?? []) {
      above.add(parent);
      ways += 1;
      if (above.size > vexLimits.aboveMax || ways > vexLimits.waysMax) return undefined;
    }
  }
  return above;
}
