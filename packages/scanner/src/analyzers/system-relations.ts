import type { Relation } from '@hullcheck/core';
import { limits } from './limits.ts';

/** One installed package of an operating system's package manager, with what it offers and asks for. */
export interface RelatedPackage {
  readonly purl: string;
  /** Its own name first, then what it provides besides: virtual packages, shared objects, commands. */
  readonly offers: readonly string[];
  /** Names that it needs; alternatives are separated by `|`, best first. */
  readonly needs: readonly string[];
}

/**
 * Package managers state needs by name, so who meets a need is only known among all installed packages. A package of that
 * name goes before one that provides it, and of alternatives the first that is installed counts.
 */
export function relationsByName(packages: readonly RelatedPackage[]): readonly Relation[] {
  const byName = new Map<string, string[]>();
  const byOffer = new Map<string, string[]>();
  for (const { purl, offers } of packages) {
    for (const [at, offer] of offers.entries()) append(at === 0 ? byName : byOffer, offer, purl);
  }
  const relations: Relation[] = [];
  for (const { purl, needs } of packages) {
    for (const need of needs) {
      for (const to of providersOf(need, byName, byOffer)) relations.push({ from: purl, to });
      // One above the limit tells the composer that there are more.
      if (relations.length > limits.relationsMax) return relations;
    }
  }
  return relations;
}

function providersOf(
  need: string,
  byName: ReadonlyMap<string, readonly string[]>,
  byOffer: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  for (const alternative of need.split('|')) {
    const providers = byName.get(alternative) ?? byOffer.get(alternative);
    if (providers !== undefined) return providers;
  }
  return [];
}

/** Architectures of one name, or equal providers; a database that lets a thousand packages provide one name is hostile. */
const PROVIDERS_MAX = 8;

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else if (list.length < PROVIDERS_MAX) list.push(value);
}
