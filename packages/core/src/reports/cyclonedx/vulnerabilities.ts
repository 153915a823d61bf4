import type { Report } from '../../assessment.ts';
import type { Finding, Severity } from '../../finding.ts';
import { severityOfScore } from '../../risk/severity.ts';

/** One entry per vulnerability with every package that has it. `refs` are the references of `report.packages`, in their order. */
export function vulnerabilitiesOf(report: Report, refs: readonly string[]) {
  const byPurl = new Map<string, string[]>();
  for (const [at, pkg] of report.packages.entries()) {
    const known = byPurl.get(pkg.purl) ?? [];
    byPurl.set(pkg.purl, [...known, refs[at] ?? pkg.purl]);
  }
  const byId = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const known = byId.get(finding.id);
    if (known === undefined) byId.set(finding.id, [finding]);
    else known.push(finding);
  }
  return [...byId.values()].map((findings) => toVulnerability(findings, byPurl));
}

function toVulnerability(findings: readonly Finding[], refs: ReadonlyMap<string, readonly string[]>) {
  const [finding] = findings;
  if (finding === undefined) return {};
  const cwes = finding.categories
    .map((category) => Number(category.slice('CWE-'.length)))
    .filter((number) => number > 0);
  const fixes = findings.filter((one) => one.fixedIn.length > 0).map(fixWords);
  return {
    id: finding.id,
    ratings: ratingsOf(finding),
    ...(cwes.length === 0 ? {} : { cwes }),
    description: finding.title,
    ...(fixes.length === 0 ? {} : { recommendation: fixes.join('; ') }),
    ...(finding.references.length === 0 ? {} : { advisories: finding.references.map(({ url }) => ({ url })) }),
    ...(isDateTime(finding.published) ? { published: finding.published } : {}),
    affects: findings.flatMap((one) => (refs.get(one.package.purl) ?? []).map((ref) => ({ ref }))),
    properties: [
      { name: 'hullcheck:risk', value: String(finding.risk) },
      { name: 'hullcheck:risk:explanation', value: finding.explanation },
      { name: 'hullcheck:status', value: finding.status },
    ],
  };
}

/** The vendor's word where it decided, then the score with the severity of its own band. */
function ratingsOf({ cvss, severity, severitySource }: Finding) {
  const isOfScore = cvss !== null && severitySource === cvss.source;
  const source = severitySource == null ? {} : { source: { name: severitySource } };
  const word = { ...source, severity: severityWord(severity) };
  if (cvss === null) return [word];
  return isOfScore || severitySource === undefined ? [ratingOf(cvss)] : [{ ...word, method: 'other' }, ratingOf(cvss)];
}

function ratingOf(cvss: NonNullable<Finding['cvss']>) {
  return {
    source: { name: cvss.source },
    score: cvss.score,
    severity: severityWord(severityOfScore(cvss.score)),
    method: methodOf(cvss.vector),
    ...(cvss.vector === null ? {} : { vector: cvss.vector }),
  };
}

function methodOf(vector: string | null): string {
  if (vector === null) return 'other';
  const version = /^CVSS:(3\.0|3\.1|4\.0)\//.exec(vector)?.[1];
  switch (version) {
    case '3.0':
      return 'CVSSv3';
    case '3.1':
      return 'CVSSv31';
    case '4.0':
      return 'CVSSv4';
    default:
      return 'CVSSv2';
  }
}

function severityWord(severity: Severity): string {
  return severity === 'negligible' ? 'info' : severity;
}

function fixWords({ package: { name }, fixedIn }: Finding): string {
  return `Upgrade ${name} to ${fixedIn.join(' or ')}`;
}

/** The schema takes RFC 3339 with a time only. */
function isDateTime(text: string | null): boolean {
  return text !== null && /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})$/.test(text);
}
