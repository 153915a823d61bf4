import type { RegistryReason } from '@hullcheck/registry';
import { countWaiting } from '../store/assessment-requests.ts';
import type { StatusFields } from '../store/connection-syncs.ts';
import type { ConnectionRecord } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import { listUnread, requestUnread } from '../store/unread-images.ts';
import { syncLimits } from './limits.ts';

/** Refusals of a list: what hosts name by digest may be read all the same. */
const LISTS_ONLY: ReadonlySet<string> = new Set<RegistryReason>([
  'NO_ACCESS_TO_CATALOG',
  'LISTING_UNSUPPORTED',
  'LISTING_ENDLESS',
  'PERMISSION_MISSING',
  'SERVICE_DISABLED',
  'FORBIDDEN',
  'NAME_UNKNOWN',
]);

/** Whether images may be readable through a connection that was tested so: not where each of thousands would fail as the test did. */
export const mayRead = ({ status, code }: StatusFields): boolean => status === 'connected' || LISTS_ONLY.has(code);

/** Whether the last reading left something unread that the next good one may read. A limit ends by itself, and so do waits for it. */
export const wasFailing = ({ status, statusPartial, statusAt }: ConnectionRecord): boolean =>
  statusAt !== null && ((status !== 'connected' && status !== 'rate_limited') || statusPartial === 'list_only');

/**
 * Asks for the images at the connection's registry that nobody could read until `triedBeforeMs`: in steps, those that run first, each
 * further one of this connection behind other sources' first ones. Answers how many.
 */
export async function askUnread(
  database: Database,
  connection: ConnectionRecord,
  triedBeforeMs: number,
  signal: AbortSignal,
): Promise<number> {
  const { id, scopeId, registry } = connection;
  const failed = connection.statusAt === null;
  const ids = await listUnread(database, { scopeId, registry, triedBeforeMs, failed });
  let before = ids.length === 0 ? 0 : await database.write((transaction) => countWaiting(transaction, id));
  for (let from = 0; from < ids.length; from += syncLimits.askedAtOnce) {
    signal.throwIfAborted();
    const step = ids.slice(from, from + syncLimits.askedAtOnce);
    await database.write((transaction) => requestUnread(transaction, step, before));
    before += step.length;
  }
  return ids.length;
}
