import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cloneDatabases,
  consoleClient,
  databaseUrl,
  serverPrograms,
  startServer,
  type TestPostgres,
} from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { defaultScope } from '../store/scope.ts';
import { workLimits } from './limits.ts';

const lines: string[] = [];
const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
const folder = mkdtempSync(join(tmpdir(), 'hc-janitor-'));
let server: TestPostgres;

const canStart = serverPrograms !== undefined;
beforeAll(async () => {
  if (canStart) server = await startServer();
}, 120_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A console with jobs on a new database, in which this was written before. */
async function startConsole(before: readonly string[], more: { readonly retentionDays?: number } = {}) {
  const settings = await (await cloneDatabases(server, async () => undefined)).clone();
  const database = openDatabase(settings, log);
  await migrate(database);
  for (const sql of before) await database.query(sql);
  const token = 'janitor-bootstrap-token-0123456789';
  const running = await runConsole({
    dataDir: folder,
    listen: '127.0.0.1:0',
    role: 'all',
    offline: true,
    starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
    version: '0',
    log,
    bootstrapToken: token,
    databaseUrl: databaseUrl(settings),
    ...more,
  });
  return {
    database,
    client: consoleClient(running.url, token),
    stop: async () => {
      await running.stop();
      await database.end();
    },
  };
}

it.skipIf(!canStart)(
  'a console that runs jobs removes rows that no image has, each table once in an hour',
  async () => {
    const { database, stop } = await startConsole([
      `insert into subject (key_sha256, body) select sha256(n::text::bytea), '{}' from generate_series(1, 1200) n`,
      `insert into package (sha256, purl, name, version, body) values ('a', 'p', 'n', '1', '{}')`,
      `insert into vulnerability_group (display_id) values ('CVE-1')`,
      `insert into layer (diff_id) values ('sha256:a')`,
    ]);
    const left = async () => {
      const { rows } = await database.query<{ rows: number; due: number }>(
        `select ((select count(*) from subject) + (select count(*) from package) + (select count(*) from vulnerability_group)
               + (select count(*) from layer))::int as rows, (select count(*)::int from cleaning where due_at < now() + interval '50 minutes') as due`,
      );
      return rows[0];
    };
    await expect.poll(left, { timeout: 60_000, interval: 250 }).toEqual({ rows: 0, due: 0 });
    await stop();
  },
  120_000,
);

/** `analyze` evaluates the index's expression, and so fails for as long as the table says so; so does counting what to do first. */
const broken = [
  `create table break (yes boolean); insert into break values (false)`,
  `create function breaks(text) returns text language plpgsql immutable as $$
     begin if (select yes from public.break) then raise 'analyze fails'; end if; return $1; end $$`,
  `create table grown (a text); create index on grown (breaks(a))`,
  `insert into grown select n::text from generate_series(1, 8000) n; update break set yes = true`,
  `create function no_leverage() returns trigger language plpgsql as $$ begin raise 'leverage fails'; end $$`,
  `create trigger no_leverage before insert on leverage_state for each row execute function no_leverage()`,
  `insert into image (id) values ('00000000-0000-4000-8000-00000000cccc')`,
  `insert into assessment (image_id, state, priority, attempts, token, heartbeat_at)
   values ('00000000-0000-4000-8000-00000000cccc', 'running', 0, 3, gen_random_uuid(), now() - interval '1 hour')`,
  `insert into vulnerability_group (display_id) values ('CVE-1')`,
];

it.skipIf(!canStart)(
  'what is stuck goes on and what nothing needs goes, though statistics and leverage fail, which is said once',
  async () => {
    lines.length = 0;
    const { database, stop } = await startConsole(broken);
    const state = async () => (await database.query<{ state: string }>('select state from assessment')).rows[0]?.state;
    await expect.poll(state, { timeout: 60_000, interval: 250 }).toBe('failed');
    const groups = async () => (await database.query('select 1 from vulnerability_group')).rowCount;
    await expect.poll(groups, { timeout: 60_000, interval: 250 }).toBe(0);
    // The second round.
    await sleep(workLimits.janitorEveryMs + 3_000);
    await stop();
    const failures = lines.map((line) => JSON.parse(line)).filter(({ msg }) => String(msg).includes('janitor'));
    // Which of them is first: PostgreSQL tells of changed rows when it gets to it.
    expect(failures.map(({ step, err }) => `${step}: ${err.message}`).sort()).toEqual([
      'leverage: leverage fails',
      'statistics: analyze fails',
    ]);
  },
  120_000,
);

const connections = (rows: readonly string[]) =>
  `insert into connection (name, sync_activity, sync_token, sync_at, every_minutes, scope_id, kind, url, registry, auth_kind, repositories, insecure_http, tags_max)
   select *, '${defaultScope}', 'generic', 'http://127.0.0.1:1', '127.0.0.1:1', 'anonymous', '[]', false, 10 from (values ${rows.join(', ')}) v`;

it.skipIf(!canStart)(
  'a connection is read when its interval is over, and a reading whose worker died for good ends as what it is',
  async () => {
    const { database, client, stop } = await startConsole([
      connections([
        `('due', 'idle', null::uuid, now() - interval '61 minutes', 60)`,
        `('early', 'idle', null, now() - interval '30 minutes', 60)`,
        `('by hand', 'idle', null, now() - interval '1 year', null)`,
        `('dead', 'running', gen_random_uuid(), now() - interval '1 day', 60)`,
      ]),
      `insert into work_item (kind, key, what, state, attempts, started_at) values ('rematch', 'of before', 'Judge', 'running', 3, now() - interval '1 day')`,
    ]);
    const rows = async () =>
      (
        await database.query(
          `select name, sync_activity as activity, sync_at > now() - interval '5 minutes' as lately, sync_error as error, sync_token is null as free
           from connection order by name`,
        )
      ).rows;
    const idle = { activity: 'idle', free: true };
    await expect.poll(rows, { timeout: 60_000, interval: 250 }).toEqual([
      { name: 'by hand', ...idle, lately: false, error: null },
      { name: 'dead', ...idle, lately: true, error: expect.stringContaining('its worker ended') },
      { name: 'due', ...idle, lately: true, error: expect.stringContaining('could not be reached') },
      { name: 'early', ...idle, lately: false, error: null },
    ]);
    const { items } = await client.call('jobs.list', { query: { limit: 100 } });
    expect(items.find(({ what }) => what === 'Judge')).toMatchObject({ state: 'failed' });
    expect(items.filter(({ kind }) => kind === 'sync-connection').map(({ what }) => what)).toEqual([
      'Read the repositories of due',
    ]);
    await stop();
  },
  120_000,
);

const [lately, longAgo] = ['00000000-0000-4000-8000-00000000aaaa', '00000000-0000-4000-8000-00000000bbbb'];
const gone = [
  `insert into host (scope_id, machine_id, name) values ('${defaultScope}', 'm', 'h')`,
  `insert into container (scope_id, host_id, runtime, runtime_id, name, image_reference, state, gone_at)
   select '${defaultScope}', id, 'docker', n::text, 'c', 'x', 'running', now() - make_interval(days => n) from host, generate_series(80, 99) n`,
  `insert into image (id) values ('${lately}'), ('${longAgo}')`,
  `insert into sourceless_image (image_id, since, scopes) values
     ('${lately}', now() - interval '80 days', array['${defaultScope}'::uuid]), ('${longAgo}', now() - interval '91 days', array['${defaultScope}'::uuid])`,
];
const removals = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => String(msg).includes('older than'));

