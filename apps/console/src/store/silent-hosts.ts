import type { Queryable, Transaction } from './database.ts';
import { isOver, noteListening } from './host-silence.ts';

/** Agents can report now: said again and again, by every process that takes reports. */
export async function tellListening(database: Queryable): Promise<void> {
  await database.query(noteListening);
}

/**
 * Of the hosts that were silent for too long and have not ended, the one of which nothing was heard for the longest time, locked with what
 * its images are: one whose report is being taken at this moment is passed over, as these are, and two images that prove to be one meanwhile take its
 * containers along before or after.
 */
export async function lockSilentHost(
  transaction: Transaction,
  passed: readonly string[],
): Promise<{ readonly id: string; readonly scopeId: string; readonly isCluster: boolean } | undefined> {
  const { rows } = await transaction.query<{ id: string; scopeId: string; isCluster: boolean }>(
    `select h.id, h.scope_id as "scopeId", h.is_cluster as "isCluster" from host h where h.inactive_at is null and ${isOver('h')} and h.id <> all($1::uuid[])
     order by h.seen_at limit 1 for update of h skip locked`,
    [passed],
  );
  const [host] = rows;
  if (host !== undefined)
    await transaction.query('select 1 from host_image where host_id = $1 order by image_key for share', [host.id]);
  return host;
}

/**
 * Ends what was there, at the time of the host's last report. Which images it has stays known: it may come back with them, and until it
 * is forgotten people look up what it had.
 */
export async function endPresence(transaction: Transaction, hostId: string): Promise<void> {
  await transaction.query(
    `with held as materialized (
       select c.id, c.state, c.since, greatest(c.since, (select h.seen_at from host h where h.id = $1)) as until
       from container c where c.host_id = (select $1::uuid) and c.gone_at is null
     ), ended as (
       insert into container_state (container_id, state, valid_from, valid_to, cause)
       select id, state, since, until, 'host-not-heard-from' from held on conflict do nothing
     )
     update container c set gone_at = held.until from held where c.id = held.id`,
    [hostId],
  );
  await transaction.query(
    'update host set inactive_at = now(), running = 0, containers = 0, on_nodes = 0 where id = $1',
    [hostId],
  );
}

/** SQL: of a container `c`, that it was there when its host was last heard from, which has ended since. */
export const endedWithHost = `exists (select from container_state s where s.container_id = c.id and s.valid_to = c.gone_at and s.cause is not null)`;
