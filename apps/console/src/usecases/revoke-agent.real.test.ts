import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsoleClient, consoleClient, findFreePort, listedImage, playAgent } from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';
import { workLimits } from '../work/limits.ts';

const token = 'revoke-agent-bootstrap-token-0123456789';
const IMAGES = 1_500;
const ID: unknown = `sha256:${'a'.repeat(64)}`;

let folder: string;
let port: number;
let running: RunningConsole;
let client: ConsoleClient;

async function start(): Promise<void> {
  running = await runConsole({
    dataDir: folder,
    listen: `127.0.0.1:${port}`,
    role: 'all',
    offline: true,
    starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
    version: '0',
    log: pino({ level: 'silent' }),
    bootstrapToken: token,
  });
}

async function connect(): Promise<pg.Client> {
  const database = new pg.Client({
    host: join(folder, 'postgres', 'run'),
    user: 'hullcheck',
    database: 'hullcheck',
    password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
  });
  // Its server stops with the console.
  database.on('error', () => undefined);
  await database.connect();
  return database;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hc-revoke-'));
  port = await findFreePort();
  await start();
  client = consoleClient(running.url, token);
}, 120_000);
afterAll(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What an agent leaves that has read so many images of one layer and ten packages each. */
async function fill(database: pg.Client, agentId: string): Promise<void> {
  await database.query(
    `create temp table made as select gen_random_uuid() as id, n, 'sha256:' || encode(sha256(n::text::bytea), 'hex') as diff from generate_series(1, ${IMAGES}) n`,
  );
  for (const sql of [
    'insert into image (id) select id from made',
    'insert into layer (diff_id) select diff from made',
    `insert into layer_report (trust_domain, layer_id, readers_sha256, readers, content_sha256, report)
     select '${agentId}', l.id, 'x', '{}', 'x', 'x' from made m join layer l on l.diff_id = m.diff`,
    `insert into image_layer (image_id, position, layer_id, empty, read_by)
     select m.id, 0, l.id, false, '${agentId}' from made m join layer l on l.diff_id = m.diff`,
    `insert into agent_reading (image_id, agent_id, reading) select id, '${agentId}', '{"layers": []}' from made`,
    `insert into subject (key_sha256, body) select sha256(n::text::bytea), '{}' from generate_series(1, 10) n`,
    `insert into package (sha256, purl, name, version, body) select sha256(n::text::bytea), 'p' || n, 'p', '1', '{}' from generate_series(1, 10) n`,
    `insert into occurrence_change (image_id, subject_id, package_id, appeared, cause)
     select m.id, (select min(id) from subject), p.id, true, 'read' from made m, package p`,
  ])
    await database.query(sql);
}

async function countLeft(database: pg.Client, agentId: string) {
  const { rows } = await database.query<{ images: number; readings: number; layers: number }>(
    `select (select count(*)::int from image_layer where read_by = $1::text) as images,
            (select count(*)::int from agent_reading where agent_id = $1::uuid) as readings,
            (select count(*)::int from layer_report where trust_domain = $1::uuid) as layers`,
    [agentId],
  );
  return rows[0];
}

it('ends the key at once beside a report that is being taken, and what the agent read after a restart', {
  timeout: 300_000,
}, async () => {
  const agent = await playAgent(client, 'large', {
    images: [listedImage(ID as Parameters<typeof listedImage>[0], 'revoked/large:1')],
  });
  await agent.report();
  const database = await connect();
  await fill(database, agent.id);
  // As a report does until it is written.
  await database.query('begin');
  await database.query('select id from agent where id = $1 for update', [agent.id]);

  const revokedMs = performance.now();
  await client.call('agents.revoke', { params: { id: agent.id } });
  await expect(agent.report()).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(performance.now() - revokedMs).toBeLessThan(5_000);
  const { items } = await client.call('agents.list', { query: { limit: 10 } });
  expect(items.map(({ revokedAt }) => revokedAt)).toEqual([expect.stringMatching(/^20/)]);
  expect(await countLeft(database, agent.id)).toEqual({ images: IMAGES, readings: IMAGES, layers: IMAGES });

  // Not to its end before the console stops: nobody can delete layers until its jobs were told to end.
  const holder = await connect();
  await holder.query('begin');
  await holder.query('lock table layer_report in share mode');
  await database.query('commit');
  const images = async () => (await countLeft(database, agent.id))?.images ?? IMAGES;
  await expect.poll(images, { timeout: 60_000, interval: 20 }).toBeLessThan(IMAGES);
  expect((await countLeft(holder, agent.id))?.layers).toBe(IMAGES);
  const stopped = running.stop();
  await sleep(workLimits.drainMs + 1_000);
  await holder.end();
  await stopped;
  await start();
  const again = await connect();
  await expect
    .poll(() => countLeft(again, agent.id), { timeout: 120_000, interval: 250 })
    .toEqual({ images: 0, readings: 0, layers: 0 });
  const { rows } = await again.query(
    `select (select count(*)::int from occurrence_change) as history, (select count(distinct image_id)::int from assessment) as asked`,
  );
  // The one that it reported as well.
  expect(rows).toEqual([{ history: 0, asked: IMAGES + 1 }]);
  await again.end();
});
