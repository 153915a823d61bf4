import { digestOf, listedContainer } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import { findContainer } from '../store/containers.ts';
import type { Database, Transaction } from '../store/database.ts';
import { listHostContainers } from '../store/host-containers.ts';
import { recountRisksOf } from '../store/host-risks.ts';
import { type HostListQuery, listHosts } from '../store/hosts.ts';
import { mergeImages } from '../store/image-merge.ts';
import { defaultScope } from '../store/scope.ts';
import { spreadStandings } from '../store/standings.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { endSilentHost } from './end-silent-hosts.ts';
import { listenAllDay, makeReportedHost, passHours } from './reported-hosts.testing.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const view = { scopes: [defaultScope] };

async function imageOf(name: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    'select image_id as id from image_digest where digest = $1 limit 1',
    [digestOf(name)],
  );
  return rows[0]?.id ?? '';
}

const none = Array.from({ length: 18 }, () => 0).join(', ');
/** As a judging leaves these images: null is not assessable. */
async function judge(transaction: Transaction, risks: { readonly [image: string]: number | null }): Promise<void> {
  const ids: string[] = [];
  for (const [name, risk] of Object.entries(risks)) {
    const id = await imageOf(name);
    ids.push(id);
    await transaction.query(
      `insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe,
         moderate, total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown, worst_subject)
       values ($1, $2, $3, '1', ${none}) on conflict (image_id) do update set state = excluded.state, score = excluded.score`,
      [id, risk === null ? 'not-assessable' : 'complete', risk ?? 0],
    );
  }
  await spreadStandings(transaction, ids);
}

const listed = async (query: Partial<HostListQuery> = {}) =>
  (await listHosts(database, view, { limit: 10, ...query })).items.map(({ name, risk }) => `${name} ${risk}`);

it('lists hosts by the worst of their images, whatever becomes of these', async () => {
  const [a, b, c] = [
    await makeReportedHost(database, 'a'),
    await makeReportedHost(database, 'b'),
    await makeReportedHost(database, 'c'),
  ];
  await a.report(['base', 'shop']);
  await b.report(['base']);
  await c.report(['erp']);
  expect(await listed()).toEqual(['a null', 'b null', 'c null']);
  await database.write((transaction) => judge(transaction, { base: 300, shop: 200 }));
  expect(await listed()).toEqual(['a 300', 'b 300', 'c null']);
  await database.write((transaction) => judge(transaction, { shop: 900, erp: 0 }));
  // Of what is not known stands above what is known to be harmless.
  expect(await listed()).toEqual(['a 900', 'b 300', 'c 0']);
  await database.write((transaction) => judge(transaction, { shop: 100, base: 250 }));
  expect(await listed()).toEqual(['a 250', 'b 250', 'c 0']);
  await database.write((transaction) => judge(transaction, { base: null }));
  expect(await listed()).toEqual(['a 100', 'b null', 'c 0']);
  // What a host gets and loses.
  await c.report(['erp', 'shop']);
  await a.report(['base']);
  expect(await listed()).toEqual(['c 100', 'a null', 'b null']);
  expect(await listed({ sort: 'risk' })).toEqual(['a null', 'b null', 'c 100']);
  // What an agent read is forgotten, and with it what was known of the image.
  const shop = await imageOf('shop');
  await database.write(async (transaction) => {
    await transaction.query('delete from image_standing where image_id = $1', [shop]);
    await refreshSummaries(transaction, [shop]);
    await recountRisksOf(transaction, [shop]);
  });
  expect(await listed()).toEqual(['a null', 'b null', 'c 0']);
  // Two that prove to be one.
  const d = await makeReportedHost(database, 'd');
  await d.report(['twin']);
  await database.write((transaction) => judge(transaction, { erp: 700 }));
  expect(await listed()).toEqual(['c 700', 'a null', 'b null', 'd null']);
  const [erp, twin] = [await imageOf('erp'), await imageOf('twin')];
  await database.write((transaction) => mergeImages(transaction, erp, twin, 'a test'));
  expect(await listed()).toEqual(['c 700', 'd 700', 'a null', 'b null']);
});

