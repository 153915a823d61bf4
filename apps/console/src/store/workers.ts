import type { Queryable } from './database.ts';

/** A process that runs jobs says that it lives, and under which names of the queue's it locks them: those of its pools of workers. */
export async function beatWorker(database: Queryable, id: string, workerIds: readonly string[]): Promise<void> {
  await database.query(
    `insert into worker_process (id, worker_ids) values ($1, $2) on conflict (id) do update set worker_ids = excluded.worker_ids, heartbeat_at = now()`,
    [id, workerIds],
  );
}

export async function removeWorker(database: Queryable, id: string): Promise<void> {
  await database.query('delete from worker_process where id = $1', [id]);
}

/**
 * Pools that hold a job and belong to no process that beats: their jobs are given back to the queue by whoever calls
 * this. A process can die before its first beat has named its pools, so the locks are asked, not only the beats; a lock
 * younger than a beat's silence may belong to a process that is about to name it.
 */
export async function takeDeadWorkers(database: Queryable, silentSeconds: number): Promise<readonly string[]> {
  await database.query('delete from worker_process where heartbeat_at < now() - make_interval(secs => $1)', [
    silentSeconds,
  ]);
  const { rows } = await database.query<{ worker: string }>(
    `select distinct locked_by as worker from graphile_worker.jobs
      where locked_at < now() - make_interval(secs => $1)
        and not exists (select from worker_process where locked_by = any(worker_ids))`,
    [silentSeconds],
  );
  return rows.map((row) => row.worker);
}

/** Gives back jobs that these pools, which live, have locked for longer than this and do not know. */
export async function unlockForgotten(
  database: Queryable,
  pools: readonly string[],
  known: readonly string[],
  silentSeconds: number,
): Promise<void> {
  await database.query(
    `update graphile_worker._private_jobs set locked_at = null, locked_by = null
     where locked_by = any($1) and locked_at < now() - make_interval(secs => $2) and id <> all($3::bigint[])`,
    [pools, silentSeconds, known],
  );
}

/** Whether any job is locked in the name of these pools. */
export async function holdsJobs(database: Queryable, pools: readonly string[]): Promise<boolean> {
  const { rows } = await database.query<{ held: boolean }>(
    'select exists (select from graphile_worker.jobs where locked_by = any($1)) as held',
    [pools],
  );
  return rows[0]?.held === true;
}

export async function readDurability(database: Queryable) {
  const { rows } = await database.query<{
    fsync: string;
    commit: string;
    pages: string;
    version: string;
    standby: boolean;
  }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages,
            current_setting('server_version_num') as version, pg_is_in_recovery() as standby`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a select returned no row');
  return {
    fsync: row.fsync,
    synchronousCommit: row.commit,
    fullPageWrites: row.pages,
    version: Number(row.version),
    readOnly: row.standby,
  };
}

/** Whether a statement comes back in time. */
export async function isAnswering(database: Queryable, timeoutMs: number): Promise<boolean> {
  const late = new Promise<false>((answer) => setTimeout(() => answer(false), timeoutMs).unref());
  return Promise.race([
    database.query('select 1').then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

export async function countQueue(database: Queryable): Promise<{ readonly waiting: number; readonly running: number }> {
  const { rows } = await database.query<{ waiting: number; running: number }>(
    `select count(*) filter (where locked_at is null)::int as waiting, count(*) filter (where locked_at is not null)::int as running from graphile_worker.jobs`,
  );
  return rows[0] ?? { waiting: 0, running: 0 };
}
