import type { AdvisoryDatabase } from '@hullcheck/advisories';
import {
  assess,
  ecosystemOf,
  factIdsOf,
  type ImageFacts,
  type Inventory,
  isJudgedByOwner,
  isTold,
  judgeSubject,
  lookupsOf,
  type Package,
  type Problem,
  type Report,
} from '@hullcheck/core';
import type { ImageVerdict } from '../store/results.ts';
import type { StoredSubject, SubjectJudgement } from '../store/subjects.ts';
import { judgingRules } from './judging-rules.ts';

/** The open verdicts of these subjects by this database. */
export function judgeSubjects(
  subjects: readonly StoredSubject[],
  database: AdvisoryDatabase,
): readonly SubjectJudgement[] {
  return subjects.map(({ id, body }) => {
    const advisories = database.advisoriesFor([...lookupsOf(body)]);
    const facts = database.factsFor(factIdsOf(advisories));
    return {
      subjectId: id,
      judgements: judgeSubject(body, advisories, facts).filter(isTold),
    };
  });
}

export interface JudgedReading {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  readonly readBy: string;
}

/** The assessment as the JSON result of `hullcheck scan -f json --no-vendor-vex`: the same function judges both. */
export function reportOf(
  reading: JudgedReading,
  database: AdvisoryDatabase | null,
  around: { readonly nowMs: number; readonly version: string },
): Report {
  return assess({
    image: reading.facts,
    inventory: reading.inventory,
    database,
    now: around.nowMs,
    readBy: reading.readBy,
    tool: { version: around.version },
    // Verdicts are kept by package, for all images that have it; a vendor answers for one image.
    vendorStatements: false,
  });
}

/** What the reading comes to under this database (null: there is none). */
export function judgeImage(
  reading: JudgedReading,
  database: AdvisoryDatabase | null,
  around: { readonly nowMs: number; readonly version: string },
): ImageVerdict {
  const report = reportOf(reading, database, around);
  return {
    state: report.assessment.state,
    risk: report.risk.score,
    riskTotal: report.risk.total,
    riskModel: report.risk.model,
    explanation: explain(report),
    counts: report.summary,
    os: report.image.os,
    problems: report.assessment.problems,
    coverage: report.assessment.coverage,
    reason: reasonOf(report.assessment.state, report.assessment.problems),
    databaseRevision: report.database?.revision ?? null,
    databaseBuiltAt: report.database?.builtAt ?? null,
    rules: judgingRules(around.version),
  };
}

function explain(report: Report): string | null {
  if (report.risk.score === null) return null;
  const [worst] = report.findings;
  if (worst === undefined)
    return report.assessment.state === 'complete'
      ? 'Nothing known is wrong with it.'
      : 'Nothing is known to be wrong, but not everything could be judged.';
  const others = new Set(report.findings.map((finding) => finding.id)).size - 1;
  const rest = others === 0 ? '.' : `; ${others} more add to it.`;
  return `${worst.id} in ${worst.package.name} ${worst.package.version}: ${worst.explanation.replace(/\.$/, '')}${rest}`;
}

function reasonOf(state: ImageVerdict['state'], problems: readonly Problem[]): string | null {
  if (state === 'complete') return null;
  const [first] = problems;
  if (first === undefined) return null;
  return problems.length === 1 ? first.detail : `${first.detail} (and ${problems.length - 1} more)`;
}

/** One package of each ecosystem, for saying again which source answers without reading every package. */
export function representativesOf(packages: readonly Package[]): readonly Package[] {
  const byEcosystem = new Map<string, Package>();
  for (const pkg of packages) {
    if (isJudgedByOwner(pkg)) continue;
    const ecosystem = ecosystemOf(pkg);
    if (!byEcosystem.has(ecosystem)) byEcosystem.set(ecosystem, pkg);
  }
  return [...byEcosystem.values()];
}

/** Marks what is judged: not what its operating system answers for, and the same package only at its first place. */
export function markJudged(
  packages: readonly Package[],
): readonly { readonly pkg: Package; readonly judged: boolean }[] {
  const seen = new Set<string>();
  return packages.map((pkg) => {
    const judged = !isJudgedByOwner(pkg) && !seen.has(pkg.purl);
    if (judged) seen.add(pkg.purl);
    return { pkg, judged };
  });
}
