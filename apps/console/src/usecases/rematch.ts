import { rm } from 'node:fs/promises';
import { openDatabase } from '@hullcheck/advisories';
import type { Judgement } from '@hullcheck/core';
import { refreshProfiles } from '../store/coverage-profiles.ts';
import type { Transaction } from '../store/database.ts';
import {
  activateRevision,
  findActiveRevision,
  findSettled,
  forgetRevisions,
  isRematchDue,
  type RevisionRecord,
  settle,
  writeFeeds,
} from '../store/feeds.ts';
import { enqueue } from '../store/queue.ts';
import { listReleases, writeSupport } from '../store/results.ts';
import { stepStandings } from '../store/standing-steps.ts';
import { imagesOfGroups, recountStandings, restateEnded } from '../store/standings.ts';
import {
  holdVerdicts,
  lockJudgedBefore,
  renewLookups,
  type StoredSubject,
  subjectsJudgedBetween,
  subjectsOfKeys,
} from '../store/subjects.ts';
import { type Explain, type SubjectJudgement, writeVerdicts } from '../store/verdicts.ts';
import { createWork } from '../store/work-items.ts';
import { changedKeysInThread, type OpenRevision } from './advisories.ts';
import { type ChangeContext, explainChange } from './causes.ts';
import { deriveImages } from './derive-images.ts';
import { judgeSubject, toldOf } from './judge.ts';
import { judgingRules } from './judging-rules.ts';
import { assessLimits, rematchLimits } from './limits.ts';
import { inEpoch, Overtaken, type RematchContext, type Run } from './rematch-run.ts';

/**
 * Makes a revision the active one, judged by these rules, and asks for everything that this changes to be judged again, in
 * one transaction. Other rules than before change everything, whatever the advisories did.
 */
export async function switchRevision(
  transaction: Transaction,
  record: RevisionRecord,
  rules: string,
  feedIds: readonly string[],
): Promise<void> {
  const before = await activateRevision(transaction, record, rules);
  await writeFeeds(transaction, feedIds, record);
  if (before?.revision === record.revision && before.rules === rules) return;
  const workId = await createWork(
    transaction,
    'rematch',
    'rematch',
    before?.revision === record.revision
      ? 'Judge again by the rules of this version'
      : `Judge again by the vulnerability database of ${record.builtAt.slice(0, 10)}`,
  );
  await enqueue(transaction, 'rematch', { workId }, { key: 'rematch' });
}

/**
 * Asks again for a judging that failed: what broke it (a full disk, a database that was away, a file that somebody is replacing)
 * may be over, and until the next revision every verdict would be of the one before. Each failure in a row doubles the wait.
 */
export async function resumeRematch(transaction: Transaction): Promise<boolean> {
  if (!(await isRematchDue(transaction, rematchLimits))) return false;
  const workId = await createWork(transaction, 'rematch', 'rematch', 'Judge again what could not be judged before');
  await enqueue(transaction, 'rematch', { workId }, { key: 'rematch' });
  return true;
}

/**
 * Judges by the active revision whatever the one that everything was judged by does not answer for: the subjects that a
 * changed advisory or fact names, and those that were judged in between. Figures of images follow in the same transactions,
 * at the cost of what changed. Other rules judge every subject and derive every image anew.
 */
export async function rematch(context: RematchContext, signal: AbortSignal): Promise<void> {
  const { database } = context;
  const active = await context.advisories.active(database);
  const settled = await findSettled(database);
  if (active === undefined || settled === undefined) return;
  const by = { revision: active.record.revision, rules: judgingRules(context.version) };
  const { epoch } = active.record;
  const otherRules = settled.rules !== by.rules;
  const before = settled.path === null ? undefined : openQuietly(context, settled.path);
  const run: Run = { ...context, active, by, epoch, settled, otherRules, before, signal };
  try {
    const carried = !otherRules && before !== undefined && settled.path !== null;
    if (carried && settled.revision !== by.revision) {
      const changed = await changedKeysInThread(settled.path, active.record.path, signal);
      await judgeAgain(run, await subjectsOfKeys(database, changed.packages, changed.facts, changed.products));
    }
    // Until none is left: an image that is read meanwhile may bring some.
    for (;;) {
      const ids = await subjectsJudgedBetween(database, carried ? settled.epoch : 0, epoch);
      if (ids.length === 0) break;
      await judgeAgain(run, ids);
    }
    await inEpoch(run, (transaction) => refreshProfiles(transaction, active.record.sources, context.now()));
    await deriveImages(run);
    await renewSupport(run);
    await inEpoch(run, (transaction) => settle(transaction, by, epoch));
    await dropOldRevisions(context, by.revision);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
  } finally {
    before?.close();
  }
}

