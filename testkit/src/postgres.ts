import { execFile, spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A PostgreSQL that a test file started for itself. */
export interface TestPostgres {
  /** Settings of any database of it. */
  settings(database: string): PostgresSettings;
  processId(): number | undefined;
  stop(): Promise<void>;
}

const folders = globSync('/usr/lib/postgresql/*/bin').filter((folder) => existsSync(join(folder, 'initdb')));

/** Programs of the machine's own PostgreSQL server, the newest version; undefined where there is none. */
export const serverPrograms: string | undefined = folders.sort(
  (a, b) => Number(b.split('/')[4]) - Number(a.split('/')[4]),
)[0];

/** A real server as an administrator would run one: TCP on loopback, a password, its own account. */
export async function startServer(): Promise<TestPostgres> {
  if (serverPrograms === undefined) throw new Error('this machine has no PostgreSQL server');
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'hc-pg-'));
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const options = { ...account, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  await run(
    join(serverPrograms, 'initdb'),
    ['-D', data, '-U', 'tester', '-E', 'UTF8', '--locale=C', '--auth=trust', '-N'],
    options,
  );
  // Below the ports that Linux gives to outgoing connections (32,768 and up): one of those would be taken.
  const port = 20_000 + Math.floor(Math.random() * 12_000);
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    'max_parallel_workers_per_gather=0',
  ];
  const child = spawn(
    join(serverPrograms, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  );
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const of = (database: string): PostgresSettings => ({
    host: '127.0.0.1',
    port,
    user: 'tester',
    password: 'unused',
    database,
  });
  await untilReady(of('postgres'));
  return {
    settings: of,
    processId: () => child.pid,
    stop: async () => {
      child.kill('SIGINT');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(settings: PostgresSettings): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const client = new pg.Client(settings);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (tries > 400) throw error;
      await sleep(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

export interface ClonedDatabases {
  /** A database of its own, a copy of the template. */
  clone(): Promise<PostgresSettings>;
}

/** Prepares one database and copies it for each test: tests never see each other's rows, and no schema is made twice. */
export async function cloneDatabases(
  server: Pick<TestPostgres, 'settings'>,
  prepare: (settings: PostgresSettings) => Promise<void>,
): Promise<ClonedDatabases> {
  const administer = async (sql: string) => {
    const client = new pg.Client(server.settings('postgres'));
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const template = `template_${process.pid}_${Math.floor(Math.random() * 1e9)}`;
  await administer(`create database ${template}`);
  await prepare(server.settings(template));
  let count = 0;
  return {
    clone: async () => {
      count += 1;
      const name = `${template}_${count}`;
      await administer(`create database ${name} template ${template}`);
      return server.settings(name);
    },
  };
}

/** One way of running PostgreSQL that a suite is run against. */
export interface PostgresEngine {
  readonly name: string;
  readonly available: boolean;
  start(): Promise<TestPostgres>;
}

interface Embedded {
  readonly connection: PostgresSettings;
  processId(): number | undefined;
  stop(): Promise<void>;
}

/** The console's embedded PostgreSQL and the machine's server: the same suite has to pass on both. */
export function postgresEngines(
  startEmbedded: (dataDir: string) => Promise<Embedded>,
): readonly [embedded: PostgresEngine, server: PostgresEngine] {
  const embedded = async (): Promise<TestPostgres> => {
    const folder = await mkdtemp(join(tmpdir(), 'hc-embedded-'));
    const started = await startEmbedded(folder);
    return {
      settings: (database) => ({ ...started.connection, database }),
      processId: () => started.processId(),
      stop: async () => {
        await started.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  };
  return [
    { name: 'embedded PostgreSQL', available: true, start: embedded },
    { name: 'a PostgreSQL server', available: serverPrograms !== undefined, start: startServer },
  ];
}

/** The settings as the address that people write. */
export function databaseUrl({ host, port, user, password, database }: PostgresSettings): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
