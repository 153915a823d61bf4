import type { Digest, Package, Problem, Relation } from '@hullcheck/core';
import { limits } from './limits.ts';

/**
 * One package per purl and owner, with all its paths and the lowest layer, sorted. The owner is part of the key: a copy that no
 * distribution package owns must not vanish behind one that is owned, because nobody judges the owned one by its language.
 */
export function mergePackages(packages: readonly Package[], layers: readonly Digest[]): readonly Package[] {
  const indexOf = new Map<string, number>();
  for (const [index, diffId] of layers.entries()) if (!indexOf.has(diffId)) indexOf.set(diffId, index);
  const groups = new Map<string, Package[]>();
  for (const found of packages) {
    const key = [found.purl, found.name, found.ownedBy ?? '', found.analyzer].join('\u0000');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [found]);
    else group.push(found);
  }
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([, group]) => mergeGroup(group, (layer) => indexOf.get(layer ?? '') ?? layers.length));
}

/**
 * Each relation once, sorted; only between packages that the inventory has, and none of a package to itself. More
 * than `relationsMax` are cut, which is a problem.
 */
export function mergeRelations(
  lists: readonly (readonly Relation[])[],
  packages: readonly Package[],
): { readonly relations: readonly Relation[]; readonly problems: readonly Problem[] } {
  const known = new Set(packages.map(({ purl }) => purl));
  // Sets within a map hold the purls that are there; joined keys would be half a gigabyte of new text at the limit.
  const needs = new Map<string, Set<string>>();
  let kept = 0;
  let cut = false;
  for (const list of lists) {
    cut ||= list.length > limits.relationsMax;
    for (const { from, to } of list) {
      if (from === to || !known.has(from) || !known.has(to)) continue;
      const of = needs.get(from) ?? new Set();
      if (of.has(to)) continue;
      cut ||= kept >= limits.relationsMax;
      if (kept >= limits.relationsMax) break;
      needs.set(from, of.add(to));
      kept += 1;
    }
  }
  const relations = [...needs]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([from, of]) => [...of].sort(compareText).map((to) => ({ from, to })));
  return { relations, problems: cut ? [tooMany] : [] };
}

const tooMany: Problem = {
  code: 'limit-exceeded',
  path: null,
  layer: null,
  detail: `the packages state more relations than relationsMax (${limits.relationsMax}); the rest is left out`,
};

function mergeGroup(group: readonly Package[], indexOf: (layer: string | null) => number): readonly Package[] {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1) return group;
  const lowest = group.reduce((best, next) => (indexOf(next.layer) < indexOf(best.layer) ? next : best), first);
  const directs = group.map(({ direct }) => direct);
  return [
    {
      ...first,
      layer: lowest.layer,
      licenses: [...new Set(group.flatMap(({ licenses }) => licenses))].sort(compareText),
      paths: [...new Set(group.flatMap(({ paths }) => paths))].sort(compareText),
      direct: directs.includes(true) ? true : directs.includes(false) ? false : null,
    },
  ];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
