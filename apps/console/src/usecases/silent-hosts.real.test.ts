import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import { listContainers } from '../store/containers.ts';
import type { Database } from '../store/database.ts';
import { listHostContainers } from '../store/host-containers.ts';
import { listHosts } from '../store/hosts.ts';
import { listImageHosts } from '../store/image-details.ts';
import { countOverview } from '../store/overview.ts';
import { defaultScope } from '../store/scope.ts';
import { endPresence, tellListening } from '../store/silent-hosts.ts';
import { byLayer, findPlaces } from '../store/where.ts';
import { endSilentHost } from './end-silent-hosts.ts';
import { countsOf, listenAllDay, makeReportedHost, passHours, type Runs } from './reported-hosts.testing.ts';

let database: Database;
databaseForEach(async (opened) => {
  database = opened;
  await listenAllDay(database);
});

const view = { scopes: [defaultScope] };
const end = () => endSilentHost(database, 1_000);
const runs: Runs = { web: ['app', 'running'], job: ['app', 'exited'], db: ['shared', 'running'] };

/** What is known of when each container was in which state. */
async function presence(hostId: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ row: string }>(
    `select c.name || ' ' || p.state || case when p.valid_to is null then '' when p.valid_to = h.seen_at then ' until last heard' else ' ended' end
            || coalesce(': ' || p.cause, '') as row
     from container_presence p join container c on c.id = p.container_id join host h on h.id = c.host_id where h.id = $1 order by 1`,
    [hostId],
  );
  return rows.map(({ row }) => row);
}

it('ends what ran on a host that was silent for hours at the time of its last report, and says why', async () => {
  const [lost, other] = [await makeReportedHost(database, 'lost'), await makeReportedHost(database, 'other')];
  await lost.report(['app', 'shared'], runs);
  await passHours(database, 5);
  await other.report(['shared'], { db: ['shared', 'running'] });
  expect(await end()).toBe(false);
  expect((await listHosts(database, view, { limit: 10 })).states).toEqual({ reporting: 1, silent: 1, inactive: 0 });
  expect(await countsOf(database)).toMatchObject([{ said: '1 hosts, 1 run' }, { said: '2 hosts, 2 run' }]);
  await passHours(database, 2, 'lost');
  expect([await end(), await end()]).toEqual([true, false]);

  const id = await lost.hostId();
  expect(await presence(id)).toEqual([
    'db running until last heard: host-not-heard-from',
    'job exited until last heard: host-not-heard-from',
    'web running until last heard: host-not-heard-from',
  ]);
  expect(await countsOf(database)).toEqual([
    { image: 'app', said: '0 hosts, 0 run', counted: '0 hosts, 0 run' },
    { image: 'shared', said: '1 hosts, 1 run', counted: '1 hosts, 1 run' },
  ]);
  expect(await countOverview(database, view)).toMatchObject({ total: 2, hosts: 1, running: 1, containers: 1 });
  const hosts = await listHosts(database, view, { limit: 10 });
  expect(hosts.states).toEqual({ reporting: 1, silent: 0, inactive: 1 });
  expect(hosts.items).toMatchObject([
    { name: 'lost', state: 'inactive', running: 0, containers: 0, images: 2 },
    { name: 'other', state: 'reporting', running: 1 },
  ]);
  for (const [inactive, names] of [
    [true, ['lost']],
    [false, ['other']],
  ] as const) {
    const page = await listHosts(database, view, { limit: 10, inactive });
    expect([page.items.map(({ name }) => name), page.total]).toEqual([names, { value: 1, exact: true }]);
  }
  // What it had can still be looked up, as what it was.
  expect((await listHostContainers(database, view, { limit: 10, host: id })).items).toEqual([]);
  const [seen] = (await database.query<{ at: Date }>('select seen_at as at from host where id = $1', [id])).rows;
  const had = await listHostContainers(database, view, { limit: 10, host: id, ended: true });
  expect(had.items.map(({ name, state, endedAt }) => [name, state, endedAt])).toEqual([
    ['db', 'running', seen?.at],
    ['job', 'exited', seen?.at],
    ['web', 'running', seen?.at],
  ]);
  expect((await listContainers(database, view, { limit: 10 })).items.map(({ hostName }) => hostName)).toEqual([
    'other',
  ]);
  const { rows: images } = await database.query<{ id: string }>(
    'select image_id as id from image_digest where digest = $1',
    [digestOf('shared')],
  );
  const image = images[0]?.id ?? '';
  expect(
    (await listImageHosts(database, view, image, { limit: 10 })).items.map((host) => [
      host.name,
      host.state,
      host.containers.length,
    ]),
  ).toEqual([
    ['other', 'reporting', 1],
    ['lost', 'inactive', 0],
  ]);
  await database.query(
    `with l as (insert into layer (diff_id) values ('sha256:a') returning id)
     insert into image_layer (image_id, position, layer_id, empty) select $1, 0, id, false from l`,
    [image],
  );
  const places = await findPlaces(database, view, byLayer('sha256:a'), 10);
  expect(places).toMatchObject({
    hosts: [
      { name: 'other', state: 'reporting' },
      { name: 'lost', state: 'inactive' },
    ],
    containers: [{ name: 'db' }],
    totals: { images: 1, running: 1 },
  });
});

