import { type Subject, subjectKey } from '@hullcheck/core';
import { upsertProfile } from '../store/coverage-profiles.ts';
import type { Transaction } from '../store/database.ts';
import { bindSubjects, judgedApart } from '../store/occurrences.ts';
import { type DerivedImage, findKeptReadings, imagesOfOtherRules, writeDerived } from '../store/results.ts';
import { imagesOfGroups, recountStandings } from '../store/standings.ts';
import { holdVerdicts, upsertSubjects } from '../store/subjects.ts';
import { deriveImage, subjectsOf } from './judge.ts';
import { judgeUnjudged } from './judge-unjudged.ts';
import { assessLimits } from './limits.ts';
import { inEpoch, type Run } from './rematch-run.ts';

/** Whole readings that lie in memory at a time, some 300 KB each; a step's packages have a bound of their own. */
const READ_AT_ONCE = 20;

/**
 * What other rules may say otherwise of an image beside its verdicts: which packages count, which sources it needs, and how it
 * is counted. Many images in one transaction, except those that bring subjects of their own.
 */
export async function deriveImages(run: Run): Promise<void> {
  const { database, active, by } = run;
  for (;;) {
    const ids = await imagesOfOtherRules(
      database,
      by.rules,
      assessLimits.derivedAtOnce,
      assessLimits.derivedPackagesMax,
    );
    if (ids.length === 0) return;
    const heldApart = await judgedApart(database, ids);
    const derived: {
      readonly imageId: string;
      readonly version: string;
      readonly derived: DerivedImage;
      readonly apart: readonly Subject[] | null;
    }[] = [];
    for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
      run.signal.throwIfAborted();
      const readings = await findKeptReadings(database, ids.slice(start, start + READ_AT_ONCE));
      for (const [imageId, reading] of readings) {
        const subjects = subjectsOf(reading);
        const isApart = subjects.some(({ vendor }) => vendor !== undefined) || heldApart.has(imageId);
        derived.push({
          imageId,
          version: reading.version,
          derived: deriveImage(reading, active.database, run.version),
          apart: isApart ? subjects : null,
        });
      }
    }
    const plain = derived.filter(({ apart }) => apart === null);
    await inEpoch(run, async (transaction) => {
      await holdVerdicts(transaction, 'reading');
      await writeAll(run, transaction, plain);
      await recountStandings(
        transaction,
        plain.map(({ imageId }) => imageId),
      );
    });
    for (const one of derived) {
      const { imageId, apart } = one;
      if (apart === null) continue;
      await inEpoch(run, async (transaction) => {
        await holdVerdicts(transaction, 'judging');
        await judgeApart(run, transaction, imageId, apart);
        await writeAll(run, transaction, [one]);
        await recountStandings(transaction, [imageId]);
      });
    }
  }
}

async function writeAll(
  { active, by, now }: Run,
  transaction: Transaction,
  images: readonly { readonly imageId: string; readonly version: string; readonly derived: DerivedImage }[],
): Promise<void> {
  // In one order, so that two that bring the same profiles wait for each other instead of for ever.
  const profiles = new Map(images.map(({ derived }) => [JSON.stringify(derived.ecosystems), 0]));
  for (const ecosystems of [...profiles.keys()].sort())
    profiles.set(ecosystems, await upsertProfile(transaction, JSON.parse(ecosystems), active.record.sources, now()));
  const rows = images.map(({ imageId, version, derived }) => ({
    imageId,
    version,
    derived,
    profileId: profiles.get(JSON.stringify(derived.ecosystems)) ?? 0,
  }));
  await writeDerived(transaction, rows, by.rules);
}

/** Other versions read hubs of other vendors: whose image it is decides by which subjects its packages are judged. */
async function judgeApart(
  { active, by, epoch }: Run,
  transaction: Transaction,
  imageId: string,
  subjects: readonly Subject[],
): Promise<void> {
  const ids = await upsertSubjects(transaction, subjects);
  const merged = await judgeUnjudged(transaction, [...ids.values()], active.database, by, epoch);
  const bound = subjects.flatMap((subject) => ids.get(subjectKey(subject)) ?? []);
  if (bound.length !== subjects.length) throw new Error('a package has no subject');
  await bindSubjects(transaction, imageId, bound);
  if (merged.length > 0) await recountStandings(transaction, await imagesOfGroups(transaction, merged));
}
