import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOutput } from '@hullcheck/contract';
import { type ConsoleClient, consoleClient } from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { runConsole } from './main.ts';

/** A console of its own on the embedded database, without a network; `stop` takes its folder along. */
export interface TestConsole {
  readonly folder: string;
  /** Of the one that runs now: another one after each `restart`. */
  readonly client: ConsoleClient;
  /** What it logged, all of it. */
  readonly lines: readonly string[];
  /** Past the console, straight in its database. */
  query(statement: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  restart(version: string): Promise<void>;
  /** Its status once it has another vulnerability database than `revision` and nothing is left to do. */
  untilIdle(revision: string | null): Promise<CallOutput<'database.get'>>;
  stop(): Promise<void>;
}

/** `name` tells its folder and its token from those of other tests. `feeds`: a mirror, from which it makes its database; else it has the starter. */
export async function startTestConsole(name: string, feeds?: string): Promise<TestConsole> {
  const folder = mkdtempSync(join(tmpdir(), `hc-${name}-`));
  const token = `${name}-bootstrap-token-0123456789`;
  const lines: string[] = [];
  const start = (version: string) =>
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      ...(feeds === undefined ? {} : { feeds }),
      starterPath:
        feeds === undefined
          ? join(import.meta.dirname, '../../../data/starter/hullcheck-starter.db.zst')
          : join(folder, 'no-starter'),
      version,
      log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }),
      bootstrapToken: token,
    });
  let running = await start('0');
  let client = consoleClient(running.url, token);
  return {
    folder,
    get client() {
      return client;
    },
    lines,
    async query(statement, ...values) {
      const sql = new pg.Client({
        host: join(folder, 'postgres', 'run'),
        user: 'hullcheck',
        database: 'hullcheck',
        password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
      });
      await sql.connect();
      try {
        return (await sql.query<Record<string, unknown>>(statement, [...values])).rows;
      } finally {
        await sql.end();
      }
    },
    async restart(version) {
      await running.stop();
      running = await start(version);
      client = consoleClient(running.url, token);
    },
    async untilIdle(revision) {
      for (let tries = 0; tries < 400; tries += 1) {
        const status = await client.call('database.get', {});
        const jobs = await client.call('jobs.list', {});
        const busy = jobs.items.some((job) => job.state === 'queued' || job.state === 'running');
        if (status.activity === 'idle' && !busy && status.revision !== revision) return status;
        await sleep(100);
      }
      throw new Error('the database did not change');
    },
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
