import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Database, Transaction } from '../store/database.ts';
import {
  activateRevision,
  findRevisionPath,
  forgetRevisions,
  holdActive,
  type JudgedBy,
  type RevisionRecord,
  writeFeeds,
} from '../store/feeds.ts';
import { enqueue } from '../store/queue.ts';
import { findKeptReading, imagesJudgedByOthers, writeJudgement } from '../store/results.ts';
import {
  carryVerdicts,
  lockStale,
  staleSubjects,
  subjectsOfKeys,
  type VerdictCause,
  writeVerdicts,
} from '../store/subjects.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { createWork } from '../store/work-items.ts';
import { type Advisories, changedKeysInThread, type OpenRevision } from './advisories.ts';
import { judgeImage, judgeSubjects } from './judge.ts';
import { judgingRules } from './judging-rules.ts';
import { assessLimits } from './limits.ts';

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
  const from = before?.rules === rules ? before.revision : null;
  const workId = await createWork(
    transaction,
    'rematch',
    before?.revision === record.revision
      ? 'Judge again by the rules of this version'
      : `Judge again by the vulnerability database of ${record.builtAt.slice(0, 10)}`,
  );
  await enqueue(transaction, 'rematch', { workId, from, to: record.revision }, { key: 'rematch' });
}

export interface RematchContext {
  readonly database: Database;
  readonly advisories: Advisories;
  readonly version: string;
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Judges by the active revision what the one before it does not answer for: first the subjects that a changed advisory or
 * fact names, with that as the cause; then what an earlier run left; then each image's summary. Ends early, with nothing
 * half written, when yet another revision becomes active: that one's job does the rest.
 */
export async function rematch(context: RematchContext, from: string | null, signal: AbortSignal): Promise<void> {
  const { database } = context;
  const active = await context.advisories.active(database);
  if (active === undefined) return;
  const { revision } = active.record;
  const by = { revision, rules: judgingRules(context.version) };
  const fromPath = from === null ? undefined : await findRevisionPath(database, from);
  if (from !== null && fromPath !== undefined && from !== revision) {
    const changed = await changedKeysInThread(fromPath, active.record.path, signal);
    const { byKey, byFacts } = await subjectsOfKeys(database, changed.packages, changed.facts);
    if (!(await judgeAgain(context, active, by, byKey, 'advisories', signal))) return;
    if (!(await judgeAgain(context, active, by, byFacts, 'facts', signal))) return;
    await database.write(async (transaction) => {
      if (await holdActive(transaction, by)) await carryVerdicts(transaction, from, by);
    });
  }
  for (let after = 0; ; ) {
    const ids = await staleSubjects(database, by, after, assessLimits.judgedAtOnce);
    const last = ids.at(-1);
    if (last === undefined) break;
    if (!(await judgeAgain(context, active, by, ids, 'advisories', signal))) return;
    after = last;
  }
  if (await judgeImages(context, active, by, signal)) await dropOldRevisions(context, revision);
}

async function judgeAgain(
  context: RematchContext,
  active: OpenRevision,
  by: JudgedBy,
  ids: readonly number[],
  cause: VerdictCause,
  signal: AbortSignal,
): Promise<boolean> {
  for (let start = 0; start < ids.length; start += assessLimits.judgedAtOnce) {
    signal.throwIfAborted();
    const chunk = ids.slice(start, start + assessLimits.judgedAtOnce);
    const current = await context.database.write(async (transaction) => {
      if (!(await holdActive(transaction, by))) return false;
      const stale = await lockStale(transaction, chunk, by);
      const [kept, renewed] = [stale.filter((one) => !one.otherRules), stale.filter((one) => one.otherRules)];
      await writeVerdicts(transaction, judgeSubjects(kept, active.database), by, cause);
      await writeVerdicts(transaction, judgeSubjects(renewed, active.database), by, 'rules');
      return true;
    });
    if (!current) return false;
  }
  return true;
}

async function judgeImages(
  context: RematchContext,
  active: OpenRevision,
  by: JudgedBy,
  signal: AbortSignal,
): Promise<boolean> {
  const { database } = context;
  for (;;) {
    const ids = await imagesJudgedByOthers(database, by, assessLimits.judgedAtOnce);
    if (ids.length === 0) return true;
    for (const id of ids) {
      signal.throwIfAborted();
      const reading = await findKeptReading(database, id);
      if (reading === undefined) continue;
      const verdict = judgeImage(reading, active.database, { nowMs: context.now(), version: context.version });
      const current = await database.write(async (transaction) => {
        if (!(await holdActive(transaction, by))) return false;
        await writeJudgement(transaction, id, verdict);
        await refreshSummaries(transaction, [id]);
        return true;
      });
      if (!current) return false;
    }
  }
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
