import { EventEmitter } from 'node:events';
import { makeWorkerUtils, run, type WorkerEvents } from 'graphile-worker';
import pino from 'pino';
import { expect, it } from 'vitest';
import { queueLogger } from '../work/run-jobs.ts';
import { databaseForEach } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { enqueue } from './queue.ts';
import { holdsJobs, unlockForgotten } from './workers.ts';

const logger = queueLogger(pino({ level: 'silent' }));
const workId = '00000000-0000-4000-8000-0000000000cc';
let database: Database;
databaseForEach((opened) => {
  database = opened;
});

/** A pool of the queue's own workers that takes jobs and never ends one before it is told to. */
async function startPool(concurrency: number) {
  const started: string[] = [];
  let id = '';
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((done) => {
    letGo = done;
  });
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => {
    ({ id } = workerPool);
  });
  const runner = await run({
    pgPool: database.pool,
    concurrency,
    pollInterval: 50,
    noHandleSignals: true,
    parsedCronItems: [],
    logger,
    events,
    taskList: {
      rematch: async (_, { job }) => {
        started.push(String(job.id));
        await gone;
      },
    },
  });
  return {
    id: () => id,
    started,
    stop: async () => {
      letGo();
      await runner.stop();
    },
  };
}

const add = (count: number) =>
  database.write(async (transaction) => {
    for (let n = 0; n < count; n += 1) await enqueue(transaction, 'rematch', { workId });
  });

/** Of the queue's own view: who holds what. */
async function heldBy(pool: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    'select id::text as id from graphile_worker.jobs where locked_by = $1 order by id',
    [pool],
  );
  return rows.map(({ id }) => id);
}

it('gives back what a living pool holds and does not know, so that another takes it', async () => {
  await add(3);
  const pool = await startPool(3);
  await expect.poll(() => pool.started.length, { timeout: 20_000 }).toBe(3);
  const jobs = await heldBy(pool.id());
  expect(jobs).toEqual(pool.started.toSorted((a, b) => Number(a) - Number(b)));
  const [known = '', young = '', forgotten = ''] = jobs;
  // Time passes for all but one.
  await database.query(
    `update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where id <> $1::bigint`,
    [young],
  );
  await unlockForgotten(database, ['another pool'], [], 45);
  await unlockForgotten(database, [], [], 45);
  expect(await heldBy(pool.id())).toEqual(jobs);
  await unlockForgotten(database, [pool.id()], [known], 45);
  expect(await heldBy(pool.id())).toEqual([known, young]);
  const next = await startPool(1);
  await expect.poll(() => next.started, { timeout: 20_000 }).toEqual([forgotten]);
  expect(await holdsJobs(database, [next.id()])).toBe(true);
  await Promise.all([pool.stop(), next.stop()]);
});

// The queue's private table is written by nobody else than the queue, and by this. If the queue begins to keep a lock otherwise,
// this has to follow: its own way of giving jobs back would then leave another row.
it('leaves the row as the queue’s own way of giving a job back does', async () => {
  await add(2);
  const pools = [await startPool(1), await startPool(1)] as const;
  await expect.poll(() => pools.map(({ started }) => started.length), { timeout: 20_000 }).toEqual([1, 1]);
  const utils = await makeWorkerUtils({ pgPool: database.pool, logger });
  await utils.forceUnlockWorkers([pools[0].id()]);
  await unlockForgotten(database, [pools[1].id()], [], 0);
  const rowOf = async (id: string | undefined) => {
    const { rows } = await database.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(j) - '{id,created_at,updated_at,run_at}'::text[] as row from graphile_worker._private_jobs j where id = $1::bigint`,
      [id],
    );
    return rows[0]?.row;
  };
  const [theirs, ours] = [await rowOf(pools[0].started[0]), await rowOf(pools[1].started[0])];
  expect(ours).toEqual(theirs);
  expect(ours).toMatchObject({ locked_at: null, locked_by: null, attempts: 1, job_queue_id: null });
  await utils.release();
  await Promise.all(pools.map((pool) => pool.stop()));
});

it('knows every column of the queue’s table', async () => {
  const { rows } = await database.query<{ name: string }>(
    `select column_name::text as name from information_schema.columns where table_schema = 'graphile_worker' and table_name = '_private_jobs' order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    'attempts',
    'created_at',
    'flags',
    'id',
    'is_available',
    'job_queue_id',
    'key',
    'last_error',
    'locked_at',
    'locked_by',
    'max_attempts',
    'payload',
    'priority',
    'revision',
    'run_at',
    'task_id',
    'updated_at',
  ]);
});
