import { byCvssPreference, scoreCvss, type VulnerabilityFacts } from '@hullcheck/core';

export interface StatedVector {
  readonly vector: string;
  /** Who gave it, as the record names them. */
  readonly source: string;
}

/**
 * The score of the first group that has one, in the newest version of CVSS there. Scores are computed from vectors, as everywhere
 * else, so that score and vector of a finding agree; a text that is no whole vector is passed over.
 */
export function firstScore(groups: readonly (readonly StatedVector[])[]): VulnerabilityFacts['cvss'] | undefined {
  for (const group of groups) {
    const scored = group.flatMap(({ vector, source }) => {
      const score = scoreCvss(vector);
      return score === undefined ? [] : [{ ...score, source }];
    });
    const [best] = scored.sort(byCvssPreference);
    if (best !== undefined) return { score: best.score, vector: best.vector, source: nameOf(best.source) };
  }
  return undefined;
}

/** NVD names sources by address or by the CVE programme's number of an organisation. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['nvd@nist.gov', 'NVD'],
  ['134c704f-9b21-4f2e-91b3-4a467353bcc0', 'CISA-ADP'],
]);

function nameOf(source: string): string {
  return NAMES.get(source) ?? (/^[\w.@ +-]{1,100}$/.test(source) ? source : 'cve');
}
