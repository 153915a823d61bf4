import { type AdvisoryDatabase, isVendorProduct } from '@hullcheck/advisories';
import {
  assess,
  distinctProblems,
  ecosystemsOf,
  factIdsOf,
  type ImageFacts,
  type Inventory,
  inVendorContext,
  isJudgedByOwner,
  isTold,
  type Judgement,
  judgeSubject as judgeAll,
  judgedReleaseOf,
  lookupsOf,
  type Package,
  problemsOfInventory,
  type Report,
  type Subject,
  stateOf,
  subjectOf,
  type VexStatement,
  vendorContexts,
} from '@hullcheck/core';
import type { DerivedImage } from '../store/results.ts';
import type { StoredSubject } from '../store/subjects.ts';
import { judgingRules } from './judging-rules.ts';

/** Every verdict on the subject by this database, the all-clears too. */
export function judgeSubject({ body }: StoredSubject, database: AdvisoryDatabase): readonly Judgement[] {
  const advisories = database.advisoriesFor([...lookupsOf(body)]);
  const judgements = judgeAll(body, advisories, database.factsFor(factIdsOf(advisories)));
  const { vendor } = body;
  return vendor === undefined
    ? judgements
    : inVendorContext(judgements, vendor, statementsOf(vendor.products, database));
}

/** Of the images that were asked for last: subjects of several take turns, and a vendor states thousands of one. */
const statementsKept = new WeakMap<AdvisoryDatabase, Map<string, readonly VexStatement[]>>();
const IMAGES_KEPT = 16;

function statementsOf(products: readonly string[], database: AdvisoryDatabase): readonly VexStatement[] {
  const kept = statementsKept.get(database) ?? new Map<string, readonly VexStatement[]>();
  statementsKept.set(database, kept);
  const key = products.join('\n');
  const statements = kept.get(key) ?? database.vendorStatements?.(products) ?? [];
  kept.delete(key);
  kept.set(key, statements);
  const [oldest] = kept.keys();
  if (kept.size > IMAGES_KEPT && oldest !== undefined) kept.delete(oldest);
  return statements;
}

/** What is judged for each package of the image: the same for all images, but in a vendor's own, where he answers for it. */
export function subjectsOf({ facts, inventory }: Pick<JudgedReading, 'facts' | 'inventory'>): readonly Subject[] {
  const contextOf = vendorContexts(facts, inventory, isVendorProduct);
  return inventory.packages.map((pkg) => {
    const vendor = contextOf(pkg);
    return vendor === undefined ? subjectOf(pkg) : { ...subjectOf(pkg), vendor };
  });
}

/** What is stored: what counts, and what matching set aside with a reason. */
export const toldOf = (judgements: readonly Judgement[]): readonly Judgement[] => judgements.filter(isTold);

export interface JudgedReading {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  readonly readBy: string;
}

/** The assessment as the JSON result of `hullcheck scan -f json`: the same function judges both. */
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
