import { imageRisk, totalRisk } from '../risk/index.ts';

/** The worst risk of each flaw, by its key. */
export type Flaws = ReadonlyMap<string, number>;

export interface RebuildOutcome {
  /** Flaws that the image has now and would not have then, and the other way round. */
  readonly cleared: readonly string[];
  readonly added: readonly string[];
  readonly riskBefore: number;
  readonly riskAfter: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
}

/**
 * What an image would have when it were built on the new base: its own layers' flaws as they are, and the new base's in
 * place of those it inherits.
 */
export function rebuildOn(inherited: Flaws, own: Flaws, newBase: Flaws): RebuildOutcome {
  const before = merge(inherited, own);
  const after = merge(newBase, own);
  const risks = (flaws: Flaws) => [...flaws.values()];
  return {
    cleared: [...before.keys()].filter((key) => !after.has(key)).sort(),
    added: [...after.keys()].filter((key) => !before.has(key)).sort(),
    riskBefore: imageRisk(risks(before)),
    riskAfter: imageRisk(risks(after)),
    totalBefore: totalRisk(risks(before)),
    totalAfter: totalRisk(risks(after)),
  };
}

function merge(a: Flaws, b: Flaws): Flaws {
  const all = new Map(a);
  for (const [key, risk] of b) all.set(key, Math.max(all.get(key) ?? 0, risk));
  return all;
}
