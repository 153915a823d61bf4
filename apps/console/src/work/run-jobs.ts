import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  makeWorkerUtils,
  Logger as QueueLogger,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Logger } from 'pino';
import type { ConnectionSettings, Database } from '../store/database.ts';
import { openQueuePool } from '../store/queue-pool.ts';
import { beatWorker, holdsJobs, removeWorker, takeDeadWorkers, unlockForgotten } from '../store/workers.ts';
import { runJanitor } from './janitor.ts';
import { JanitorSteps } from './janitor-steps.ts';
import { type JobContext, jobs } from './jobs.ts';
import { workLimits } from './limits.ts';

export interface RunningJobs {
  /** Takes no more jobs, lets the running ones end for a while, then aborts them: what is unfinished goes back to the queue. */
  stop(): Promise<void>;
}

/** The queue's words at our levels. */
export function queueLogger(log: Logger): QueueLogger {
  return new QueueLogger((scope) => (level, message) => {
    const fields = { ...scope, part: 'queue' };
    if (level === 'error') log.error(fields, message);
    else if (level === 'warning') log.warn(fields, message);
    else log.debug(fields, message);
  });
}

/**
 * Runs the queue in this process. Its life is told by a heartbeat: when that stops, another process gives the jobs back, and
 * the attempts of this one can't write any more (their tokens are replaced).
 */
export async function runJobs(
  context: JobContext,
  options: {
    readonly database: Database;
    readonly settings: ConnectionSettings;
    readonly log: Logger;
    readonly concurrency: number;
    readonly alone: boolean;
  },
): Promise<RunningJobs> {
  const { database, log } = options;
  const processId = randomUUID();
  // The queue locks jobs in the name of a pool of workers, not of one of them.
  const pools = new Set<string>();
  const events: WorkerEvents = new EventEmitter();
  const allPools = new Set<string>();
  events.on('pool:create', ({ workerPool }) => {
    pools.add(workerPool.id);
    allPools.add(workerPool.id);
  });
  events.on('pool:release', ({ workerPool }) => void pools.delete(workerPool.id));
  // When each job here ended; what a pool of ours holds beside these was taken when PostgreSQL went away, and nobody runs it.
  const held = new Map<string, number>();
  events.on('job:start', ({ job }) => void held.set(String(job.id), Number.POSITIVE_INFINITY));
  events.on('job:complete', ({ job }) => void held.set(String(job.id), performance.now()));
  const logger = queueLogger(log);
  const pool = openQueuePool(options.settings, log);
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  const stopping = new AbortController();
  const beat = async () => {
    await beatWorker(database, processId, [...pools]);
    const dead = await takeDeadWorkers(database, workLimits.silentSeconds);
    if (dead.length > 0) await utils.forceUnlockWorkers([...dead]);
    // One that has just ended is still being told to the queue.
    for (const [id, endedMs] of held) {
      if (endedMs < performance.now() - workLimits.silentSeconds * 1_000) held.delete(id);
    }
    await unlockForgotten(database, [...pools], [...held.keys()], workLimits.silentSeconds);
  };
  // On an embedded database nobody else can be at work: what is locked was locked by a process that is gone.
  if (options.alone) {
    const dead = await takeDeadWorkers(database, 0);
    if (dead.length > 0) await utils.forceUnlockWorkers([...dead]);
  }
  const taskList: TaskList = Object.fromEntries(
    Object.entries(jobs).map(([kind, job]) => [
      kind,
      (payload: unknown, helpers: { abortSignal?: AbortSignal }) => {
        const signal = AbortSignal.any([
          stopping.signal,
          ...(helpers.abortSignal === undefined ? [] : [helpers.abortSignal]),
        ]);
        return job.run(job.payload.parse(payload) as never, { ...context, signal });
      },
    ]),
  );
  const begin = () =>
    run({
      pgPool: pool,
      taskList,
      concurrency: options.concurrency,
      noHandleSignals: true,
      pollInterval: 1_000,
      parsedCronItems: [],
      logger,
      events,
      preset: { plugins: [replaceWorkers] },
    });
  const queue = await keepRunning(begin, log);
  await beat();
  const timer = setInterval(
    () => void beat().catch((error: unknown) => log.warn({ err: error }, 'worker heartbeat failed')),
    workLimits.beatEveryMs,
  );
  const janitor = startJanitor(context, log, stopping.signal, options.alone);
  return {
    stop: async () => {
      clearInterval(timer);
      // What runs is aborted after a moment, so that assessments give themselves back with a token that still holds.
      const abort = setTimeout(() => stopping.abort(), workLimits.drainMs);
      await queue.stop();
      clearTimeout(abort);
      stopping.abort();
      await janitor;
      await untilTold(database, [...allPools], log);
      await utils.release();
      await pool.end();
      await removeWorker(database, processId).catch((error: unknown) =>
        log.debug({ err: error }, 'worker not removed'),
      );
    },
  };
}

/**
 * The queue tells PostgreSQL by promises that nobody awaits how its last jobs ended. Without this wait a job that is done would
 * be done again at the next start.
 */
async function untilTold(database: Database, pools: readonly string[], log: Logger): Promise<void> {
  const endMs = performance.now() + workLimits.tellMs;
  try {
    while (performance.now() < endMs && (await holdsJobs(database, pools))) await sleep(workLimits.tellPollMs);
  } catch (error) {
    log.debug({ err: error }, 'jobs not told to have ended');
  }
}

/**
 * A worker that ends because PostgreSQL went away is replaced. The queue's own answer would be to shut the whole pool down,
 * by a promise that nobody awaits: its rejection would end this process.
 */
const replaceWorkers: GraphileConfig.Plugin = {
  name: 'hullcheck-replace-workers',
  version: '1.0.0',
  worker: { middleware: { poolWorkerPrematureExit: (_, event) => event.replaceWithNewWorker() } },
};

/** The queue's workers end when PostgreSQL goes away; this begins them again until it is stopped. */
async function keepRunning(begin: () => Promise<Runner>, log: Logger): Promise<{ stop(): Promise<void> }> {
  let runner: Runner | undefined = await begin();
  const stopped = new AbortController();
  const watch = async () => {
    while (!stopped.signal.aborted) {
      await runner?.promise.catch((error: unknown) => log.debug({ err: error }, 'queue ended'));
      if (stopped.signal.aborted) return;
      log.warn('queue interrupted');
      await sleep(workLimits.restartAfterMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      runner = stopped.signal.aborted ? undefined : await begin().catch(() => undefined);
      if (runner !== undefined) log.info('queue goes on');
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      stopped.abort();
      await runner?.stop().catch((error: unknown) => log.debug({ err: error }, 'queue stop'));
      await watching;
    },
  };
}

async function startJanitor(context: JobContext, log: Logger, signal: AbortSignal, alone: boolean): Promise<void> {
  const steps = new JanitorSteps(log);
  for (let first = true; !signal.aborted; first = false) {
    await runJanitor(context, steps, first && alone).catch((error: unknown) =>
      log.warn({ err: error }, 'janitor failed'),
    );
    await sleep(workLimits.janitorEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