it('ends none because the console could not be reached', async () => {
  const host = await makeReportedHost(database, 'lost');
  await host.report(['app']);
  await passHours(database, 100);
  const listened = (since: string, until: string) =>
    database.query(`update listening set since = now() - interval '${since}', until = now() - interval '${until}'`);
  await database.query('delete from listening');
  expect(await end()).toBe(false);
  await tellListening(database);
  expect(await end()).toBe(false);
  // It goes on where it was not away for long.
  await listened('44 minutes', '4 minutes');
  await tellListening(database);
  expect(await end()).toBe(false);
  // The process that hears agents is away now, or was just before.
  await listened('3 hours', '6 minutes');
  expect(await end()).toBe(false);
  await tellListening(database);
  expect(await end()).toBe(false);
  await listened('46 minutes', '4 minutes');
  await tellListening(database);
  expect(await end()).toBe(true);
});

it('asks a host that has ended for all that it has, and then has all of it again, once', async () => {
  const host = await makeReportedHost(database, 'laptop');
  await host.report(['app', 'shared'], runs, { sequence: 41 });
  const before = { counts: await countsOf(database), presence: await presence(await host.hostId()) };
  await passHours(database, 7);
  expect(await end()).toBe(true);

  // What waited on its disk, and what a machine that was set back to an earlier state says.
  for (const sequence of [42, 3]) {
    const change = { full: false, sequence, baseSequence: sequence - 1 };
    expect(await host.report([], { late: ['app', 'running'] }, change)).toMatchObject({ sequence: 41, resync: true });
  }
  expect(await countsOf(database)).toMatchObject([{ said: '0 hosts, 0 run' }, { said: '0 hosts, 0 run' }]);
  expect((await listHosts(database, view, { limit: 10 })).items).toMatchObject([{ state: 'inactive' }]);

  const copies = [1, 2, 3].map(() => host.report(['app', 'shared'], runs, { sequence: 7 }));
  for (const answer of await Promise.all(copies)) expect(answer).toMatchObject({ sequence: 7, resync: false });
  expect(await countsOf(database)).toEqual(before.counts);
  const now = await presence(await host.hostId());
  expect(now.filter((row) => !row.includes('host-not-heard-from'))).toEqual(before.presence);
  expect(now.length).toBe(2 * before.presence.length);
  expect(await listHosts(database, view, { limit: 10 })).toMatchObject({
    items: [{ state: 'reporting', running: 2, containers: 3, images: 2 }],
  });
  const { rowCount } = await database.query('select 1 from container');
  expect(rowCount).toBe(3);
  expect(await end()).toBe(false);
  const change = { full: false, sequence: 8, baseSequence: 7 };
  expect(await host.report([], { late: ['app', 'running'] }, change)).toMatchObject({ sequence: 8, resync: false });
});

it.each(['cluster', 'collector', 'inventory'] as const)('does the same with an agent of mode %s', async (mode) => {
  const host = await makeReportedHost(database, 'elsewhere', mode);
  const had: Runs = mode === 'collector' ? {} : { pod: ['app', 'running'] };
  await host.report(['app'], had);
  const before = await countsOf(database);
  await passHours(database, 7);
  expect(await end()).toBe(true);
  expect(await countsOf(database)).toEqual([{ image: 'app', said: '0 hosts, 0 run', counted: '0 hosts, 0 run' }]);
  await host.report(['app'], had);
  expect(await countsOf(database)).toEqual(before);
});

