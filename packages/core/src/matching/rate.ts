import type { AdvisoryHit, VulnerabilityFacts } from '../advisory.ts';
import type { Finding } from '../finding.ts';
import { byCvssPreference, type CvssScore, scoreCvss } from '../risk/cvss.ts';
import { findingRisk } from '../risk/finding-risk.ts';
import { OPEN_RISK_1, type RiskModel } from '../risk/model.ts';
import { ratingOfScore, severityOfLabel, severityOfScore } from '../risk/severity.ts';
import { isAboutOne, type VulnerabilityGroup } from './groups.ts';

/** How grave a flaw is, who says so, and the risk that comes of it. */
export type Rated = Pick<Finding, 'severity' | 'rating' | 'cvss' | 'kev' | 'epss' | 'exploit' | 'risk' | 'explanation'>;

/**
 * The vendor's "unimportant" stands above every score: it says that the flaw does no harm in its build. Then CVSS, of the
 * advisories before that of the facts; a vendor's other words only where there is no score; then nothing is known.
 */
export function rate(
  group: VulnerabilityGroup,
  urgency: string | null,
  facts: VulnerabilityFacts | undefined,
  model: RiskModel = OPEN_RISK_1,
): Rated {
  const cvss = chooseCvss(group, facts);
  const label = urgency === null ? undefined : severityOfLabel(urgency);
  const grade = group.advisories.some(isMalware) ? malwareGrade(model) : gradeOf(cvss, label, model);
  const { risk, explanation } = findingRisk(
    {
      score: grade.score,
      scoreName: grade.name,
      epss: facts?.epss?.probability ?? null,
      lev: null,
      kev: facts?.kev ?? null,
      exploit: facts?.exploit ?? 'none',
    },
    model,
  );
  return {
    severity: grade.severity,
    rating: ratingOfScore(grade.score),
    cvss,
    kev: facts !== undefined && facts.kev !== null,
    epss: facts?.epss?.probability ?? null,
    exploit: facts?.exploit ?? 'none',
    risk,
    explanation,
  };
}

interface Grade {
  readonly severity: Finding['severity'];
  readonly score: number;
  readonly name: string;
}

function gradeOf(cvss: Finding['cvss'], label: Finding['severity'] | undefined, model: RiskModel): Grade {
  if (cvss !== null && label !== 'negligible') {
    return { severity: severityOfScore(cvss.score), score: cvss.score, name: 'CVSS' };
  }
  const severity = label ?? 'unknown';
  const name = label === undefined ? 'assumed without a rating' : `for the rating "${label}" of its vendor`;
  return { severity, score: model.labelScores[severity], name };
}

/**
 * Code that was published to do harm: installed, it has run already. Sources give it no score, or score the wrong question.
 * https://github.com/ossf/malicious-packages
 */
function isMalware({ id, aliases }: AdvisoryHit): boolean {
  return [id, ...aliases].some((name) => name.startsWith('MAL-'));
}

function malwareGrade(model: RiskModel): Grade {
  return { severity: 'critical', score: model.labelScores.critical, name: 'for malicious code' };
}

/** Vectors about this flaw alone, then the facts, then vectors of notices about several. */
function chooseCvss(group: VulnerabilityGroup, facts: VulnerabilityFacts | undefined): Finding['cvss'] {
  const own = bestVector(group.advisories.filter(isAboutOne));
  if (own !== null) return own;
  const stated = facts?.cvss ?? null;
  if (stated !== null && stated.score >= 0 && stated.score <= 10) return stated;
  return bestVector(group.advisories);
}

function bestVector(advisories: VulnerabilityGroup['advisories']): Finding['cvss'] {
  const scores: (CvssScore & { readonly source: string })[] = [];
  for (const { vector, source } of advisories.flatMap((advisory) => advisory.cvss)) {
    const score = scoreCvss(vector);
    if (score !== undefined) scores.push({ ...score, source });
  }
  const [best] = scores.sort(byCvssPreference);
  return best === undefined ? null : { score: best.score, vector: best.vector, source: best.source };
}
