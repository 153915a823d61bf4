import type { Package, Relation } from '@hullcheck/core';

type Positions = readonly (readonly [number, number])[];

/** Relations as pairs of positions in the list of packages; of a purl with several places the first. */
export function toPositions(relations: readonly Relation[], packages: readonly Pick<Package, 'purl'>[]): Positions {
  const positions = new Map<string, number>();
  for (const [position, { purl }] of packages.entries()) if (!positions.has(purl)) positions.set(purl, position);
  return relations.flatMap(({ from, to }) => {
    const pair = [positions.get(from), positions.get(to)] as const;
    return pair[0] === undefined || pair[1] === undefined ? [] : [[pair[0], pair[1]] as const];
  });
}

export function fromPositions(positions: Positions, packages: readonly Pick<Package, 'purl'>[]): readonly Relation[] {
  return positions.flatMap(([from, to]) => {
    const [source, target] = [packages[from], packages[to]];
    return source === undefined || target === undefined ? [] : [{ from: source.purl, to: target.purl }];
  });
}
