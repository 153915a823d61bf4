import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@hullcheck/core';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Account, isReachable, postgresAccount } from './account.ts';
import { prepareBinaries } from './binaries.ts';
import { childEnvironment, isFolder, loadPassword, prepareCluster, superuser } from './cluster.ts';
import { clearLeftover, ownerLock } from './leftover.ts';
import { sizePostgres, usableMemory } from './sizing.ts';

export interface EmbeddedOptions {
  /** The console's data folder; the cluster lies in `postgres/` in it where the account can reach that. */
  readonly dataDir: string;
  readonly pgBin?: string;
  readonly log: Logger;
}

export interface EmbeddedPostgres {
  /** How to connect: a socket in a private folder; PostgreSQL listens on no address. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  /** Process id of the server that runs now, for tests that kill it. */
  processId(): number | undefined;
  stop(): Promise<void>;
}

/** `sun_path` holds 108 bytes with its final zero; Linux and macOS (104) both take this. */
const SOCKET_PATH_BYTES_MAX = 103;
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
const RESTART_DELAY_MS_MAX = 5_000;
const database = 'hullcheck';

/** Starts PostgreSQL on the data folder, and again whenever it dies, until it is stopped. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = postgresAccount();
  const home = await prepareHome(options.dataDir, account, options.log);
  const password = await loadPassword(join(resolve(options.dataDir), 'postgres-password'));
  const binaries = await prepareBinaries(options.pgBin, join(home, 'programs'), account);
  const cluster = join(home, 'cluster');
  await prepareCluster(binaries, cluster, password, account);
  await clearLeftover(cluster, password);
  const sockets = await prepareSocketFolder(home, account);
  const disk = await statfs(home);
  const size = sizePostgres({ memory: usableMemory(), diskFree: disk.bavail * disk.bsize });
  const server = new Supervisor(binaries.postgres, cluster, { sockets, size, account, log: options.log });
  const reach = { host: sockets, port: 5432, user: superuser, password };
  server.start();
  let owner: pg.Client | undefined;
  try {
    await waitUntilReady(reach, server);
    owner = await holdOwnerLock(reach);
    await createDatabase(reach);
  } catch (error) {
    await server.stop();
    throw error;
  }
  // The lock goes with its session when the server is restarted, so it is taken again.
  server.onRestart(async () => {
    await waitUntilReady(reach, server);
    await owner?.end().catch(() => undefined);
    owner = await holdOwnerLock(reach);
  });
  return {
    connection: { ...reach, database },
    processId: () => server.processId(),
    stop: async () => {
      await server.stop(() => owner?.end());
      await rm(sockets, { recursive: true, force: true });
    },
  };
}

async function prepareHome(dataDir: string, account: Account | undefined, log: Logger): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  let home = join(resolve(dataDir), 'postgres');
  if (account !== undefined) {
    // The account walks through the data folder but can't list it; every other folder in it stays closed (0700).
    await chmod(dataDir, 0o711);
    if (!(await isReachable(home, account))) {
      const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12);
      home = join('/var/lib/hullcheck', `postgres-${name}`);
      await mkdir('/var/lib/hullcheck', { recursive: true, mode: 0o711 });
      log.info({ home }, 'postgres home moved: the data folder lies where an unprivileged user cannot go');
    }
  }
  await mkdir(home, { recursive: true, mode: 0o711 });
  if (account !== undefined) await chown(home, account.uid, account.gid);
  return home;
}

async function prepareSocketFolder(home: string, account: Account | undefined): Promise<string> {
  let folder = join(home, 'run');
  const fits = (path: string) => Buffer.byteLength(join(path, '.s.PGSQL.5432.lock')) <= SOCKET_PATH_BYTES_MAX;
  if (!fits(folder)) {
    const name = `hullcheck-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`;
    folder = [tmpdir(), '/tmp'].map((parent) => join(parent, name)).find(fits) ?? join('/tmp', name);
  }
  // Made afresh: whoever owned a folder of this name before (a shared /tmp) can't hand us a socket of theirs.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  if (!(await isFolder(folder))) throw new Fault('unavailable', 'no folder for the database socket', { place: folder });
  return folder;
}

interface Reach {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

async function waitUntilReady(reach: Reach, server: Supervisor): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ ...reach, database: 'postgres', connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (cause) {
      if (server.isStopped() || performance.now() > until) {
        throw new Fault('unavailable', `PostgreSQL did not start: ${server.lastWords()}`, { cause });
      }
      await sleep(40);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function holdOwnerLock(reach: Reach): Promise<pg.Client> {
  const client = new pg.Client({
    ...reach,
    database: 'postgres',
    application_name: 'hullcheck owner',
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('select pg_advisory_lock($1)', [ownerLock]);
  return client;
}

async function createDatabase(reach: Reach): Promise<void> {
  const client = new pg.Client({ ...reach, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database} encoding 'UTF8' template template0`);
  } finally {
    await client.end();
  }
}

/** States: stopped → running → (died → running)* → stopping → stopped. Only `stop` ends the circle. */
class Supervisor {
  readonly #program: string;
  readonly #arguments: readonly string[];
  readonly #account: Account | undefined;
  readonly #log: Logger;
  #child: ChildProcess | undefined;
  #stopping = false;
  #stopped = false;
  #deaths = 0;
  #lastWords = 'it said nothing';
  #restarted: () => Promise<void> = async () => undefined;

