import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
  folder = mkdtempSync(join(tmpdir(), 'hc-at-once-'));
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
  const { insideMax, againMs, againMaxMs } = httpLimits.reports;
  // Many of one name, as machines of one template are.
  const names = Array.from({ length: insideMax + REFUSED }, (_, at) => `h${at % 8}`);
  const agents = await Promise.all(names.map((name) => playAgent(client, name)));
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
  await expect.poll(() => refused.length, { timeout: 30_000 }).toBe(REFUSED);
  const waiting = async () => {
    const { rowCount } = await database.query(
      `select 1 from pg_locks where relation = 'host'::regclass and not granted and mode = 'RowExclusiveLock'`,
    );
    return rowCount ?? 0;
  };
  // Those that are worked on come to the host some time after others were refused.
  await expect.poll(waiting, { timeout: 30_000 }).toBeGreaterThan(0);
  expect(await waiting()).toBeLessThan(10);
  expect((await client.call('hosts.list', { query: { limit: 1 } })).items).toEqual([]);
  for (const { retryAtMs } of refused) {
    // In whole seconds.
    expect(retryAtMs).toBeGreaterThanOrEqual(beganMs + againMs / 2 - 1_000);
    expect(retryAtMs).toBeLessThanOrEqual(Date.now() + againMaxMs + 1_000);
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
}, 120_000);

it('gives nobody more than his places, and loses none to who leaves in the middle of a body or of many requests', async () => {
  const { perCallerMax } = httpLimits.reports;
  const { token: enrollment } = await client.call('agents.enrollments', {});
  const { key } = await client.call('agent.enroll', { body: { token: enrollment, name: 'raw', version: '1' } });
  const port = Number(new URL(running.url).port);
  const request = (length: number) =>
    `POST /api/agent/v1/report HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  /** What the console says within the time; it goes on listening. */
  const open = async (text: string, waitMs: number) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (data) => {
      said += data.toString();
    });
    socket.on('error', () => undefined);
    socket.write(text);
    await sleep(waitMs);
    return { socket, said: () => said };
  };
  // Each holds a place: the body does not come.
  const openSlow = () => Promise.all(Array.from({ length: perCallerMax }, () => open(request(10), 1_000)));
  const slow = await openSlow();
  expect(slow.map(({ said }) => said())).toEqual(slow.map(() => ''));
  const beyond = await open(`${request(2)}{}`, 0);
  await expect.poll(beyond.said).toMatch(/^HTTP\/1.1 429 [\s\S]*retry-after: \d+\r\n/i);
  for (const { socket } of slow) socket.destroy();
  // Taken: `{}` is no report, so it is refused for what it is.
  const answered = async () => {
    const one = await open(`${request(2)}{}`, 0);
    await expect.poll(one.said).toMatch(/^HTTP\/1.1 \d+ /);
    one.socket.destroy();
    return /^HTTP\/1.1 (\d+) /.exec(one.said())?.[1];
  };
  await expect.poll(answered).toBe('400');
  // Pipelined, while the first can't be answered: the answer of the second has no connection yet when that closes.
  const report = JSON.stringify({
    agent: { version: '1', mode: 'inventory' },
    host: { machineId: 'raw', name: 'raw', os: null, kernel: null, architecture: null },
    runtimes: [],
    full: true,
    sequence: 1,
    baseSequence: null,
    sentAt: new Date().toISOString(),
    images: [],
    containers: [],
    gone: { images: [], containers: [] },
  });
  await database.query('begin');
  await database.query('lock table host in share row exclusive mode');
  const many = await open(`${request(report.length)}${report}`.repeat(perCallerMax), 500);
  expect(many.said()).toBe('');
  many.socket.destroy();
  await sleep(200);
  await database.query('commit');
  await expect.poll(answered, { timeout: 10_000 }).toBe('400');
  // As many as before.
  const again = await openSlow();
  expect(again.map(({ said }) => said())).toEqual(again.map(() => ''));
  for (const { socket } of again) socket.destroy();
}, 60_000);
