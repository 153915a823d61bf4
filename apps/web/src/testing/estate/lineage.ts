import type { BaseRef, FindingRow, ImageDetail } from '@hullcheck/contract';
import { imageRisk, worstPerVulnerability } from '@hullcheck/core';
import { uuid } from './ids.ts';
import type { Recipe } from './recipe.ts';

export function lineageOf(
  base: BaseRef | null,
  open: readonly FindingRow[],
  recipe: Recipe,
  nowMs: number,
): ImageDetail['lineage'] {
  const worst = (rows: readonly FindingRow[]) => worstPerVulnerability(rows);
  const fromBase = open.filter(({ inherited }) => inherited !== null);
  const own = open.filter(({ inherited }) => inherited === null);
  const sum = (risks: readonly number[]) => risks.reduce((total, risk) => total + risk, 0);
  const cleared = [...new Set(fromBase.filter(({ fixedIn }) => fixedIn.length > 0).map(({ id }) => id))];
  const left = open.filter(({ id }) => !cleared.includes(id));
  const total = sum(worst(open));
  return {
    bases: base === null ? [] : [{ ...base, names: [base.name], layers: 1, images: 40 }],
    inherited: new Set(fromBase.map(({ id }) => id)).size,
    own: new Set(own.map(({ id }) => id)).size,
    inheritedShare: base === null || total === 0 ? null : sum(worst(fromBase)) / total,
    update:
      base === null || recipe.base === 'apk'
        ? null
        : {
            base,
            successor: {
              image: uuid(31_010),
              name: recipe.base === 'deb11' ? 'docker.io/library/debian:11.11' : 'docker.io/library/debian:12.8',
              sameTag: false,
              built: new Date(nowMs - 9 * 86_400_000).toISOString(),
            },
            outcome: {
              cleared,
              clearedCount: cleared.length,
              added: [],
              addedCount: 0,
              riskBefore: imageRisk(worst(open)),
              riskAfter: imageRisk(worst(left)),
              totalBefore: total,
              totalAfter: sum(worst(left)),
            },
          },
  };
}
