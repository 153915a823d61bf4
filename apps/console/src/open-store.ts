import { setTimeout as sleep } from 'node:timers/promises';
import { toFault } from '@hullcheck/core';
import type { ConsoleOptions } from './options.ts';
import { type EmbeddedPostgres, startEmbedded } from './postgres/embedded.ts';
import { checkDurability } from './postgres/settings.ts';
import { type ConnectionSettings, type Database, openDatabase } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { readDurability } from './store/workers.ts';

export interface OpenStore {
  readonly database: Database;
  readonly settings: ConnectionSettings;
  /** Nobody else can use this database: it is this process's own. */
  readonly alone: boolean;
  close(): Promise<void>;
}

/** How long a server that was named is waited for at the start: it may come up at the same time as the console. */
const SERVER_WAIT_MS = 60_000;

/** PostgreSQL, embedded or a server, checked and with the present schema. */
export async function openStore(options: ConsoleOptions): Promise<OpenStore> {
  const { log } = options;
  let embedded: EmbeddedPostgres | undefined;
  if (options.databaseUrl === undefined) {
    embedded = await startEmbedded({
      dataDir: options.dataDir,
      log,
      ...(options.pgBin === undefined ? {} : { pgBin: options.pgBin }),
    });
  }
  const settings: ConnectionSettings = embedded?.connection ?? { connectionString: options.databaseUrl ?? '' };
  const database = openDatabase(settings, log);
  const close = async () => {
    await database.end();
    await embedded?.stop();
  };
  try {
    checkDurability(await waitFor(() => readDurability(database)));
    const applied = await migrate(database);
    if (applied.length > 0) log.info({ applied }, 'database migrated');
  } catch (error) {
    await close();
    throw error;
  }
  return { database, settings, alone: embedded !== undefined, close };
}

async function waitFor<T>(read: () => Promise<T>): Promise<T> {
  const until = performance.now() + SERVER_WAIT_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (toFault(error).code !== 'unavailable' || performance.now() > until) throw error;
      await sleep(500);
    }
  }
}
