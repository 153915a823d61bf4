import { isRevoked, reads } from './agents.ts';
import type { Queryable } from './database.ts';
import { isSilent } from './host-silence.ts';

export interface SoonLimits {
  /** Jobs at the head of the queue: what stands behind them is not asked of anybody soon. */
  readonly jobsMax: number;
  /** Until an attempt that failed is made again. One that only waits for a registry's limit is soon when it is due. */
  readonly retrySeconds: number;
}

/**
 * For how long the youngest image has been wanted that this agent is likely to be asked for soon; undefined where there is none. A
 * worker looks for such an image now or next, and of the agents that could be asked for it this one is the first (find-reading.ts asks
 * in the order of their ids): of the thousands of hosts of an image one comes.
 *
 * Who is before it is looked up for one image after the other until there is one, because an image of every host has thousands of rows.
 */
export async function findAskedSoon(
  database: Queryable,
  agentId: string,
  limits: SoonLimits,
): Promise<number | undefined> {
  const { rows } = await database.query<{ seconds: number }>(
    `with head as materialized (
       select j.id from graphile_worker._private_jobs j
       where j.is_available and j.run_at <= now() + make_interval(secs => $3) order by j.priority, j.run_at limit $2
     ), near as materialized (
       select a.image_id, a.agents_tried, a.queued_at
       from assessment a left join graphile_worker._private_jobs j on a.state = 'queued' and j.key = 'assess:' || a.id
       where a.state in ('queued', 'running') and not $1 = any(a.agents_tried)
         and a.image_id in (select hi.image_id from host h join host_image hi on hi.host_id = h.id where h.agent_id = $1)
         and (a.state = 'running' or j.locked_at is not null
              or (j.run_at <= now() or a.attempts > 0) and j.id in (select id from head))
     )
     select extract(epoch from now() - n.queued_at)::float8 as seconds
     from (select * from near order by queued_at desc offset 0) n left join lateral (
       select true as found from host_image hi join host h on h.id = hi.host_id join agent g on g.id = h.agent_id
       where hi.image_id = n.image_id and g.id < $1 and ${reads('g')} and not ${isRevoked('g')} and not ${isSilent('h')}
         and not g.id = any(n.agents_tried) limit 1
     ) before on true
     where before.found is null order by n.queued_at desc limit 1`,
    [agentId, limits.jobsMax, limits.retrySeconds],
  );
  return rows[0]?.seconds;
}
