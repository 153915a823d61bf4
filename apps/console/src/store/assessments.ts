import type { Queryable, Transaction } from './database.ts';
import { hashReaders } from './layers.ts';
import { plainText } from './plain-text.ts';
import { enqueue, enqueueAll } from './queue.ts';
import { READ_AGAIN } from './queue-priority.ts';
import { refreshSummaries } from './summaries.ts';

/** Three crashes are enough: an image that takes its reader down every time must not keep a worker busy for ever. */
export const attemptsMax = 3;

/**
 * Asks for the image to be assessed, in the caller's transaction. One that waits or runs already is answered instead of a
 * second one; an upload that just came is what it then reads.
 */
export async function requestAssessment(
  transaction: Transaction,
  imageId: string,
  { uploadId = null, priority }: { readonly uploadId?: string | null; readonly priority: number },
): Promise<string> {
  const { rows } = await transaction.query<{ id: string; fresh: boolean }>(
    `insert into assessment (image_id, state, upload_id, priority) values ($1, 'queued', $2, $3)
     on conflict (image_id) where state in ('queued', 'running', 'waiting')
       do update set upload_id = coalesce(excluded.upload_id, assessment.upload_id), priority = least(excluded.priority, assessment.priority)
     returning id, (xmax = 0) as fresh`,
    [imageId, uploadId, priority],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned no row');
  if (row.fresh) await forgetVain(transaction, [row.id]);
  if (!row.fresh && uploadId !== null) {
    // What an agent was asked for came by itself.
    await transaction.query(
      `update assessment set state = 'queued', waiting_agent = null, want_until = null, token = null where id = $1 and state = 'waiting'`,
      [row.id],
    );
  }
  await enqueueAssessment(transaction, row.id);
  return row.id;
}

/** The same for many, each at its own priority. One that waits for its next try is tried now; one that is read already goes on. */
export async function requestAssessments(
  transaction: Transaction,
  wishes: readonly { readonly imageId: string; readonly priority: number }[],
): Promise<void> {
  if (wishes.length === 0) return;
  const { rows } = await transaction.query<{ id: string; priority: number; fresh: boolean; queued: boolean }>(
    `insert into assessment as a (image_id, state, priority)
     select x.id, 'queued', x.priority from unnest($1::uuid[], $2::int[]) as x(id, priority) order by x.id
     on conflict (image_id) where state in ('queued', 'running', 'waiting')
       do update set priority = least(excluded.priority, a.priority)
     returning id, priority, (xmax = 0) as fresh, state = 'queued' as queued`,
    [wishes.map(({ imageId }) => imageId), wishes.map(({ priority }) => priority)],
  );
  const fresh = rows.filter((row) => row.fresh).map(({ id }) => id);
  await forgetVain(transaction, fresh);
  // In the queue the more urgent one of two with the same priority is the one that was put there first.
  const jobs = rows
    .filter(({ queued }) => queued)
    .sort((one, other) => one.priority - other.priority)
    .map(({ id, priority }) => ({ payload: { assessmentId: id }, key: `assess:${id}`, priority }));
  await enqueueAll(transaction, 'assess-image', jobs);
}

/**
 * What was tried in vain more than a day ago says nothing that this try does not: an image that nobody can read is tried again with each
 * report of each host that has it, and would have a row for each of them.
 */
async function forgetVain(transaction: Transaction, instead: readonly string[]): Promise<void> {
  if (instead.length === 0) return;
  await transaction.query(
    `delete from assessment a using assessment n
     where n.id = any($1::uuid[]) and a.image_id = n.image_id and a.id <> n.id and a.state in ('none', 'failed')
       and a.finished_at < now() - interval '1 day'
       and not exists (select from upload_image u where u.image_id = a.image_id and u.assessment_id = a.id)`,
    [instead],
  );
}

/** Puts it into the queue by its own priority, at its first try as at every later one. */
export async function enqueueAssessment(
  transaction: Transaction,
  id: string,
  options: { readonly delaySeconds?: number } = {},
): Promise<void> {
  const { rows } = await transaction.query<{ priority: number }>('select priority from assessment where id = $1', [id]);
  const priority = rows[0]?.priority ?? READ_AGAIN;
  await enqueue(transaction, 'assess-image', { assessmentId: id }, { key: `assess:${id}`, priority, ...options });
}

/**
 * Asks for images that other readers than these have read to be read again: what a new analyzer would find in them is not
 * known. Behind everything else, at most so many in the queue, each once for these readers and then once a day, because its
 * registry may be reachable or its agent of the new version by then. Their present results stay until then.
 */
export async function requestReadingAgain(
  transaction: Transaction,
  readers: { readonly [id: string]: number },
  queuedMax: number,
): Promise<number> {
  const { rows } = await transaction.query<{ id: string }>(
    `update image_result r set reread_for = $1, reread_at = now() where r.image_id in (
       select r.image_id from image_result r
       where (r.readers_sha256 < $1 or r.readers_sha256 > $1)
         and (r.reread_for is distinct from $1 or r.reread_at < now() - interval '1 day')
         and not exists (select 1 from assessment a where a.image_id = r.image_id and a.state in ('queued', 'running', 'waiting'))
       order by r.image_id
       limit greatest(0, $2::int - (select count(*)::int from assessment where state in ('queued', 'running', 'waiting')))
       for update skip locked)
     returning r.image_id as id`,
    [hashReaders(readers), queuedMax],
  );
  for (const { id } of rows) await requestAssessment(transaction, id, { priority: READ_AGAIN });
  return rows.length;
}

export interface Attempt {
  readonly assessmentId: string;
  readonly imageId: string;
  readonly token: string;
  readonly attempts: number;
  readonly uploadId: string | null;
  readonly agentsTried: readonly string[];
  /** What agents said that were asked and could not read it, for people. */
  readonly agentsTold: readonly string[];
  /** Since it was asked for. */
  readonly ageSeconds: number;
}

/** Begins an attempt: only its token may write from here on. Undefined where the assessment has ended. */
export async function beginAttempt(database: Queryable, assessmentId: string): Promise<Attempt | undefined> {
  const { rows } = await database.query<Attempt>(
    `update assessment set state = 'running', token = gen_random_uuid(), attempts = attempts + 1, started_at = now(), heartbeat_at = now(),
            waiting_agent = null, want_until = null, layers_done = null, layers_total = null, reason = null
     where id = $1 and state in ('queued', 'running')
     returning id as "assessmentId", image_id as "imageId", token, attempts, upload_id as "uploadId", agents_tried as "agentsTried", agents_told as "agentsTold",
               extract(epoch from now() - queued_at)::float8 as "ageSeconds"`,
    [assessmentId],
  );
  return rows[0];
}

/** Says that the attempt lives, and how far it is; false where another one has taken over. */
export async function beat(
  database: Queryable,
  attempt: Attempt,
  layersDone: number | null,
  layersTotal: number | null,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update assessment set heartbeat_at = now(), layers_done = coalesce($3, layers_done), layers_total = coalesce($4, layers_total)
     where id = $1 and token = $2 and state = 'running'`,
    [attempt.assessmentId, attempt.token, layersDone, layersTotal],
  );
  return rowCount === 1;
}

export type Ending =
  | { readonly state: 'done' }
  /** Nothing can read it now; the reason says what to do. */
  | { readonly state: 'none' | 'failed'; readonly reason: string }
  /** Tried again later; `counts: false`: this was no try of its own. */
  | { readonly state: 'queued'; readonly reason: string; readonly delaySeconds: number; readonly counts?: boolean }
  /** An agent is asked to read it. */
  | { readonly state: 'waiting'; readonly agentId: string; readonly agentName: string; readonly wantSeconds: number };

/** Ends the attempt. False, and nothing is written, where its token is no longer the one: the caller rolls back. */
export async function endAttempt(transaction: Transaction, attempt: Attempt, ending: Ending): Promise<boolean> {
  const { assessmentId, token } = attempt;
  const reason =
    'reason' in ending
      ? plainText(ending.reason)
      : ending.state === 'waiting'
        ? plainText(`Waiting for agent ${ending.agentName} to read it.`)
        : null;
  const finished = ending.state === 'done' || ending.state === 'none' || ending.state === 'failed';
  const { rowCount } = await transaction.query(
    `update assessment set state = $3, reason = $4, finished_at = case when $5 then now() end, heartbeat_at = now(),
            token = case when $3 = 'waiting' then token end, attempts = attempts - $8::int,
            waiting_agent = $6, want_until = case when $6::uuid is null then null else now() + make_interval(secs => $7) end,
            agents_tried = case when $6::uuid is null then agents_tried else array_append(agents_tried, $6::uuid) end
     where id = $1 and token = $2 and state = 'running'`,
    [
      assessmentId,
      token,
      ending.state,
      reason,
      finished,
      ending.state === 'waiting' ? ending.agentId : null,
      ending.state === 'waiting' ? ending.wantSeconds : 0,
      ending.state === 'queued' && ending.counts === false ? 1 : 0,
    ],
  );
  if (rowCount !== 1) return false;
  if (ending.state === 'queued')
    await enqueueAssessment(transaction, assessmentId, { delaySeconds: ending.delaySeconds });
  await refreshSummaries(transaction, [attempt.imageId]);
  return true;
}

export interface WantedImage {
  readonly imageKey: string;
  readonly attempt: string;
}

/** What the agent is asked to read now, what it was asked for first at the beginning: what it reads stays in its list until it answers. */
export async function listWanted(database: Queryable, agentId: string, limit: number): Promise<readonly WantedImage[]> {
  const { rows } = await database.query<WantedImage>(
    `select "imageKey", attempt from (
       select distinct on (a.id) hi.image_key as "imageKey", a.token::text as attempt, a.started_at, a.id
       from assessment a join host h on h.agent_id = a.waiting_agent join host_image hi on hi.host_id = h.id and hi.image_id = a.image_id
       where a.waiting_agent = $1 and a.state = 'waiting' and a.want_until > now() order by a.id, hi.image_key
     ) w order by started_at, id limit $2`,
    [agentId, limit],
  );
  return rows;
}

/**
 * The agent was heard from: what it was asked for and did not answer yet, because it reads it or something before it, is asked of
 * nobody else for as long again. Not for ever: an agent that answers nothing must not keep others from it.
 */
export async function renewWanted(
  database: Queryable,
  agentId: string,
  limits: { readonly wantSeconds: number; readonly heldSecondsMax: number },
): Promise<void> {
  await database.query(
    `update assessment set want_until = now() + make_interval(secs => $2)
     where waiting_agent = $1 and state = 'waiting' and want_until > now() and want_until < now() + make_interval(secs => $2 * 0.75)
       and started_at > now() - make_interval(secs => $3)`,
    [agentId, limits.wantSeconds, limits.heldSecondsMax],
  );
}

/** Whether anything is asked of the agent, for an assessment or to confirm another one's word. */
export async function isAsked(database: Queryable, agentId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `select 1 from assessment where waiting_agent = $1 and state = 'waiting'
     union all select 1 from reading_check where agent_id = $1 and state = 'asked' limit 1`,
    [agentId],
  );
  return rowCount === 1;
}

/** The agent answers what it was asked; undefined where it was not, or by another attempt. */
export async function findWaiting(
  transaction: Transaction,
  agentId: string,
  imageKey: string,
  attempt: string,
): Promise<{ readonly id: string; readonly imageId: string } | undefined> {
  const { rows } = await transaction.query<{ id: string; imageId: string }>(
    `select a.id, a.image_id as "imageId" from assessment a
     join host h on h.agent_id = a.waiting_agent join host_image hi on hi.host_id = h.id and hi.image_id = a.image_id and hi.image_key = $2
     where a.waiting_agent = $1 and a.state = 'waiting' and a.token::text = $3 for update of a`,
    [agentId, imageKey, attempt],
  );
  return rows[0];
}

/**
 * Back into the queue, with a new token when it begins: the agent has answered, failed or gone. Does not count as a crash. `told`:
 * why it failed, for people.
 */
export async function resumeWaiting(transaction: Transaction, assessmentId: string, told?: string): Promise<void> {
  await transaction.query(
    `update assessment set state = 'queued', token = null, waiting_agent = null, want_until = null, attempts = greatest(attempts - 1, 0),
            agents_told = case when $2::text is null then agents_told else (agents_told || $2)[greatest(1, cardinality(agents_told) - 3):] end
     where id = $1 and state = 'waiting'`,
    [assessmentId, told === undefined ? null : plainText(told)],
  );
  await enqueueAssessment(transaction, assessmentId);
}

/** Waiting ones whose agent did not answer in time. */
export async function resumeOverdue(transaction: Transaction): Promise<number> {
  const { rows } = await transaction.query<{ id: string }>(
    `select id from assessment where state = 'waiting' and (want_until is null or want_until < now()) order by id for update skip locked limit 500`,
  );
  for (const { id } of rows) await resumeWaiting(transaction, id);
  return rows.length;
}

/** Attempts whose worker stopped beating: queued again, or failed after the last try. */
export async function resumeDead(transaction: Transaction, silentSeconds: number): Promise<number> {
  const { rows } = await transaction.query<{ id: string; imageId: string; attempts: number }>(
    `select id, image_id as "imageId", attempts from assessment
     where state = 'running' and heartbeat_at < now() - make_interval(secs => $1) order by id for update skip locked limit 500`,
    [silentSeconds],
  );
  for (const { id, attempts } of rows) {
    if (attempts < attemptsMax) {
      await transaction.query(`update assessment set state = 'queued', token = null where id = $1`, [id]);
      await enqueueAssessment(transaction, id);
    } else {
      await transaction.query(
        `update assessment set state = 'failed', token = null, finished_at = now(), reason = $2 where id = $1`,
        [id, `The worker that read it ended ${attempts} times. The console's log says why.`],
      );
    }
  }
  await refreshSummaries(
    transaction,
    rows.map((row) => row.imageId),
  );
  return rows.length;
}

/** Queued ones that no job stands for: a job that gave up, or a queue that was cleared. */
export async function requeueLost(transaction: Transaction): Promise<void> {
  const { rows } = await transaction.query<{ id: string }>(
    `select a.id from assessment a where a.state = 'queued' and a.queued_at < now() - interval '1 minute'
       and not exists (select 1 from graphile_worker.jobs j where j.key = 'assess:' || a.id and j.attempts < j.max_attempts) limit 500`,
  );
  for (const { id } of rows) await enqueueAssessment(transaction, id);
}