  constructor(
    program: string,
    cluster: string,
    {
      sockets,
      size,
      account,
      log,
    }: {
      readonly sockets: string;
      readonly size: { readonly [setting: string]: string };
      readonly account: Account | undefined;
      readonly log: Logger;
    },
  ) {
    this.#program = program;
    this.#account = account;
    this.#log = log;
    const settings = {
      listen_addresses: '',
      unix_socket_directories: sockets,
      unix_socket_permissions: '0700',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      max_connections: '60',
      ...size,
      random_page_cost: '1.1',
      jit: 'off',
      // /dev/shm has 64 MB in containers; a parallel sort would run out of it.
      max_parallel_workers_per_gather: '0',
      timezone: 'UTC',
      log_timezone: 'UTC',
      logging_collector: 'off',
    };
    this.#arguments = [
      '-D',
      cluster,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
  }

  start(): void {
    this.#stopped = false;
    const started = performance.now();
    const child = spawn(this.#program, this.#arguments, {
      ...this.#account,
      cwd: '/',
      env: childEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Its own process group: ctrl-C in the terminal must not stop it before the console has drained.
      detached: true,
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#note(text));
    child.on('error', (error) => this.#note(error.message));
    child.on('close', (code, signal) => {
      this.#child = undefined;
      if (this.#stopping) {
        this.#stopped = true;
        return;
      }
      if (performance.now() - started > 60_000) this.#deaths = 0;
      this.#deaths += 1;
      // A server that can't even start says so at once, and its words go to whoever waits for it.
      if (this.#deaths > 5 && performance.now() - started < 1_000) {
        this.#stopped = true;
        this.#log.error({ code, signal, said: this.#lastWords }, 'postgres given up');
        return;
      }
      const delayMs = Math.min(RESTART_DELAY_MS_MAX, 100 * 2 ** this.#deaths);
      this.#log.warn({ code, signal, delayMs }, 'postgres died');
      setTimeout(() => this.#restart(), delayMs);
    });
  }

  #restart(): void {
    if (this.#stopping) return;
    this.start();
    this.#restarted().catch((error: unknown) => this.#log.error({ err: error }, 'postgres restart failed'));
  }

  #note(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      if (/ (?:FATAL|PANIC): /.test(line) && !/starting up|shutting down/.test(line)) this.#lastWords = line;
      this.#log.debug({ line }, 'postgres said');
    }
  }

  onRestart(action: () => Promise<void>): void {
    this.#restarted = action;
  }
  isStopped(): boolean {
    return this.#stopped;
  }
  lastWords(): string {
    return this.#lastWords;
  }
  processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Fast shutdown: sessions end, a checkpoint is written; immediate when that takes too long (recovery follows). */
  async stop(before: () => unknown = () => undefined): Promise<void> {
    this.#stopping = true;
    await before();
    const child = this.#child;
    if (child === undefined) return;
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  }
}
