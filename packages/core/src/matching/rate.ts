import type { AdvisoryHit, VulnerabilityFacts } from '../advisory.ts';
import type { Finding, Severity } from '../finding.ts';
import { byCvssPreference, type CvssScore, scoreCvss } from '../risk/cvss.ts';
import { findingRisk } from '../risk/finding-risk.ts';
import { OPEN_RISK_1, type RiskModel } from '../risk/model.ts';
import { ratingOfScore, severityOfLabel, severityOfScore } from '../risk/severity.ts';
import type { Urgency } from './conclusion.ts';
import { isAboutOne, type VulnerabilityGroup } from './groups.ts';

/** How grave a flaw is, who says so, and the risk that comes of it. */
export type Rated = Pick<
  Finding,
  'severity' | 'severitySource' | 'rating' | 'cvss' | 'kev' | 'epss' | 'exploit' | 'risk' | 'explanation'
>;

/**
 * Severity and rating are the vendor's where who builds the package has a word for this one flaw: it knows the build. Then CVSS, of
 * the advisories before that of the facts; then another source's word. The risk is of CVSS wherever there is a score, so that it
 * compares over all vendors, but for the vendor's "unimportant": that says that the flaw does no harm in its build.
 */
export function rate(
  group: VulnerabilityGroup,
  urgency: Urgency | null,
  facts: VulnerabilityFacts | undefined,
  model: RiskModel = OPEN_RISK_1,
): Rated {
  const cvss = chooseCvss(group, facts);
  const label = urgency === null ? undefined : severityOfLabel(urgency.word);
  const grade = group.advisories.some(isMalware) ? malwareGrade(model) : gradeOf(cvss, label, model);
  const severity = group.advisories.some(isMalware)
    ? { severity: grade.severity, severitySource: 'hullcheck', score: grade.score }
    : chooseSeverity(cvss, label, urgency, model);
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
    severity: severity.severity,
    severitySource: severity.severitySource,
    rating: ratingOfScore(severity.score),
    cvss,
    kev: facts !== undefined && facts.kev !== null,
    epss: facts?.epss?.probability ?? null,
    exploit: facts?.exploit ?? 'none',
    risk,
    explanation,
  };
}

interface ChosenSeverity {
  readonly severity: Severity;
  readonly severitySource: string | null;
  readonly score: number;
}

function chooseSeverity(
  cvss: Finding['cvss'],
  label: Severity | undefined,
  urgency: Urgency | null,
  model: RiskModel,
): ChosenSeverity {
  const ofScore = cvss === null ? undefined : severityOfScore(cvss.score);
  const isHeard =
    urgency !== null && label !== undefined && (urgency.ofVendor || ofScore === undefined || label === 'negligible');
  if (isHeard) {
    // One number for both scales: the score where it lies in the vendor's band, else what stands for its word.
    const score = cvss !== null && ofScore === label ? cvss.score : model.labelScores[label];
    return { severity: label, severitySource: urgency.feed, score };
  }
  if (cvss !== null && ofScore !== undefined)
    return { severity: ofScore, severitySource: cvss.source, score: cvss.score };
  return { severity: 'unknown', severitySource: null, score: model.labelScores.unknown };
}

interface Grade {
  readonly severity: Severity;
  readonly score: number;
  readonly name: string;
}

function gradeOf(cvss: Finding['cvss'], label: Severity | undefined, model: RiskModel): Grade {
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
