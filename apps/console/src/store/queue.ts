import type { Transaction } from './database.ts';

/** Every kind of job with its payload. A job is found again by its key, so that the same work stands in the queue once. */
export interface JobPayloads {
  readonly 'assess-image': { readonly assessmentId: string };
  readonly 'sync-connection': { readonly connectionId: string; readonly workId: string };
  readonly 'refresh-feeds': { readonly workId: string };
  readonly rematch: { readonly workId: string };
  readonly 'forget-agent': { readonly agentId: string };
}
export type JobKind = keyof JobPayloads;

export interface Enqueue {
  /** Same key: the job that waits already is replaced. */
  readonly key?: string;
  readonly delaySeconds?: number;
  /** Lower runs sooner (queue-priority.ts); 0 is what a person waits for. */
  readonly priority?: number;
}

/** Tries of one job in the queue's own count. Ours are counted with the attempt's token; this only ends a broken loop. */
const QUEUE_ATTEMPTS_MAX = 25;

/** Puts a job into the queue in the caller's transaction: it is there if and only if what it is about is. */
export async function enqueue<K extends JobKind>(
  transaction: Transaction,
  kind: K,
  payload: JobPayloads[K],
  { key, ...when }: Enqueue = {},
): Promise<void> {
  await enqueueAll(transaction, kind, [{ payload, key }], when);
}

/** Puts many of one kind into it at once, in this order. */
export async function enqueueAll<K extends JobKind>(
  transaction: Transaction,
  kind: K,
  jobs: readonly {
    readonly payload: JobPayloads[K];
    readonly key: string | undefined;
    /** Before that of all. */
    readonly priority?: number;
  }[],
  { delaySeconds = 0, priority = 0 }: Omit<Enqueue, 'key'> = {},
): Promise<void> {
  if (jobs.length === 0) return;
  // `add_job` looks through all jobs for each key while the table has no statistics.
  await transaction.query(
    `select count(*) from graphile_worker.add_jobs(array(
       select row($1, x.payload, null, now() + make_interval(secs => $3), $4, x.key, coalesce(x.priority, $5), null)::graphile_worker.job_spec
       from json_to_recordset($2::json) as x(payload json, key text, priority int)))`,
    [kind, JSON.stringify(jobs), delaySeconds, QUEUE_ATTEMPTS_MAX, priority],
  );
}

/** Takes a job out that has not begun; one that runs finds out by its token. */
export async function dequeue(transaction: Transaction, key: string): Promise<void> {
  await transaction.query('select graphile_worker.remove_job($1)', [key]);
}

/** Of a job `j`: it runs, or will. */
export const standsFor = '(j.attempts < j.max_attempts or j.locked_at is not null)';

/** What is said of work whose job is gone without having ended it. */
export const lost = "It was begun several times, and each time its worker ended. The console's log says why.";
