import { isOfRevoked, isRevoked, reads } from './agents.ts';
import type { Queryable, Transaction } from './database.ts';
import { isSilent } from './host-silence.ts';
import { layerListOf } from './reading-alarms.ts';

export interface CheckLimits {
  /** Images that second holders are asked for at the same time, all agents together. */
  readonly askedMax: number;
  /** Holders that are asked for one image, one after another. */
  readonly triedMax: number;
  readonly wantSeconds: number;
  /** How long an image whose only holder read it waits until another one is looked for. */
  readonly lookAgainSeconds: number;
}

/**
 * Where the image stands on one reader's word alone, or on two that differ while no third has read it: the list of its layers
 * (one that is left out hides what is in it), and each layer that the console did not read. Readers of other versions say
 * nothing of each other.
 */
function unconfirmed(imageId: string): string {
  return `select 1 from agent_reading g where g.image_id = ${imageId} and not ${isOfRevoked('g.agent_id')} having not ${agree('g.agent_id', LAYER_LIST)}
    union all
    select 1 from image_layer l where l.image_id = ${imageId} and l.read_by <> 'console'
      and not exists (select 1 from layer_report r where r.layer_id = l.layer_id and not ${isOfRevoked('r.trust_domain')} group by r.readers_sha256
                      having ${agree('r.trust_domain', 'r.content_sha256')})`;
}

const LAYER_LIST = layerListOf('g.reading');

function agree(reader: string, content: string): string {
  return `(count(distinct ${reader}) >= 3 or (count(distinct ${reader}) = 2 and count(distinct ${content}) = 1))`;
}

/** An agent said of the image what nobody else has said: a second holder is to be asked. Nothing where one was. */
export async function wantCheck(transaction: Transaction, imageId: string): Promise<void> {
  await transaction.query(
    `insert into reading_check as c (image_id, state) select $1::uuid, 'wanted' where exists (${unconfirmed('$1::uuid')})
     on conflict (image_id) do update set state = 'wanted', due_at = now(), ended_at = null where c.state in ('confirmed', 'differs')`,
    [imageId],
  );
}

/** Whether two readers say the same of the image's layers, and of each that the console did not read. */
export async function isConfirmed(transaction: Transaction, imageId: string): Promise<boolean> {
  const { rowCount } = await transaction.query(`select 1 where exists (${unconfirmed('$1::uuid')})`, [imageId]);
  return rowCount === 0;
}

/**
 * Asks second holders for what is wanted: behind everything else, one image per agent at a time, each agent once per image.
 * Answers how many were asked.
 */
export async function askSecondHolders(transaction: Transaction, limits: CheckLimits): Promise<number> {
  await transaction.query(
    `update reading_check set state = 'wanted', agent_id = null, token = null, due_at = now() where state = 'asked' and want_until < now()`,
  );
  const { rows: due } = await transaction.query<{ imageId: string; isNeeded: boolean; holder: string | null }>(
    `select c.image_id as "imageId", exists (${unconfirmed('c.image_id')}) and cardinality(c.tried) < $2 as "isNeeded",
            (select a.id from host_image hi join host h on h.id = hi.host_id join agent a on a.id = h.agent_id
             where hi.image_id = c.image_id and not ${isRevoked('a')} and ${reads('a')}
               and not ${isSilent('h')} and not a.id = any(c.tried)
               and not exists (select 1 from agent_reading g where g.image_id = c.image_id and g.agent_id = a.id)
               and not exists (select 1 from reading_check b where b.agent_id = a.id and b.state = 'asked')
             order by a.id limit 1) as holder
     from reading_check c where c.state = 'wanted' and c.due_at <= now() order by c.due_at, c.image_id
     limit greatest(0, $1::int - (select count(*)::int from reading_check where state = 'asked')) for update of c skip locked`,
    [limits.askedMax, limits.triedMax],
  );
  const asked = new Set<string>();
  for (const { imageId, isNeeded, holder } of due) {
    if (!isNeeded || holder === null || asked.has(holder)) {
      // `tried` stays with the row: an image is no reason to ask the same agents for ever.
      await transaction.query(
        `update reading_check set due_at = now() + make_interval(secs => $2) where image_id = $1`,
        [imageId, holder !== null && asked.has(holder) ? 0 : limits.lookAgainSeconds],
      );
      continue;
    }
    asked.add(holder);
    await transaction.query(
      `update reading_check set state = 'asked', agent_id = $2, token = gen_random_uuid(), tried = array_append(tried, $2::uuid),
              want_until = now() + make_interval(secs => $3) where image_id = $1`,
      [imageId, holder, limits.wantSeconds],
    );
  }
  return asked.size;
}

/** Hosts report these images: whoever waits for a second holder of one need wait no longer. */
export async function lookForHolders(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  await transaction.query(
    `update reading_check set due_at = now() where state = 'wanted' and due_at > now() and image_id = any($1::uuid[])`,
    [imageIds],
  );
}

/** What the agent is asked to read only so that another one's word is not the only one. */
export async function listChecks(
  database: Queryable,
  agentId: string,
  limit: number,
): Promise<readonly { readonly imageKey: string; readonly attempt: string }[]> {
  const { rows } = await database.query<{ imageKey: string; attempt: string }>(
    `select distinct on (c.image_id) hi.image_key as "imageKey", c.token::text as attempt
     from reading_check c join host h on h.agent_id = c.agent_id join host_image hi on hi.host_id = h.id and hi.image_id = c.image_id
     where c.agent_id = $1 and c.state = 'asked' and c.want_until > now() order by c.image_id, hi.image_key limit $2`,
    [agentId, limit],
  );
  return rows;
}

/** The image of a check that this agent answers; undefined where it was not asked, or by another token. Locks it. */
export async function findCheck(
  transaction: Transaction,
  agentId: string,
  imageKey: string,
  attempt: string,
): Promise<string | undefined> {
  const { rows } = await transaction.query<{ imageId: string }>(
    `select c.image_id as "imageId" from reading_check c
     where c.agent_id = $1 and c.state = 'asked' and c.token::text = $3
       and exists (select 1 from host h join host_image hi on hi.host_id = h.id where h.agent_id = $1 and hi.image_id = c.image_id and hi.image_key = $2)
     for update`,
    [agentId, imageKey, attempt],
  );
  return rows[0]?.imageId;
}

/** `failed`: the agent could not read it; another holder is asked, if there is one. */
export async function endCheck(
  transaction: Transaction,
  imageId: string,
  outcome: 'confirmed' | 'differs' | 'failed',
): Promise<void> {
  const state = outcome === 'failed' ? 'wanted' : outcome;
  await transaction.query(
    `update reading_check set state = $2, agent_id = case when $2 <> 'wanted' then agent_id end, token = null, want_until = null,
            due_at = now(), ended_at = case when $2 <> 'wanted' then now() end where image_id = $1`,
    [imageId, state],
  );
}

/** What a revoked agent confirmed is not confirmed any more, and what it was asked for somebody else is. */
export async function forgetChecksOf(transaction: Transaction, agentId: string): Promise<void> {
  await transaction.query(
    `update reading_check set state = 'wanted', agent_id = null, token = null, want_until = null, due_at = now(), ended_at = null where agent_id = $1`,
    [agentId],
  );
}
