import { digestOf } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { forgettingKey } from '../store/agent-revocation.ts';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { lockHost, writeHost } from '../store/host-reports.ts';
import { dequeue } from '../store/queue.ts';
import { letGo } from '../store/retention.testing.ts';
import type { Aged, RetentionLimits } from '../store/retention.ts';
import { defaultScope } from '../store/scope.ts';
import { endSilentHost } from './end-silent-hosts.ts';
import { countsOf, listenAllDay, makeReportedHost, passHours, type ReportedHost } from './reported-hosts.testing.ts';
import { forgetAgent } from './revoke-agent.ts';

let database: Database;
databaseForEach(async (opened) => {
  database = opened;
  await listenAllDay(database);
});

const DAY = 24;
const letGoOf = async (what: Aged, more?: Partial<RetentionLimits>) => (await letGo(database, [what], 90, more)).steps;
async function endAll(): Promise<void> {
  while (await endSilentHost(database, 1_000));
}
const names = async (table: 'host' | 'agent') =>
  (await database.query<{ name: string }>(`select name from ${table} order by 1`)).rows.map(({ name }) => name);
const holdsKey = async ({ agentId }: ReportedHost) =>
  (await database.query('select 1 from agent_key where agent_id = $1 and revoked_at is null', [agentId])).rowCount ===
  1;
const jobs = async () =>
  (await database.query<{ key: string }>(`select key from graphile_worker.jobs where key like 'forget:%'`)).rows.map(
    ({ key }) => key,
  );
/** What the queue does. */
async function runJob(agentId: string): Promise<void> {
  expect(await forgetAgent(database, agentId, AbortSignal.timeout(60_000))).toBe(true);
  await database.write((transaction) => dequeue(transaction, forgettingKey(agentId)));
}
/** What the agent says of one image and of one layer of it, on which the image then stands. */
async function read(agentId: string, image: string): Promise<void> {
  await database.query(
    `with i as (select image_id as id from image_digest where digest = $2),
     l as (insert into layer (diff_id) values ('sha256:' || $2) returning id),
     r as (insert into layer_report (trust_domain, layer_id, readers_sha256, readers, content_sha256, report) select $1::uuid, id, 'x', '{}', 'x', 'x' from l),
     f as (insert into layer_file (layer_id, trust_domain, path) select id, $1::uuid, 'etc/os-release' from l),
     g as (insert into agent_reading (image_id, agent_id, reading) select id, $1::uuid, '{"layers": []}' from i)
     insert into image_layer (image_id, position, layer_id, empty, read_by) select i.id, 0, l.id, false, $1::text from i, l`,
    [agentId, digestOf(image)],
  );
}

it('forgets a host that was not heard from for long, its key, what only it had and what its agent read', async () => {
  const [lost, other] = [await makeReportedHost(database, 'lost'), await makeReportedHost(database, 'other')];
  await lost.report(['own', 'shared'], { a: ['own', 'running'], b: ['shared', 'exited'] });
  await read(lost.agentId, 'own');
  await passHours(database, 7);
  await other.report(['shared'], { b: ['shared', 'running'] });
  await endAll();
  await passHours(database, 89 * DAY, 'lost');
  expect(await letGoOf('host')).toEqual([0]);
  await passHours(database, 2 * DAY, 'lost');
  const before = await countsOf(database);
  // The key, one image, the other, a container, the other, the host; then there is none.
  expect(await letGoOf('host', { hostImagesMax: 1, rowsMax: 1 })).toEqual([0, 0, 0, 0, 0, 1, 0]);

  expect([await names('host'), await holdsKey(lost), await holdsKey(other)]).toEqual([['other'], false, true]);
  await expect(lost.report(['own'])).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await countsOf(database)).toEqual(before.filter(({ image }) => image === 'shared'));
  const { rows: noted } = await database.query(
    'select d.digest from sourceless_image n join image_digest d on d.image_id = n.image_id',
  );
  expect(noted).toEqual([{ digest: digestOf('own') }]);
  const { rows: left } = await database.query(
    `select (select count(*)::int from container) as containers, (select count(distinct source_id)::int from image_sighting) as sources,
            (select count(distinct source_id)::int from image_name) as namers`,
  );
  expect(left).toEqual([{ containers: 1, sources: 1, namers: 1 }]);
  const { rows: audit } = await database.query('select actor, action, target, detail from audit');
  expect(audit).toEqual([
    {
      actor: 'console',
      action: 'agents.forget',
      target: lost.agentId,
      detail: { name: 'lost', lastSeen: expect.stringMatching(/^20/) },
    },
  ]);

  // The agent stays for as long as there is something of its word.
  expect(await jobs()).toEqual([forgettingKey(lost.agentId)]);
  await database.query(`update agent set seen_at = now() - interval '91 days' where name = 'lost'`);
  expect(await letGoOf('agent')).toEqual([0]);
  await runJob(lost.agentId);
  expect(await letGoOf('agent', { agentsMax: 1 })).toEqual([1, 0]);
  expect(await names('agent')).toEqual(['other']);
  const { rows: columns } = await database.query<{ table: string; column: string }>(
    `select c.table_name as "table", c.column_name as "column" from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and (c.data_type = 'uuid' or c.column_name = 'read_by') order by 1, 2`,
  );
  expect(columns.length).toBeGreaterThan(30);
  for (const { table, column } of columns) {
    const { rowCount } = await database.query(`select 1 from ${table} where ${column}::text = $1`, [lost.agentId]);
    expect({ table, column, rowCount }).toEqual({ table, column, rowCount: 0 });
  }
  expect((await database.query('select 1 from layer_file')).rowCount).toBe(0);
});

