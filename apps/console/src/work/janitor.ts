import { readersVersion } from '@hullcheck/scanner';
import { requestReadingAgain, requeueLost, resumeDead, resumeOverdue } from '../store/assessments.ts';
import { connectionsDue, endLostSyncs } from '../store/connection-syncs.ts';
import { findConnectionById } from '../store/connections.ts';
import type { Database, Transaction } from '../store/database.ts';
import { orphaned, removeOrphans } from '../store/orphans.ts';
import { askSecondHolders } from '../store/reading-checks.ts';
import { aged, removeAged } from '../store/retention.ts';
import { reviewSources } from '../store/sourceless-images.ts';
import { refreshStatistics } from '../store/statistics.ts';
import { endLostWork } from '../store/work-items.ts';
import { requestSync } from '../usecases/connections.ts';
import { endSilentHost } from '../usecases/end-silent-hosts.ts';
import { hasOwnRules } from '../usecases/judging-rules.ts';
import { refreshLeverage } from '../usecases/leverage.ts';
import { assessLimits, checkLimits, leverageLimits } from '../usecases/limits.ts';
import { isRefreshDue, requestRefresh } from '../usecases/refresh-feeds.ts';
import { ageProfiles, resumeRematch } from '../usecases/rematch.ts';
import { cleanUploads } from '../usecases/upload-files.ts';
import type { JanitorSteps } from './janitor-steps.ts';
import type { JobContext } from './jobs.ts';
import { cleaningLimits, retentionLimits, workLimits } from './limits.ts';

/**
 * Every quarter of a minute, in each process that runs jobs: what got stuck goes on, what is due begins, what is not needed
 * goes. `alone`: nobody but this process, which has just started, can be at work, so every attempt that looks alive is dead.
 */
export async function runJanitor(context: JobContext, steps: JanitorSteps, alone: boolean): Promise<void> {
  const { database } = context;
  // What is stuck comes first: nothing that costs much stands before it.
  await steps.run('resume', () =>
    database.write(async (transaction) => {
      await resumeDead(transaction, alone ? 0 : workLimits.silentSeconds);
      await resumeOverdue(transaction);
      await requeueLost(transaction);
      await endLostSyncs(transaction);
      await endLostWork(transaction);
    }),
  );
  await steps.run('second-holders', () => database.write((transaction) => askSecondHolders(transaction, checkLimits)));
  await steps.run('connections', () => database.write(syncDue));
  await steps.run('statistics', () => refreshStatistics(database), workLimits.statisticsPause);
  await steps.run('judging', async () => {
    if (!(await hasOwnRules(database, context.version))) return;
    await database.write(resumeRematch);
    await ageProfiles(context);
    await database.write((transaction) =>
      requestReadingAgain(transaction, readersVersion(), assessLimits.rereadQueuedMax),
    );
  });
  await steps.run('feeds', async () => {
    if (await isRefreshDue(context.feeds, context.jitter))
      await database.write((transaction) => requestRefresh(context.feeds, transaction));
  });
  await steps.run('leverage', () => refreshLeverage(database, context.now), {
    share: leverageLimits.share,
    leastMs: leverageLimits.failedMs,
  });
  // Alone, whatever was begun before this process is nobody's.
  await steps.run('uploads', () =>
    cleanUploads(context.uploads, alone ? performance.now() : workLimits.orphanAgeMs, context.now()),
  );
  await steps.run('silent-hosts', () => endSilentHosts(database));
  await steps.run('orphans', () => cleanRows(database));
  if (context.retentionDays > 0) await steps.run('retention', () => letGo(context));
}

async function syncDue(transaction: Transaction): Promise<void> {
  for (const id of await connectionsDue(transaction)) {
    const connection = await findConnectionById(transaction, id);
    if (connection !== undefined) await requestSync(transaction, id, connection.name);
  }
}

/** The longest silent first; those that are left when the time is up, or were passed over, are the next round's. */
async function endSilentHosts(database: Database): Promise<void> {
  const untilMs = performance.now() + workLimits.cleanMs;
  const passed = new Set<string>();
  while (performance.now() < untilMs && (await endSilentHost(database, workLimits.silentWaitMs, passed)));
}

/** Each table in its turn, until its round is over or the time is up: what is left is the next round's. */
async function cleanRows(database: Database): Promise<void> {
  const untilMs = performance.now() + workLimits.cleanMs;
  for (const what of orphaned)
    while (performance.now() < untilMs && (await removeOrphans(database, what, cleaningLimits)) !== undefined);
}

/** The same for what is older than it is kept. What went is said once a round. */
async function letGo({ database, retentionDays, log }: JobContext): Promise<void> {
  const untilMs = performance.now() + workLimits.cleanMs;
  while (performance.now() < untilMs && (await reviewSources(database, retentionLimits)) !== undefined);
  const removed: { [what: string]: number } = {};
  for (const what of aged) {
    while (performance.now() < untilMs) {
      const cleaned = await removeAged(database, what, retentionDays, retentionLimits);
      if (cleaned === undefined) break;
      if (cleaned.round !== null && cleaned.round > 0) removed[what] = cleaned.round;
    }
  }
  if (Object.keys(removed).length > 0) log.info({ removed, retentionDays }, 'removed what is older than it is kept');
}
