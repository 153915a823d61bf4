import type { AdvisoryHit, VulnerabilityFacts } from '../advisory.ts';
import type { Finding, FindingEvidence, FindingStatus } from '../finding.ts';
import type { Package } from '../package.ts';
import { compareVersions } from '../versions/compare.ts';
import { findMatcher } from './catalogue.ts';
import { type Conclusion, conclude } from './conclusion.ts';
import { statedOnly } from './confidence.ts';
import { isVoid, withState } from './cve-state.ts';
import { cvesOf, groupAdvisories } from './groups.ts';
import type { Matchable, VerdictKind } from './matcher.ts';
import { rate } from './rate.ts';
import { referencesOf } from './references.ts';
import { schemeOfType } from './scheme.ts';
import { setAsideOf } from './set-aside.ts';
import { titleOf } from './title.ts';

/** The verdict on one flaw of one subject, with all that a finding shows but where the package lies. */
export interface Judgement extends Omit<Finding, 'package' | 'layer' | 'status'> {
  readonly verdict: VerdictKind;
  /** The version or range that could not be parsed and made the verdict undetermined; else null. */
  readonly unparsable: string | null;
}

/** Verdicts without grading: cheap, for all groups of a subject. Order: id. */
export function concludeSubject(subject: Matchable, advisories: readonly AdvisoryHit[]): readonly Conclusion[] {
  const matcher = findMatcher(subject);
  if (matcher === undefined) return [];
  const keys = new Set(matcher.lookups(subject).map(({ ecosystem, name }) => `${ecosystem}\n${name}`));
  const hits = advisories.filter((advisory) =>
    advisory.affected.some(({ ecosystem, name }) => keys.has(`${ecosystem}\n${name}`)),
  );
  const conclusions: Conclusion[] = [];
  for (const group of groupAdvisories(hits)) {
    const conclusion = conclude(subject, group, matcher);
    if (conclusion !== undefined) conclusions.push(conclusion);
  }
  return conclusions.sort((a, b) => (a.group.id < b.group.id ? -1 : 1));
}

/** The conclusion with severity, risk and words. */
export function gradeConclusion(
  subject: Matchable,
  conclusion: Conclusion,
  facts: ReadonlyMap<string, VulnerabilityFacts>,
): Judgement {
  const { group } = conclusion;
  const known = facts.get(group.id);
  const categories = categoriesOf(conclusion, known);
  const isAnswered = isVoid(conclusion, known, findMatcher(subject));
  const setAside = isAnswered || !isOpen(conclusion.verdict) ? undefined : setAsideOf(subject, conclusion);
  return {
    id: group.id,
    aliases: group.aliases,
    title: titleOf(categories, subject.name),
    categories,
    references: referencesOf(subject, group),
    fixedIn: sortVersions(subject, conclusion.fixedIn),
    published: known?.published ?? earliest(group.advisories.map((advisory) => advisory.published)),
    ...rate(group, conclusion.urgency, known),
    ...(setAside === undefined ? {} : { risk: 0, explanation: setAside.reason, setAside }),
    ...(known?.ssvc === undefined ? {} : { ssvc: known.ssvc }),
    evidence: withState(conclusion.evidence, known),
    verdict: isAnswered || setAside !== undefined ? 'not-affected' : conclusion.verdict,
    unparsable: isAnswered ? null : conclusion.unparsable,
  };
}

/**
 * Every verdict on the subject, the all-clears too (`fixed`, `not-affected`). `advisories` may hold others' as well;
 * `facts` are keyed by CVE. Depends on nothing but its arguments, so the console keeps the answer for every image.
 */
export function judgeSubject(
  subject: Matchable,
  advisories: readonly AdvisoryHit[],
  facts: ReadonlyMap<string, VulnerabilityFacts>,
): readonly Judgement[] {
  return concludeSubject(subject, advisories).map((conclusion) => gradeConclusion(subject, conclusion, facts));
}

/** CVE ids whose facts grade these advisories. */
export function factIdsOf(advisories: readonly AdvisoryHit[]): readonly string[] {
  return [...new Set(advisories.flatMap(cvesOf))];
}

/** Whether the verdict leaves something to tell. */
export function isOpen(verdict: VerdictKind): boolean {
  return verdict !== 'fixed' && verdict !== 'not-affected';
}

/** Whether the judgement makes a finding, one that counts or one that is set aside. */
export function isTold({ verdict, setAside }: Pick<Judgement, 'verdict' | 'setAside'>): boolean {
  return isOpen(verdict) || setAside !== undefined;
}

/** The finding of a judgement where the package lies; undefined for an all-clear. */
export function findingOf(judgement: Judgement, pkg: Package): Finding | undefined {
  const status = statusOf(judgement);
  if (status === undefined) return undefined;
  return {
    id: judgement.id,
    aliases: judgement.aliases,
    title: judgement.title,
    categories: judgement.categories,
    references: judgement.references,
    severity: judgement.severity,
    ...(judgement.severitySource === undefined ? {} : { severitySource: judgement.severitySource }),
    rating: judgement.rating,
    cvss: judgement.cvss,
    status,
    fixedIn: judgement.fixedIn,
    package: { purl: pkg.purl, name: pkg.name, version: pkg.version },
    layer: pkg.layer,
    published: judgement.published,
    kev: judgement.kev,
    epss: judgement.epss,
    exploit: judgement.exploit,
    ...(judgement.ssvc === undefined ? {} : { ssvc: judgement.ssvc }),
    risk: judgement.risk,
    explanation: judgement.explanation,
    evidence: evidenceOf(judgement.evidence, pkg),
    ...(judgement.setAside === undefined ? {} : { setAside: judgement.setAside }),
  };
}

function evidenceOf(evidence: FindingEvidence, pkg: Package): FindingEvidence {
  if (evidence.confidence === undefined || pkg.analyzer !== 'embedded-sbom') return evidence;
  return { ...evidence, confidence: statedOnly(evidence.confidence) };
}

function statusOf({ verdict, fixedIn, setAside }: Judgement): FindingStatus | undefined {
  switch (verdict) {
    case 'affected':
      return fixedIn.length > 0 ? 'fixed-available' : 'affected';
    case 'will-not-fix':
    case 'undetermined':
    case 'under-investigation':
      return verdict;
    case 'fixed':
      return undefined;
    case 'not-affected':
      return setAside === undefined ? undefined : verdict;
  }
}

function categoriesOf({ group }: Conclusion, facts: VulnerabilityFacts | undefined): readonly string[] {
  const named = [...group.advisories.flatMap((advisory) => advisory.categories), ...(facts?.categories ?? [])];
  return [...new Set(named.filter((name) => /^CWE-[0-9]{1,5}$/.test(name)))];
}

function earliest(dates: readonly (string | null)[]): string | null {
  return dates.filter((date) => date !== null).sort()[0] ?? null;
}

function sortVersions(subject: Matchable, versions: readonly string[]): readonly string[] {
  const scheme = schemeOfType(subject.type);
  return [...versions].sort((a, b) => compareVersions(scheme, a, b) ?? (a < b ? -1 : 1));
}