it('passes over a host whose report is being taken, and takes one that comes while it ends', async () => {
  const host = await makeReportedHost(database, 'web');
  await host.report(['app'], { web: ['app', 'running'] });
  const before = await countsOf(database);
  await passHours(database, 7);
  const id = await host.hostId();
  await database.write(async (transaction) => {
    await transaction.query('select 1 from host where id = $1 for update', [id]);
    const startedMs = performance.now();
    expect(await end()).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await endPresence(transaction, id);
    await transaction.query('update image_summary set hosts = 0, running = 0');
    reported = host.report(['app'], { web: ['app', 'running'] });
    await someoneWaits(database);
  });
  await reported;
  expect(await countsOf(database)).toEqual(before);
  expect(await presence(id)).toEqual(['web running', expect.stringMatching(/^web running .*: host-not-heard-from$/)]);
});

it('counts right whenever hosts report and end beside each other', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const startedMs = performance.now();
  let [ended, reports, asked] = [0, 0, 0];
  // A machine that is busy takes longer to meet as often.
  const isOver = () => performance.now() - startedMs > (ended > 20 && reports > 60 && asked > 5 ? 3_000 : 90_000);
  const reporter = async (at: number) => {
    const host = await makeReportedHost(database, `host-${at}`);
    let known = 0;
    let base: number | null = null;
    let has: readonly string[] = [];
    const runsOf = (images: readonly string[]): Runs =>
      Object.fromEntries(images.map((image, n) => [`of-${image}`, [image, n % 3 === 0 ? 'exited' : 'running']]));
    for (let turn = at; !isOver(); turn += 1) {
      const images = names.filter((_, n) => (n + turn) % 3 !== 0);
      known += 1;
      const gone = has.filter((image) => !images.includes(image));
      const change = {
        full: base === null,
        sequence: known,
        baseSequence: base,
        gone:
          base === null
            ? { images: [], containers: [] }
            : {
                images: gone.map((image) => `docker/${digestOf(image)}`),
                containers: gone.map((image) => `docker/of-${image}`),
              },
      };
      const { resync } = await host.report(images, runsOf(images), change);
      base = resync ? null : known;
      if (resync) asked += 1;
      else has = images;
      reports += 1;
      if (!resync) {
        const { rows } = await database.query<{ name: string }>(
          `select c.name from container c join host h on h.id = c.host_id where h.name = $1 and c.gone_at is null order by 1`,
          [`host-${at}`],
        );
        // It ended in between, or has what it said.
        expect([[], images.map((image) => `of-${image}`)]).toContainEqual(rows.map(({ name }) => name));
      }
      await sleep(turn % 7);
    }
    return () => host.report(names, runsOf(names), { sequence: known + 1 });
  };
  const ender = async () => {
    while (!isOver()) {
      const { rows } = await database.query<{ id: string }>(
        'select id from host where inactive_at is null order by random() limit 1',
      );
      await database.query(`update host set seen_at = now() - interval '7 hours' where id = $1`, [rows[0]?.id]);
      if (await end()) ended += 1;
      await sleep(2);
    }
  };
  const [enders, last] = [[ender(), ender()], await Promise.all([0, 1, 2].map(reporter))];
  await Promise.all(enders);
  for (const report of last) await report();
  expect([ended > 20, reports > 60, asked > 5]).toEqual([true, true, true]);
  for (const { said, counted } of await countsOf(database)) expect(said).toBe(counted);
  const { rows } = await database.query<{ wrong: number }>(
    `select count(*)::int as wrong from container_presence p join container_presence q on q.container_id = p.container_id
     where q.valid_from > p.valid_from and q.valid_from < coalesce(p.valid_to, 'infinity')`,
  );
  expect(rows).toEqual([{ wrong: 0 }]);
  const { rows: hosts } = await database.query(
    'select images, running, containers, inactive_at from host group by 1, 2, 3, 4',
  );
  expect(hosts).toEqual([{ images: 5, running: 3, containers: 5, inactive_at: null }]);
}, 150_000);