it.skipIf(!canStart)(
  'what is gone for 90 days goes, is said once, and the link of an image says until when it is kept',
  async () => {
    lines.length = 0;
    const { database, client, stop } = await startConsole(gone);
    await expect.poll(removals, { timeout: 60_000, interval: 250 }).toHaveLength(1);
    expect(removals()[0]).toMatchObject({ level: 30, retentionDays: 90, removed: { container: 10, image: 1 } });
    const { rows } = await database.query(
      'select (select count(*)::int from container) as containers, array(select id from image) as images',
    );
    expect(rows).toEqual([{ containers: 10, images: [lately] }]);
    const day = (days: number) => new Date(Date.now() + days * 24 * 3_600_000).toISOString().slice(0, 10);
    await expect(client.call('images.get', { params: { id: lately } })).rejects.toMatchObject({
      code: 'not-found',
      message: `no host, registry or upload has this image any more, since ${day(-80)}`,
      hint: `When one has it again, it is shown with its history; on ${day(10)} it is removed.`,
    });
    await expect(client.call('images.get', { params: { id: longAgo } })).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no image with this id',
    });
    await stop();
  },
  120_000,
);

/** One that reported eight hours ago, and one that ended 91 days ago, while agents could report all the time. */
const silent = [
  `insert into host (scope_id, machine_id, name, seen_at, running, containers) values ('${defaultScope}', 'm', 'silent', now() - interval '8 hours', 1, 1)`,
  `insert into container (scope_id, host_id, runtime, runtime_id, name, image_reference, state, since)
   select '${defaultScope}', id, 'docker', '1', 'c', 'x', 'running', now() - interval '9 hours' from host`,
  `insert into host (scope_id, machine_id, name, seen_at, inactive_at)
   values ('${defaultScope}', 'n', 'expired', now() - interval '92 days', now() - interval '91 days')`,
  `insert into listening (since) values (now() - interval '1 day')`,
];