it('misses neither of two changes of one host that are made at once', async () => {
  const host = await makeReportedHost(database, 'host');
  await host.report(['one', 'two']);
  await database.write((transaction) => judge(transaction, { one: 900, two: 800 }));
  let second: Promise<unknown> = Promise.resolve();
  await database.write(async (transaction) => {
    await judge(transaction, { one: 100 });
    second = database.write((other) => judge(other, { two: 50 }));
    await someoneWaits(database);
  });
  await second;
  expect(await listed()).toEqual(['host 100']);
  // A report that brings an image whose risk is being changed.
  await (await makeReportedHost(database, 'other')).report(['new']);
  let report: Promise<unknown> = Promise.resolve();
  await database.write(async (transaction) => {
    await judge(transaction, { new: 999 });
    report = host.report(['one', 'two', 'new']);
    await someoneWaits(database);
  });
  await report;
  expect(await listed()).toEqual(['host 999', 'other 999']);
});

it('narrows hosts to a name or system, a state, and runtimes that need a hand', async () => {
  const [quiet, podman] = [await makeReportedHost(database, 'quiet'), await makeReportedHost(database, 'podman_01')];
  await quiet.report(['app']);
  await podman.report(
    ['app'],
    {},
    {
      host: { machineId: 'p', name: 'podman_01', os: 'Fedora 41', kernel: '6.11.4', architecture: null },
      runtimes: [
        {
          kind: 'podman',
          namespace: null,
          version: null,
          rootless: false,
          address: 'unix:///run/podman.sock',
          state: 'unavailable',
          reason: null,
          remedy: null,
        },
      ],
    },
  );
  await passHours(database, 1, 'quiet');
  const names = async (query: Partial<HostListQuery>) => {
    const { items, total } = await listHosts(database, view, { limit: 10, ...query });
    expect(total).toEqual({ value: items.length, exact: true });
    return items.map(({ name }) => name);
  };
  expect(await names({ q: 'UIE' })).toEqual(['quiet']);
  expect(await names({ q: 'fedora' })).toEqual(['podman_01']);
  expect(await names({ q: '6.11' })).toEqual(['podman_01']);
  // Not any character.
  expect(await names({ q: 'n_01' })).toEqual(['podman_01']);
  expect(await names({ q: 'n%01' })).toEqual([]);
  expect(await names({ state: 'silent' })).toEqual(['quiet']);
  expect(await names({ state: 'reporting' })).toEqual(['podman_01']);
  expect(await names({ unreadable: true })).toEqual(['podman_01']);
  expect(await names({ unreadable: false })).toEqual(['quiet']);
  expect(await names({ sort: 'seen' })).toEqual(['quiet', 'podman_01']);
  expect(await names({ sort: '-seen' })).toEqual(['podman_01', 'quiet']);
});

it('narrows the containers of a host to what people look for', async () => {
  const host = await makeReportedHost(database, 'cluster');
  const pod = (namespace: string, name: string, owner: string) => ({ namespace, name, uid: name, owner, node: 'n-1' });
  await host.report(
    ['shop/web', 'db'],
    {},
    {
      containers: [
        listedContainer('aaaa1', {
          name: 'Web',
          imageReference: 'shop/web:1',
          state: 'running',
          pod: pod('shop', 'web-x7', 'Deployment/front'),
        }),
        listedContainer('aabb2', { name: 'db', imageReference: 'db:15', state: 'exited', exitCode: 137 }),
        listedContainer('bbbb3', { name: 'job_1', imageReference: 'shop/job:2', state: 'created' }),
      ],
    },
  );
  const id = await host.hostId();
  const names = async (query: Partial<Parameters<typeof listHostContainers>[2]>) => {
    const { items, total } = await listHostContainers(database, view, { host: id, limit: 10, ...query });
    expect(total).toEqual({ value: items.length, exact: true });
    return items.map(({ name }) => name);
  };
  expect(await names({ q: 'web' })).toEqual(['Web']);
  expect(await names({ q: 'SHOP/' })).toEqual(['Web', 'job_1']);
  expect(await names({ q: 'front' })).toEqual(['Web']);
  expect(await names({ q: 'x7' })).toEqual(['Web']);
  expect(await names({ q: 'n-1' })).toEqual(['Web']);
  expect(await names({ q: 'aabb' })).toEqual(['db']);
  // The beginning of an id, and never its middle.
  expect(await names({ q: 'bbb3' })).toEqual([]);
  expect(await names({ q: 'b_1' })).toEqual(['job_1']);
  expect(await names({ q: '%' })).toEqual([]);
  expect(await names({ running: true })).toEqual(['Web']);
  expect(await names({ running: false })).toEqual(['db', 'job_1']);
  expect(await names({ state: 'exited' })).toEqual(['db']);
  expect(await names({ sort: 'state' })).toEqual(['Web', 'job_1', 'db']);
});