/** States and their words follow the sources as they age, and releases as they end; nothing is judged again for it. */
export async function ageProfiles(context: Pick<RematchContext, 'database' | 'now'>): Promise<void> {
  await context.database.write(async (transaction) => {
    const active = await findActiveRevision(transaction);
    await refreshProfiles(transaction, active?.sources ?? null, context.now());
    await restateEnded(transaction);
  });
}

function openQuietly({ log }: RematchContext, path: string): OpenRevision['database'] | undefined {
  try {
    return openDatabase(path);
  } catch (error) {
    log.warn({ err: error, path }, 'the database of before is gone: everything is judged again');
    return undefined;
  }
}

async function judgeAgain(run: Run, ids: readonly number[]): Promise<void> {
  let left = ids;
  while (left.length > 0) {
    const chunk = left.slice(0, assessLimits.judgedAtOnce);
    const put = await inEpoch(run, (transaction) => judgeStep(run, transaction, chunk));
    left = [...put, ...left.slice(chunk.length)];
  }
}

/**
 * Judges these subjects and brings the images that hold them in step; answers those that it leaves for the next step. Each step
 * counts all images that it touches, which is all there are as soon as it has a few hundred subjects, so it takes many; how many
 * verdicts lie in memory has a bound of its own.
 */
async function judgeStep(run: Run, transaction: Transaction, chunk: readonly number[]): Promise<readonly number[]> {
  await holdVerdicts(transaction, 'judging');
  const locked = new Map(
    (await lockJudgedBefore(transaction, chunk, run.epoch)).map((subject) => [subject.id, subject]),
  );
  const subjects: (StoredSubject & { readonly isNew: boolean })[] = [];
  const all = new Map<number, readonly Judgement[]>();
  const judged: SubjectJudgement[] = [];
  let verdicts = 0;
  let taken = 0;
  for (const id of chunk) {
    if (verdicts >= assessLimits.verdictsAtOnce) break;
    taken += 1;
    const subject = locked.get(id);
    if (subject === undefined) continue;
    const judgements = judgeSubject(subject, run.active.database);
    subjects.push(subject);
    all.set(id, judgements);
    judged.push({ subjectId: id, judgements: toldOf(judgements) });
    verdicts += judgements.length;
  }
  if (run.otherRules) await renewLookups(transaction, subjects);
  const { steps, merged } = await writeVerdicts(transaction, judged, run.by, run.epoch, explainer(run, subjects, all));
  await stepStandings(transaction, steps);
  if (merged.length > 0) await recountStandings(transaction, await imagesOfGroups(transaction, merged));
  return chunk.slice(taken);
}

/** Says of each change of these subjects why it came; the database of before is asked only where something appeared. */
function explainer(
  run: Run,
  subjects: readonly (StoredSubject & { readonly isNew: boolean })[],
  all: ReadonlyMap<number, readonly Judgement[]>,
): Explain {
  const byId = new Map(subjects.map((subject) => [subject.id, subject]));
  const judgedBefore = new Map<number, readonly Judgement[]>();
  const allBefore = (id: number): readonly Judgement[] => {
    const subject = byId.get(id);
    if (subject === undefined || run.before === undefined) return [];
    const known = judgedBefore.get(id) ?? judgeSubject(subject, run.before);
    judgedBefore.set(id, known);
    return known;
  };
  return (subjectId, before, after) => {
    if (byId.get(subjectId)?.isNew === true) return { cause: 'first-seen', changes: {} };
    const context: ChangeContext = {
      otherRules: run.otherRules,
      sourcesBefore: run.before?.sources,
      sourcesAfter: run.active.record.sources,
      clearedBefore: (id) => allBefore(subjectId).find((judgement) => judgement.id === id),
      clearedAfter: (id) => all.get(subjectId)?.find((judgement) => judgement.id === id),
    };
    return explainChange(before, after, context);
  };
}

/** Until when the releases of operating systems are supported: of the few that images have, whatever changed. */
async function renewSupport(run: Run): Promise<void> {
  const releases = await listReleases(run.database);
  const rows = releases.map(({ distribution, release }) => {
    const support = run.active.database.supportOf(distribution, release);
    return {
      distribution,
      release,
      endOfLife: support?.endOfLife ?? null,
      extendedEndOfLife: support?.extendedEndOfLife ?? null,
    };
  });
  await inEpoch(run, (transaction) => writeSupport(transaction, rows));
}

/** The files of revisions that nothing needs any more; the starter's stays, it is the way back. */
async function dropOldRevisions(context: RematchContext, active: string): Promise<void> {
  const paths = await context.database.write((transaction) => forgetRevisions(transaction, active));
  for (const path of paths) {
    await rm(path, { force: true }).catch((error: unknown) =>
      context.log.warn({ err: error, path }, 'old database not removed'),
    );
  }
}
