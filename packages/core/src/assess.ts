import { advise } from './advice/advise.ts';
import type { AdvisoryLookup } from './advisory.ts';
import { coverageOf, problemsOfCoverage } from './assess/coverage.ts';
import { findFindings } from './assess/findings.ts';
import { siftIgnored } from './assess/ignore.ts';
import type { IgnoreRule } from './assess/ignore-rule.ts';
import { endedOn, problemsOfRelease } from './assess/release.ts';
import { problemsOfInventory, stateOf } from './assess/state.ts';
import { summarize } from './assess/summary.ts';
import { supportNotes, withSupport } from './assess/support.ts';
import type { Report } from './assessment.ts';
import type { Finding } from './finding.ts';
import { formatPlatform, type ImageFacts } from './image.ts';
import { releaseOf } from './matching/catalogue.ts';
import type { Inventory, OperatingSystem, Package } from './package.ts';
import type { Problem } from './problem.ts';
import { imageRisk, totalRisk, worstPerVulnerability } from './risk/image-risk.ts';
import { OPEN_RISK_1 } from './risk/model.ts';
import { imageAsServed, type VexStatement, vendorProductKeys, vexJudge } from './vex/index.ts';

export interface AssessmentInputs {
  readonly image: ImageFacts;
  readonly inventory: Inventory;
  /** Null where there is none: then the image is not assessable, and its inventory is still reported. */
  readonly database: AdvisoryLookup | null;
  /** Epoch milliseconds: decides which advisories are old and which ignore rules have passed. */
  readonly now: number;
  /** `console` (also the command line itself), or the agent's name. */
  readonly readBy: string;
  readonly tool: { readonly version: string };
  readonly ignore?: readonly IgnoreRule[];
  /** In the order in which they were named; the latest date wins, then the last. Any of them wins over a vendor's. */
  readonly vex?: readonly VexStatement[];
  /** False: what the database has of vendors' own statements on their products is not applied. */
  readonly vendorStatements?: boolean;
}

/** The whole result for one image. Depends on nothing but its arguments; equal input gives an equal report. */
export function assess(inputs: AssessmentInputs): Report {
  const { image, inventory, database, now } = inputs;
  const coverage = coverageOf(inventory.packages, database);
  const found =
    database === null
      ? { findings: [], problems: [], advisoriesOf: () => [] }
      : findFindings(inventory.packages, database);
  const vexOf = answersOf(inputs);
  const support = supportNotes(inventory.packages, database, now);
  const sifted = siftIgnored(withSupport(found.findings, support), inputs.ignore ?? [], now, {
    packages: inventory.packages,
    vexOf,
  });
  const os = systemOf(inventory, database);
  const problems = distinctProblems([
    ...inventory.problems,
    ...problemsOfInventory(inventory),
    ...problemsOfRelease(os, now),
    ...(database === null ? [NO_DATABASE] : problemsOfCoverage(coverage, now)),
    ...found.problems,
  ]);
  const state = stateOf(inventory, coverage, problems, database !== null);
  const worst = worstPerVulnerability(sifted.findings);
  const total = totalRisk(worst);
  const score = state === 'not-assessable' ? null : imageRisk(worst);
  return {
    schemaVersion: 1,
    tool: { name: 'hullcheck', version: inputs.tool.version },
    database: database === null ? null : databaseOf(database),
    image: {
      ...image,
      platform: image.platform === null ? null : formatPlatform(image.platform),
      os,
    },
    assessment: {
      state,
      problems,
      coverage,
      readBy: inputs.readBy,
      support,
      confidence: { executables: inventory.executables ?? null },
    },
    packages: [...inventory.packages].sort(byPurl),
    ...(inventory.relations === undefined ? {} : { relations: inventory.relations }),
    findings: sifted.findings,
    ignored: sifted.ignored,
    summary: summarize(sifted.findings, sifted.ignored.length),
    risk: { score, total, model: OPEN_RISK_1.id },
    advice: advise({
      findings: sifted.findings,
      packages: inventory.packages,
      advisoriesOf: found.advisoriesOf,
      releaseEnded: endedOn(os, now),
    }),
  };
}

/** What users say of their image comes before what its vendor says: they know how they run it. */
function answersOf({ image, inventory, database, vex = [], vendorStatements = true }: AssessmentInputs) {
  const { operatingSystem, packages, relations = [] } = inventory;
  const subject = { image, operatingSystem, packages, relations };
  const own = vexJudge(vex, subject);
  const known = vendorStatements ? database?.vendorStatements?.(vendorProductKeys(image, packages)) : undefined;
  if (known === undefined || known.length === 0) return own;
  const vendors = vexJudge(known, { ...subject, image: imageAsServed(image) });
  return (finding: Finding) => own(finding) ?? vendors(finding);
}

/** The one reason for everything where there is no database. */
export const NO_DATABASE: Problem = {
  code: 'advisories-missing',
  path: null,
  layer: null,
  detail: 'There is no vulnerability database; the packages are listed but not judged.',
};

function databaseOf(database: AdvisoryLookup): Report['database'] {
  const sources = database.sources.map(({ id, updatedAt }) => ({ id, updatedAt }));
  return {
    revision: database.revision,
    builtAt: database.builtAt,
    sources: sources.sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** The release whose support counts: the one that the packages carry, also where os-release states none (testing, sid). */
export function judgedReleaseOf(operatingSystem: OperatingSystem, packages: readonly Package[]): string {
  const judged = packages.find((pkg) => pkg.distribution?.id === operatingSystem.id)?.distribution;
  return judged?.release ?? releaseOf(operatingSystem);
}

function systemOf({ operatingSystem, packages }: Inventory, database: AdvisoryLookup | null): Report['image']['os'] {
  if (operatingSystem === null) return null;
  const { id, version, name } = operatingSystem;
  const support = database?.supportOf(id, judgedReleaseOf(operatingSystem, packages));
  return {
    id,
    version,
    name,
    endOfLife: support?.endOfLife ?? null,
    extendedEndOfLife: support?.extendedEndOfLife ?? null,
  };
}

export function distinctProblems(problems: readonly Problem[]): readonly Problem[] {
  const byContent = new Map<string, Problem>();
  for (const problem of problems) {
    byContent.set(JSON.stringify([problem.code, problem.path, problem.layer, problem.detail]), problem);
  }
  return [...byContent.values()];
}

function byPurl(a: Package, b: Package): number {
  if (a.purl !== b.purl) return a.purl < b.purl ? -1 : 1;
  const [left, right] = [a.paths.join('\n'), b.paths.join('\n')];
  return left < right ? -1 : Number(left > right);
}
