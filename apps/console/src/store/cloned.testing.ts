import { type ClonedDatabases, cloneDatabases, postgresEngines, type TestPostgres } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { startEmbedded } from '../postgres/embedded.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

const log = pino({ level: 'silent' });

/** A PostgreSQL of the test's own; each `open` is a new database with all migrations in it, which the caller ends. */
export interface TestStore {
  open(): Promise<Database>;
  stop(): Promise<void>;
}

export async function startTestStore(): Promise<TestStore> {
  const server = await postgresEngines((dataDir) => startEmbedded({ dataDir, log }))[0]?.start();
  if (server === undefined) throw new Error('no PostgreSQL');
  const databases = await cloneMigrated(server);
  return {
    open: async () => openDatabase(await databases.clone(), log),
    stop: () => server.stop(),
  };
}

/** Databases of this server with all migrations in them. */
export const cloneMigrated = (server: TestPostgres): Promise<ClonedDatabases> =>
  cloneDatabases(server, async (settings) => {
    const template = openDatabase(settings, log);
    await migrate(template);
    await template.end();
  });

/** A database of its own for each test of the file or group. `take` has it first, for what each of them begins with. */
export function databaseForEach(take: (database: Database) => void | Promise<void>): void {
  let store: TestStore | undefined;
  let database: Database | undefined;
  beforeAll(async () => {
    store = await startTestStore();
  }, 120_000);
  afterAll(() => store?.stop());
  beforeEach(async () => {
    database = await store?.open();
    if (database !== undefined) await take(database);
  });
  afterEach(() => database?.end());
}

/** Until somebody else's transaction has come to a lock that it has to wait for. */
export async function someoneWaits(database: Database): Promise<void> {
  await expect
    .poll(async () => (await database.query('select 1 from pg_locks where not granted')).rowCount, { timeout: 30_000 })
    .toBeGreaterThan(0);
}
