import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { type ConsoleClient, consoleClient, findFreePort, playAgent } from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpLimits } from '../http/limits.ts';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';

const token = 'agents-at-once-bootstrap-token-0123456789';
const REFUSED = 8;

let folder: string;
let running: RunningConsole;
let client: ConsoleClient;
let database: pg.Client;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/hc-at-once-');
  running = await runConsole({
    dataDir: folder,
    listen: `127.0.0.1:${await findFreePort()}`,
    role: 'all',
    offline: true,
    starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
    version: '0',
    log: pino({ level: 'silent' }),
    bootstrapToken: token,
  });
  client = consoleClient(running.url, token);
  database = new pg.Client({
    host: join(folder, 'postgres', 'run'),
    user: 'hullcheck',
    database: 'hullcheck',
    password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
  });
  await database.connect();
}, 60_000);
afterAll(async () => {
  await database?.end();
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('takes the reports of so many, tells others when to come again, and serves pages meanwhile', async () => {
  const { insideMax, againMs } = httpLimits.agents;
  const names = Array.from({ length: insideMax + REFUSED }, (_, at) => `h${at}`);
  const agents = [];
  for (const name of names) agents.push(await playAgent(client, name));
  // Nobody can write a host: whoever comes in stays in.
  await database.query('begin');
  await database.query('lock table host in share row exclusive mode');
  const beganMs = Date.now();
  const refused: Fault[] = [];
  const first = agents.map((agent) =>
    agent.report().catch((error: unknown) => {
      if (!(error instanceof Fault) || error.code !== 'rate-limited') throw error;
      refused.push(error);
      return undefined;
    }),
  );
  await expect.poll(() => refused.length, { timeout: 20_000 }).toBe(REFUSED);
  const sessions = await database.query(
    `select 1 from pg_locks where relation = 'host'::regclass and not granted and mode = 'RowExclusiveLock'`,
  );
  expect(sessions.rowCount).toBeGreaterThan(0);
  expect(sessions.rowCount).toBeLessThan(insideMax / 2);
  expect((await client.call('hosts.list', { query: { limit: 1 } })).items).toEqual([]);
  for (const { retryAtMs } of refused) {
    expect(retryAtMs).toBeGreaterThan(beganMs + againMs / 4);
    expect(retryAtMs).toBeLessThan(Date.now() + againMs * 2);
  }
  await database.query('commit');
  const taken = await Promise.all(first);
  expect(taken.filter((answer) => answer !== undefined)).toHaveLength(insideMax);
  // They come again, as an agent does, with the number that was not taken.
  for (const [at, answer] of taken.entries()) {
    if (answer === undefined) expect(await agents[at]?.report({ sequence: 1 })).toMatchObject({ sequence: 1 });
  }
  const { rows } = await database.query<{ name: string }>('select name from host');
  expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
}, 60_000);
