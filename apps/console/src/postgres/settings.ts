import { Fault } from '@hullcheck/core';

/** Settings without which an answered write may be lost; the store reads them, this judges them. */
export interface DurabilitySettings {
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  readonly version: number;
  readonly readOnly: boolean;
}

/** The lowest server that has everything that the SQL uses. */
const VERSION_MIN = 140_000;

/** Throws `unavailable` with what to change where the server could lose what it acknowledged. */
export function checkDurability(settings: DurabilitySettings): void {
  const refuse = (message: string, hint: string) => {
    throw new Fault('unavailable', message, { hint, place: 'PostgreSQL' });
  };
  if (settings.version < VERSION_MIN) refuse('PostgreSQL is older than 14', 'Upgrade the server.');
  if (settings.fsync !== 'on') refuse('fsync is off: a crash would lose acknowledged data', 'Set fsync = on.');
  if (settings.fullPageWrites !== 'on') refuse('full_page_writes is off', 'Set full_page_writes = on.');
  if (settings.synchronousCommit === 'off') refuse('synchronous_commit is off', 'Set synchronous_commit = on.');
  if (settings.readOnly) refuse('this server is a read-only standby', 'Name the primary server.');
}