it.skipIf(!canStart)(
  'what ran on a host that is silent for hours ends, and a host that ended 90 days ago is forgotten',
  async () => {
    lines.length = 0;
    const { database, client, stop } = await startConsole(silent);
    await expect.poll(removals, { timeout: 60_000, interval: 250 }).toHaveLength(1);
    expect(removals()[0]).toMatchObject({ removed: { host: 1 } });
    const { items, states } = await client.call('hosts.list', { query: { limit: 10 } });
    expect(items).toMatchObject([{ name: 'silent', state: 'inactive', stale: true, containers: { running: 0 } }]);
    expect(states).toEqual({ reporting: 0, silent: 0, inactive: 1 });
    const had = await client.call('hosts.containers', { params: { id: items[0]?.id ?? '' }, query: { limit: 10 } });
    expect(had.items).toMatchObject([
      { name: 'c', state: 'running', ended: { at: items[0]?.lastSeen, cause: 'host-not-heard-from' } },
    ]);
    const { rows } = await database.query(`select since < now() - interval '23 hours' as long from listening`);
    expect(rows).toEqual([{ long: true }]);
    await stop();
  },
  120_000,
);

it.skipIf(!canStart)(
  'a console that was away takes no host for silent',
  async () => {
    const { database, stop } = await startConsole([
      ...silent.slice(0, -1),
      `insert into listening (since, until) values (now() - interval '9 days', now() - interval '8 days')`,
    ]);
    const due = async () =>
      (await database.query(`select 1 from cleaning where what in ('host', 'agent') and due_at < now()`)).rowCount;
    // Every step had its turn.
    await expect.poll(due, { timeout: 60_000, interval: 250 }).toBe(0);
    const { rows } = await database.query('select name, inactive_at is null as present from host order by name');
    expect(rows).toEqual([
      { name: 'expired', present: false },
      { name: 'silent', present: true },
    ]);
    await stop();
  },
  120_000,
);

it.skipIf(!canStart)(
  'with 0 days everything is kept',
  async () => {
    lines.length = 0;
    const { database, client, stop } = await startConsole(gone, { retentionDays: 0 });
    const orphansDue = async () =>
      (await database.query(`select 1 from cleaning where what = 'coverage_profile' and due_at < now()`)).rowCount;
    // Everything else has had its turn.
    await expect.poll(orphansDue, { timeout: 60_000, interval: 250 }).toBe(0);
    await expect(client.call('images.get', { params: { id: longAgo } })).rejects.toMatchObject({
      hint: 'It is kept: when one has it again, it is shown with its history.',
    });
    const { rows } = await database.query('select count(*)::int as containers from container');
    expect(rows).toEqual([{ containers: 20 }]);
    await stop();
    expect(removals()).toEqual([]);
  },
  120_000,
);

it.each([-1, 1.5, 36_501, Number.NaN])('a retention of %d days is refused', async (retentionDays) => {
  await expect(
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      starterPath: '/nowhere',
      version: '0',
      log,
      retentionDays,
    }),
  ).rejects.toMatchObject({ code: 'invalid-input', hint: expect.stringContaining('HULLCHECK_RETENTION_DAYS') });
});
