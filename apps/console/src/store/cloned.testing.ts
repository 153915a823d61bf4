// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file, and the rule allows it to them.
import { type ClonedDatabases, cloneDatabases, postgresEngines, type TestPostgres } from '@hullcheck/testkit';
import pino from 'pino';
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
