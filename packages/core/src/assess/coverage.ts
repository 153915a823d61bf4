import type { AdvisoryLookup, DatabaseSource } from '../advisory.ts';
import type { Coverage } from '../assessment.ts';
import { ecosystemOf, isJudgedByOwner } from '../matching/catalogue.ts';
import type { Package } from '../package.ts';
import type { Problem } from '../problem.ts';
import { printable } from '../reports/printable.ts';

/** Advisories older than this make an assessment partial: half of all exploited flaws are attacked within days. */
export const ADVISORY_AGE_DAYS_MAX = 5;

const DAY_MS = 86_400_000;

/** One line for each ecosystem that the packages need, in code-unit order. Packages that their owner answers for need none. */
export function coverageOf(packages: readonly Package[], database: AdvisoryLookup | null): readonly Coverage[] {
  return coverageOfEcosystems(ecosystemsOf(packages), database?.sources ?? []);
}

/** What the packages need sources for, in code-unit order. */
export function ecosystemsOf(packages: readonly Package[]): readonly string[] {
  return [...new Set(packages.filter((pkg) => !isJudgedByOwner(pkg)).map(ecosystemOf))].sort();
}

export function coverageOfEcosystems(
  ecosystems: readonly string[],
  sources: readonly DatabaseSource[],
): readonly Coverage[] {
  return ecosystems.map((ecosystem) => {
    const source = bestSource(ecosystem, sources);
    if (source === undefined) return { ecosystem, source: null, updatedAt: null, extent: 'none' };
    return { ecosystem, source: source.id, updatedAt: source.updatedAt, extent: source.extent };
  });
}

/** A whole source before an excerpt, then the younger one. */
function bestSource(ecosystem: string, sources: readonly DatabaseSource[]): DatabaseSource | undefined {
  return sources
    .filter((source) => source.ecosystems.includes(ecosystem))
    .sort(
      (a, b) =>
        Number(b.extent === 'whole') - Number(a.extent === 'whole') ||
        timeOf(b.updatedAt) - timeOf(a.updatedAt) ||
        (a.id < b.id ? -1 : 1),
    )[0];
}

/** What the coverage lacks, each a reason for "at least". `nowMs` is epoch milliseconds. */
export function problemsOfCoverage(coverage: readonly Coverage[], nowMs: number): readonly Problem[] {
  return coverage.flatMap((line) => {
    const ecosystem = printable(line.ecosystem);
    if (line.extent === 'none' || line.updatedAt === null) {
      return [
        problem(
          'advisories-missing',
          `No advisory source answers for ${ecosystem}; its packages are listed but not judged.`,
        ),
      ];
    }
    const problems: Problem[] = [];
    const source = printable(line.source ?? '');
    if (line.extent === 'excerpt') {
      problems.push(
        problem(
          'advisories-excerpt',
          `${source} holds only an excerpt for ${ecosystem}; what it does not name may still be affected.`,
        ),
      );
    }
    const ageDays = (nowMs - timeOf(line.updatedAt)) / DAY_MS;
    if (ageDays > ADVISORY_AGE_DAYS_MAX) {
      problems.push(
        problem(
          'advisories-old',
          `${source} for ${ecosystem} is of ${dayOf(line.updatedAt)}${agedWords(ageDays)}; up to ${ADVISORY_AGE_DAYS_MAX} days are taken as current.`,
        ),
      );
    }
    return problems;
  });
}

function agedWords(ageDays: number): string {
  return Number.isFinite(ageDays) ? `, ${Math.floor(ageDays)} days old` : '';
}

/** A date that can't be read counts as the oldest: nothing then vouches that the data is current. */
function timeOf(date: string): number {
  const time = Date.parse(date);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function dayOf(date: string): string {
  return printable(date.slice(0, 10));
}

function problem(code: Problem['code'], detail: string): Problem {
  return { code, path: null, layer: null, detail };
}