it('counts from when the host was taken for ended: a console that was away for long forgets nobody at once', async () => {
  const host = await makeReportedHost(database, 'laptop');
  await host.report(['app']);
  await passHours(database, 300 * DAY);
  await endAll();
  expect([await letGoOf('host'), await names('host')]).toEqual([[0], ['laptop']]);
  await passHours(database, 91 * DAY);
  await database.query('delete from listening');
  expect(await letGoOf('host')).toEqual([0]);
  await listenAllDay(database);
  expect((await letGoOf('host')).includes(1)).toBe(true);
});

it('lets a host be that is heard from, though it was not asked for all yet', async () => {
  const host = await makeReportedHost(database, 'laptop');
  await host.report(['app']);
  await passHours(database, 7);
  await endAll();
  await passHours(database, 91 * DAY);
  expect(await host.report([], {}, { full: false, baseSequence: 1 })).toMatchObject({ resync: true });
  expect([await letGoOf('host'), await holdsKey(host)]).toEqual([[0], true]);
});

it('gives way to a report that is being taken, and then keeps host and key', async () => {
  const host = await makeReportedHost(database, 'laptop');
  await host.report(['app']);
  await passHours(database, 7);
  await endAll();
  await passHours(database, 91 * DAY);
  const reported = { machineId: 'laptop', name: 'laptop', os: null, kernel: null, architecture: null };
  await database.write(async (transaction) => {
    const agent = { id: host.agentId, scopeId: defaultScope };
    const { id } = await lockHost(transaction, agent, reported);
    expect(await letGoOf('host')).toEqual([]);
    await writeHost(transaction, id, host.agentId, {
      agent: { version: '1', mode: 'inventory' },
      host: reported,
      runtimes: [],
      full: true,
      sequence: 2,
      baseSequence: null,
      sentAt: new Date().toISOString(),
      images: [],
      containers: [],
      gone: { images: [], containers: [] },
    });
  });
  expect([await letGoOf('host'), await names('host'), await holdsKey(host)]).toEqual([[0], ['laptop'], true]);
});

it('refuses a report that comes while its key ends', async () => {
  const host = await makeReportedHost(database, 'laptop');
  await host.report(['app']);
  await passHours(database, 7);
  await endAll();
  await passHours(database, 91 * DAY);
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    // As the first step does, before it ends the key.
    await transaction.query('select 1 from agent where id = $1 for update', [host.agentId]);
    reported = host.report(['app']).catch((error: unknown) => error);
    await someoneWaits(database);
    await transaction.query('update agent set revoked_at = now() where id = $1', [host.agentId]);
    await transaction.query('update agent_key set revoked_at = now() where agent_id = $1', [host.agentId]);
  });
  expect(await reported).toMatchObject({ code: 'unauthenticated' });
  expect((await letGoOf('host')).includes(1)).toBe(true);
});

it('forgets agents that never reported, that lost their host to another one, and that somebody revoked long ago', async () => {
  const [never, before, revoked, reading, present] = [
    await makeReportedHost(database, 'never'),
    await makeReportedHost(database, 'before'),
    await makeReportedHost(database, 'revoked'),
    await makeReportedHost(database, 'reading'),
    await makeReportedHost(database, 'present'),
  ];
  await present.report(['app']);
  await read(reading.agentId, 'app');
  const old = `now() - interval '91 days'`;
  await database.query(`update agent set enrolled_at = ${old} where name <> 'before'`);
  await database.query(`update agent set seen_at = ${old} where name in ('before', 'revoked', 'reading')`);
  await database.query(`update agent set revoked_at = now() where name in ('revoked', 'reading')`);
  await database.query(
    `insert into enrollment (secret_sha256, scope_id, created_by, expires_at) values ('old', $1, 'me', ${old}), ('new', $1, 'me', now())`,
    [defaultScope],
  );
  await database.query('delete from listening');
  // Those that somebody revoked, whoever could report; what is left of one of them has no job any more.
  expect(await letGoOf('agent')).toEqual([1]);
  expect([await names('agent'), await jobs()]).toEqual([
    ['before', 'never', 'present', 'reading'],
    [forgettingKey(reading.agentId)],
  ]);
  await listenAllDay(database);
  expect(await letGoOf('agent', { agentsMax: 2 })).toEqual([0, 0]);
  expect([await holdsKey(never), await holdsKey(before), await holdsKey(present)]).toEqual([false, false, true]);
  for (const { agentId } of [never, before, reading]) await runJob(agentId);
  expect((await letGoOf('agent')).reduce((sum, n) => sum + n, 0)).toBe(3);
  expect(await names('agent')).toEqual(['present']);
  const { rows } = await database.query<{ n: number }>('select count(*)::int as n from enrollment');
  expect(rows).toEqual([{ n: 2 }]);
  expect(await holdsKey(revoked)).toBe(false);
});

it('keeps the agent of a cluster while agents of its nodes have keys: they are revoked with it', async () => {
  const [cluster, node] = [await makeReportedHost(database, 'cluster'), await makeReportedHost(database, 'node')];
  await node.report(['app']);
  await database.query(`update agent set cluster_agent_id = $1, node = 'n' where id = $2`, [
    cluster.agentId,
    node.agentId,
  ]);
  await database.query(`update agent set enrolled_at = now() - interval '91 days', revoked_at = now() where id = $1`, [
    cluster.agentId,
  ]);
  expect(await letGoOf('agent')).toEqual([0]);
  expect(await names('agent')).toEqual(['cluster', 'node']);
  await database.query('update agent_key set revoked_at = now() where agent_id = $1', [node.agentId]);
  expect(await letGoOf('agent')).toEqual([1]);
  expect(await names('agent')).toEqual(['node']);
});
