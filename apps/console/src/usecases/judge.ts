import type { AdvisoryDatabase } from '@hullcheck/advisories';
import {
  assess,
  distinctProblems,
  ecosystemsOf,
  factIdsOf,
  type ImageFacts,
  type Inventory,
  isJudgedByOwner,
  isTold,
  type Judgement,
  judgeSubject as judgeAll,
  judgedReleaseOf,
  lookupsOf,
  type Package,
  problemsOfInventory,
  type Report,
  stateOf,
} from '@hullcheck/core';
import type { DerivedImage } from '../store/results.ts';
import type { StoredSubject } from '../store/subjects.ts';
import { judgingRules } from './judging-rules.ts';

/** Every verdict on the subject by this database, the all-clears too. */
export function judgeSubject({ body }: StoredSubject, database: AdvisoryDatabase): readonly Judgement[] {
  const advisories = database.advisoriesFor([...lookupsOf(body)]);
  return judgeAll(body, advisories, database.factsFor(factIdsOf(advisories)));
}

/** What is stored: what counts, and what matching set aside with a reason. */
export const toldOf = (judgements: readonly Judgement[]): readonly Judgement[] => judgements.filter(isTold);

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

/** What the reading says of the image beside its verdicts. `database` null: there is none. */
export function deriveImage(
  { inventory }: Pick<JudgedReading, 'inventory'>,
  database: AdvisoryDatabase | null,
  version: string,
): DerivedImage {
  const ecosystems = ecosystemsOf(inventory.packages);
  const problems = distinctProblems([...inventory.problems, ...problemsOfInventory(inventory)]);
  const system = inventory.operatingSystem;
  const release = system === null ? null : judgedReleaseOf(system, inventory.packages);
  const support = system === null || release === null ? undefined : database?.supportOf(system.id, release);
  return {
    // As if every source answered: what the sources lack is said once for all images (coverage-profiles.ts).
    ownState: stateOf(inventory, ecosystems.map(answered), problems, true),
    problems,
    ecosystems,
    os:
      system === null
        ? null
        : {
            id: system.id,
            version: system.version,
            name: system.name,
            endOfLife: support?.endOfLife ?? null,
            extendedEndOfLife: support?.extendedEndOfLife ?? null,
          },
    osRelease: release,
    judged: markJudged(inventory.packages).map(({ judged }) => judged),
    rules: judgingRules(version),
  };
}

const answered = (ecosystem: string) => ({ ecosystem, source: '', updatedAt: null, extent: 'whole' as const });

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
