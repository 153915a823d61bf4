import { type BuildReport, type FeedSource, feedCatalogue, findDatabase, openDatabase } from '@hullcheck/advisories';
import { Fault, toFault } from '@hullcheck/core';
import type { Logger } from 'pino';
import type { ReadyDatabases } from '../options.ts';
import type { Database, Transaction } from '../store/database.ts';
import {
  findActiveRevision,
  lastRefresh,
  listFeeds,
  type RevisionRecord,
  settleFeeds,
  writeFeedOutcome,
  writeFeedProgress,
} from '../store/feeds.ts';
import { enqueue } from '../store/queue.ts';
import { createWork, isAtWork } from '../store/work-items.ts';
import { takeInThread, updateInThread } from './advisories.ts';
import { judgingRules } from './judging-rules.ts';
import { feedLimits } from './limits.ts';
import { switchRevision } from './rematch.ts';

/** What the list of sources shows: a feed that is not read by default is missed only where it was asked for. */
function shownFeeds({ sources }: RevisionRecord, { alsoFeeds = [] }: FeedContext): readonly string[] {
  const isThere = (id: string) => sources.some((source) => source.id === id || source.id.startsWith(`${id}/`));
  return feedCatalogue
    .filter(({ id, byDefault = true }) => byDefault || alsoFeeds.includes(id) || isThere(id))
    .map(({ id }) => id);
}

export interface FeedContext {
  readonly database: Database;
  /** Of the product. */
  readonly version: string;
  readonly log: Logger;
  readonly offline: boolean;
  /** A mirror instead of the upstream addresses. */
  readonly feeds: string | undefined;
  /** Databases that somebody else built, instead of feeds. */
  readonly ready: ReadyDatabases | undefined;
  readonly cacheDir: string;
  readonly starterPath: string;
  readonly proxyEnvironment: Readonly<Record<string, string | undefined>>;
  /** Networks beside public ones that a source of advisories may redirect to. */
  readonly allowedNetworks?: readonly string[] | undefined;
  /** Feeds to read that are not read by default. */
  readonly alsoFeeds?: readonly string[];
  /** Feeds that may lose more than a tenth of their records; true: all. */
  readonly allowShrink?: boolean | readonly string[];
  readonly now: () => number;
}

/**
 * At the start: the newest database that is there, downloaded before or the starter, judged by this version's rules. None is
 * no fault: images are listed, not judged.
 */
export async function chooseDatabase(context: FeedContext): Promise<void> {
  const found = await findNewest(context);
  await context.database.write(async (transaction) => {
    await settleFeeds(transaction);
    const active = await findActiveRevision(transaction);
    // Another console on the same server may have a younger one.
    const stays = active !== undefined && (found === undefined || active.builtAt >= found.builtAt) && canOpen(active);
    const record = stays ? active : found;
    if (record !== undefined)
      await switchRevision(transaction, record, judgingRules(context.version), shownFeeds(record, context));
  });
}

async function findNewest(context: FeedContext): Promise<RevisionRecord | undefined> {
  try {
    const found = await findDatabase(context.cacheDir, context.starterPath);
    return describe(found.path, found.origin);
  } catch (error) {
    const fault = toFault(error);
    if (fault.code !== 'database-missing' && fault.code !== 'database-invalid') throw error;
    context.log.warn({ err: fault }, 'no vulnerability database');
    return undefined;
  }
}

function canOpen(record: RevisionRecord): boolean {
  try {
    openDatabase(record.path).close();
    return true;
  } catch {
    return false;
  }
}

function describe(path: string, origin: 'cache' | 'starter'): RevisionRecord {
  const database = openDatabase(path);
  try {
    const { revision, builtAt, sources } = database;
    return { path, origin, revision, builtAt, sources: [...sources] };
  } finally {
    database.close();
  }
}