it('lists as many containers as a cluster has, in the same order as few', async () => {
  const count = 10_300;
  const { rows } = await database.query<{ host: string }>(
    `with h as (insert into host (scope_id, machine_id, name) values ($1, 'm', 'h') returning id),
     i as (insert into image select from generate_series(1, 40) returning id),
     n as (select id, row_number() over (order by id) as n from i),
     s as (insert into image_summary (scope_id, image_id, rank, risk, state, tags, names, hosts, running)
           select $1, id, 1, case when n % 9 = 0 then null else (n % 12) * 10 end, 'none', '{}', '{}', 1, 1 from n where n % 8 > 0)
     insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state, started_at)
     select $1, h.id, 'docker', c || '', 'app-' || c % 3000, n.id, 'r', case when c % 7 = 0 then 'exited' else 'running' end, now() - c % 500 * interval '1 s'
     from h, generate_series(1, $2::int) c left join n on n.n = c % 43 returning host_id as host`,
    [defaultScope, count],
  );
  const host = rows[0]?.host ?? '';
  const first = {
    '-risk': 'coalesce(s.risk * 2, 1) desc',
    risk: 'coalesce(s.risk * 2, 1)',
    name: '',
    '-started': 'c.started_at desc',
  };
  for (const [sort, order] of Object.entries(first)) {
    const wanted = await database.query<{ id: string }>(
      `select c.runtime_id as id from container c left join image_summary s on s.image_id = c.image_id
       order by ${order === '' ? '' : `${order}, `}c.name collate "C", c.id`,
    );
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listHostContainers(database, view, {
        host,
        limit: 2_000,
        cursor,
        sort: sort as keyof typeof first,
      });
      expect(page.total).toEqual({ value: 10_000, exact: false });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && found.length <= count);
    expect(found.length).toBe(count);
    expect(found).toEqual(wanted.rows.map(({ id }) => id));
  }
  const some = await listHostContainers(database, view, { host, limit: 500, running: false });
  expect(some.total).toEqual({ value: Math.floor(count / 7), exact: true });
  expect(some.items.every(({ state }) => state === 'exited')).toBe(true);
});

it('tells of one container how it is reached and when it was in which state, also after it is gone', async () => {
  const host = await makeReportedHost(database, 'host');
  const ports = [{ ip: '0.0.0.0', host: 8080, container: 80, protocol: 'tcp' }];
  const container = (state: 'running' | 'exited', exitCode: number | null) =>
    listedContainer('c1', { imageKey: `docker/${digestOf('app')}`, imageReference: 'app:1', state, exitCode, ports });
  await host.report(['app'], {}, { containers: [container('running', null)] });
  await passHours(database, 1);
  await host.report(['app'], {}, { containers: [container('exited', 137)] });
  const of = { host: await host.hostId(), runtime: 'docker', id: 'c1' };
  const found = await findContainer(database, view, of);
  expect(found).toMatchObject({
    name: 'c1',
    state: 'exited',
    exitCode: 137,
    ports,
    goneAt: null,
    endedAt: null,
    more: false,
  });
  expect(found?.presence.map(({ state, to, cause }) => [state, to === null, cause])).toEqual([
    ['exited', true, null],
    ['running', false, null],
  ]);
  expect(found?.presence[1]?.to).toEqual(found?.presence[0]?.from);
  await host.report(['app'], {}, { containers: [] });
  const gone = await findContainer(database, view, of);
  expect([gone?.goneAt instanceof Date, gone?.endedAt, gone?.presence.map(({ state }) => state)]).toEqual([
    true,
    null,
    ['exited', 'running'],
  ]);
  // Of another host, runtime or scope there is none.
  expect(await findContainer(database, view, { ...of, runtime: 'podman' })).toBeUndefined();
  expect(await findContainer(database, { scopes: ['00000000-0000-4000-8000-0000000000ff'] }, of)).toBeUndefined();
  // With its host, which was not heard from any more.
  await host.report(['app'], {}, { containers: [container('running', null)] });
  await listenAllDay(database);
  await passHours(database, 7);
  expect(await endSilentHost(database, 1_000)).toBe(true);
  const ended = await findContainer(database, view, of);
  expect(ended?.endedAt).toEqual(ended?.goneAt);
  expect(ended?.presence[0]).toMatchObject({ state: 'running', cause: 'host-not-heard-from', to: ended?.goneAt });
});