function sourceOf(context: FeedContext): FeedSource | undefined {
  const { feeds, offline } = context;
  if (feeds === undefined) return offline ? undefined : { kind: 'upstream' };
  if (offline && /^[a-z][a-z0-9+.-]*:\/\//i.test(feeds) && !feeds.startsWith('file:')) return undefined;
  return { kind: 'mirror', location: feeds };
}

export function canRefresh(context: FeedContext): boolean {
  return context.ready === undefined ? sourceOf(context) !== undefined : !context.offline;
}

/** Asks for a refresh in the caller's transaction. Throws `conflict` where one is on its way or the console is offline. */
export async function requestRefresh(context: FeedContext, transaction: Transaction): Promise<void> {
  if (!canRefresh(context)) {
    throw new Fault('conflict', 'this console is offline', {
      hint: 'Import a database with "hullcheck db import", or name a feed mirror.',
    });
  }
  if (await isAtWork(transaction, 'refresh-feeds'))
    throw new Fault('conflict', 'the feeds are being refreshed already');
  const workId = await createWork(transaction, 'refresh-feeds', 'refresh-feeds', 'Refresh the vulnerability feeds');
  await enqueue(transaction, 'refresh-feeds', { workId }, { key: 'refresh-feeds' });
}

/** Whether it is time: a day (and a little, different for each console) since the last try, or since the data was built. */
export async function isRefreshDue(context: FeedContext, jitter: number): Promise<boolean> {
  if (!canRefresh(context) || (await isAtWork(context.database, 'refresh-feeds'))) return false;
  const everySeconds = feedLimits.everySeconds * (1 + feedLimits.jitter * jitter);
  const { ageSeconds } = await lastRefresh(context.database);
  if (ageSeconds !== null) return ageSeconds > everySeconds;
  const active = await findActiveRevision(context.database);
  return active === undefined || context.now() - Date.parse(active.builtAt) > everySeconds * 1000;
}

/** The next revision, built here from the feeds or elsewhere, and the switch to it. What fails leaves the present one. */
export async function refreshFeeds(context: FeedContext, signal: AbortSignal): Promise<void> {
  const report = await (context.ready === undefined
    ? buildNext(context, signal)
    : takeNext(context, context.ready, signal));
  await context.database.write(async (transaction) => {
    for (const feed of report.feeds) await writeFeedOutcome(transaction, feed.id, feed.fault?.message ?? null);
    const record: RevisionRecord = {
      path: report.path,
      origin: 'cache',
      revision: report.revision,
      builtAt: report.builtAt,
      sources: [...report.sources],
    };
    // What is in use may be the starter, and stays what it is.
    if (!(report.unchanged && context.ready !== undefined)) {
      await switchRevision(transaction, record, judgingRules(context.version), shownFeeds(record, context));
    }
    await settleFeeds(transaction);
  });
  warnOfFailures(context.log, report.feeds);
}

/** Takes the database that a registry or another console offers. */
async function takeNext(context: FeedContext, ready: ReadyDatabases, signal: AbortSignal): Promise<BuildReport> {
  if (context.offline) throw new Fault('conflict', 'this console is offline');
  const active = await findActiveRevision(context.database);
  return await takeInThread(
    {
      cacheDir: context.cacheDir,
      // The starter is no revision that another was made from, and is older than whatever is offered.
      current: active?.origin === 'cache' ? active.path : null,
      origin: ready.origin,
      credentials: (await ready.credentials?.()) ?? null,
      token: ready.token ?? null,
      publicKeys: ready.publicKeys ?? null,
      ca: ready.ca ?? null,
      allowedNetworks: ready.allowedNetworks ?? [],
      proxyEnvironment: context.proxyEnvironment,
    },
    AbortSignal.any([signal, AbortSignal.timeout(feedLimits.runMs)]),
  );
}

/** Fetches what changed and builds the next revision beside the present one. A feed that fails keeps its data. */
async function buildNext(context: FeedContext, signal: AbortSignal): Promise<BuildReport> {
  const source = sourceOf(context);
  if (source === undefined) throw new Fault('conflict', 'this console is offline');
  const { database } = context;
  const active = await findActiveRevision(database);
  const before = new Map((await listFeeds(database)).map((feed) => [feed.id, feed.records]));
  const told = new Map<string, number>();
  let writes: Promise<void> = Promise.resolve();
  const note = (feed: string, state: string, records: number) => {
    const now = performance.now();
    const busy = state === 'fetching' || state === 'parsing';
    if (!busy || (state === 'parsing' && now - (told.get(feed) ?? 0) < feedLimits.progressEveryMs)) return;
    told.set(feed, now);
    const expected = before.get(feed) ?? 0;
    const progress = state === 'parsing' && expected > 0 ? Math.min(0.99, records / expected) : null;
    writes = writes
      .then(() => writeFeedProgress(database, feed, null, progress))
      .catch((error: unknown) => context.log.warn({ err: error }, 'feed progress not written'));
  };
  let report: BuildReport;
  try {
    const now = new Date(context.now()).toISOString();
    report = await updateInThread(
      {
        cacheDir: context.cacheDir,
        current: active?.path ?? null,
        source,
        now,
        proxyEnvironment: context.proxyEnvironment,
        allowedNetworks: context.allowedNetworks ?? [],
        also: context.alsoFeeds ?? [],
        allowShrink: context.allowShrink ?? false,
      },
      AbortSignal.any([signal, AbortSignal.timeout(feedLimits.runMs)]),
      note,
    );
  } catch (error) {
    await writes;
    const reason = toFault(error).message;
    for (const [feed] of told) await writeFeedOutcome(database, feed, reason);
    await database.write(settleFeeds);
    throw error;
  }
  await writes;
  return report;
}

/** One line, however many failed: without a network that is every one of them, for one reason. */
export function warnOfFailures(log: Pick<Logger, 'warn'>, feeds: BuildReport['feeds']): void {
  const failed = feeds.flatMap(({ id, fault }) => (fault === null ? [] : [{ id, ...fault }]));
  const [first] = failed;
  if (first === undefined) return;
  const faults = Object.fromEntries(
    [...new Set(failed.map(({ code }) => code))].map((code) => [
      code,
      failed.filter((one) => one.code === code).map(({ id }) => id),
    ]),
  );
  const which = failed.length === 1 ? `${first.id} was` : `${failed.length} of ${feeds.length} feeds were`;
  const whose = failed.length === 1 ? '' : ` (${first.id})`;
  log.warn({ faults }, `${which} not refreshed, what was known stays: ${first.message}${whose}`);
}
