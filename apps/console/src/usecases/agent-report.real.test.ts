import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReport } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { listedContainer } from '@hullcheck/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { lockHost, writeContainers } from '../store/host-reports.ts';
import { mergeImages } from '../store/image-merge.ts';
import { defaultScope } from '../store/scope.ts';
import { takeReport } from './agent-report.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(async () => {
  await store?.stop();
});

const sha = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}` as Digest;

async function open(): Promise<Database> {
  return await store.open();
}

async function enroll(database: Database, name: string) {
  const { rows } = await database.query<{ id: string }>(
    `insert into agent (scope_id, name, version) values ($1, $2, '1') returning id`,
    [defaultScope, name],
  );
  return { id: rows[0]?.id ?? '', scopeId: defaultScope };
}

type Image = AgentReport['images'][number];
type Container = AgentReport['containers'][number];

function image(name: string, known: 'config' | 'manifest' | 'index' | 'name' = 'config'): Image {
  return {
    key: `docker/${name}`,
    runtime: 'docker',
    id: name,
    idKind: 'unknown',
    configDigest: known === 'config' ? sha(`config ${name}`) : null,
    manifestDigests: known === 'manifest' ? [sha(`manifest ${name}`)] : [],
    indexDigests: known === 'index' ? [sha(`index ${name}`)] : [],
    repoTags: [`registry.example/${name}:1`],
    repoDigests: [],
    platform: 'linux/amd64',
    size: 1,
    created: '2026-01-01T00:00:00Z',
    labels: {},
  };
}

function container(id: string, of: string, state: Container['state'] = 'running', runtime = 'docker'): Container {
  return listedContainer(id, { runtime, imageKey: `docker/${of}`, imageReference: of, state });
}

function report(host: string, sequence: number, rest: Partial<AgentReport>): AgentReport {
  return {
    agent: { version: '1', mode: 'inventory' },
    host: { machineId: host, name: host, os: null, kernel: null, architecture: null },
    runtimes: [],
    full: rest.full ?? sequence === 1,
    sequence,
    baseSequence: sequence === 1 ? null : sequence - 1,
    sentAt: '2026-01-01T00:00:00Z',
    images: [],
    containers: [],
    gone: { images: [], containers: [] },
    ...rest,
  };
}

it('are taken when all hosts of a new estate report at once, in whatever order they name what they share', async () => {
  const database = await open();
  const names = Array.from({ length: 60 }, (_, at) => `app-${at}`);
  const kinds = ['config', 'manifest', 'index', 'name'] as const;
  const hosts = Array.from({ length: 12 }, (_, at) => `host-${at}`);
  const agents = await Promise.all(hosts.map((name) => enroll(database, name)));
  await Promise.all(
    hosts.map((host, at) => {
      const order = [...names.slice(at * 5), ...names.slice(0, at * 5)];
      if (at % 2 === 1) order.reverse();
      const images = order.map((name) => image(name, kinds[names.indexOf(name) % kinds.length]));
      const containers = order.flatMap((name) => [
        container(`${name}-a`, name),
        container(`${name}-b`, name, 'exited'),
      ]);
      return takeReport(database, agents[at] ?? { id: '', scopeId: '' }, report(host, 1, { images, containers }));
    }),
  );
  const { rows } = await database.query(
    `select (select count(*) from image) as images, (select count(*) from container) as containers,
            (select array_agg(distinct (hosts, running)::text) from image_summary) as summaries,
            (select array_agg(distinct (images, running, containers)::text) from host) as hosts`,
  );
  expect(rows).toEqual([{ images: 60, containers: 12 * 120, summaries: ['(12,12)'], hosts: ['(60,60,120)'] }]);
  // Whoever names nothing new makes nothing: the second round is taken by the first look.
  const before = await database.query('select count(*) as n from image_digest');
  await Promise.all(
    hosts.map((host, at) =>
      takeReport(
        database,
        agents[at] ?? { id: '', scopeId: '' },
        report(host, 2, { images: names.map((name, n) => image(name, kinds[n % kinds.length])) }),
      ),
    ),
  );
  expect((await database.query('select count(*) as n from image')).rows).toEqual([{ n: 60 }]);
  expect((await database.query('select count(*) as n from image_digest')).rows).toEqual(before.rows);
  await database.end();
}, 60_000);

it('keep each state of a container as an interval, whoever names it gone and however', async () => {
  const database = await open();
  const agent = await enroll(database, 'one');
  let sequence = 0;
  const take = (rest: Partial<AgentReport>) => takeReport(database, agent, report('one', ++sequence, rest));
  const states = async () => {
    const { rows } = await database.query<{ text: string }>(
      `select c.runtime || '/' || c.runtime_id || ': ' || string_agg(p.state || case when p.valid_to is null then '' else ' until' end, ', ' order by p.valid_from) as text
       from container c join container_presence p on p.container_id = c.id group by c.runtime, c.runtime_id order by 1`,
    );
    return rows.map(({ text }) => text);
  };
  const counts = async () =>
    (
      await database.query(
        'select h.images, h.running, h.containers, s.running as of_image from host h, image_summary s',
      )
    ).rows[0];

  await take({
    images: [image('a')],
    containers: [
      container('x', 'a'),
      container('y', 'a'),
      container('z', 'a'),
      container('x', 'a', 'running', 'containerd'),
    ],
  });
  expect(await counts()).toEqual({ images: 1, running: 4, containers: 4, of_image: 4 });
  await take({ containers: [container('y', 'a', 'exited')] });
  // The second, by an agent of before: it names the id alone, whatever the runtime.
  await take({ gone: { images: [], containers: ['docker/z'] } });
  await take({ gone: { images: [], containers: ['x'] } });
  expect(await states()).toEqual([
    'containerd/x: running until',
    'docker/x: running until',
    'docker/y: running until, exited',
    'docker/z: running until',
  ]);
  expect(await counts()).toEqual({ images: 1, running: 0, containers: 1, of_image: 0 });
  // Said to be there and gone at once.
  await take({ containers: [container('y', 'a')], gone: { images: [], containers: ['docker/y'] } });
  await take({ containers: [container('z', 'a')] });
  // A full one that does not name it.
  await take({ full: true, images: [image('a')], containers: [container('new', 'a', 'paused')] });
  expect(await states()).toEqual([
    'containerd/x: running until',
    'docker/new: paused',
    'docker/x: running until',
    'docker/y: running until, exited until',
    'docker/z: running until, running until',
  ]);
  expect(await counts()).toEqual({ images: 1, running: 0, containers: 1, of_image: 0 });
  await database.end();
});

it('are gone only from the part of a big cluster that a report tells, and end no state that goes on', async () => {
  const database = await open();
  const agent = await enroll(database, 'big');
  const partOf = (id: string) => createHash('sha256').update(`docker/${id}`).digest().readUInt8(0) % 2;
  const ids = Array.from({ length: 20 }, (_, at) => `c${at}`);
  const told = (at: number, all: readonly string[]) => ({
    part: { at, of: 2 },
    full: at === 0,
    images: at === 0 ? [image('a')] : [],
    containers: all.filter((id) => partOf(id) === at).map((id) => container(id, 'a')),
  });
  const there = async () =>
    (
      await database.query<{ id: string }>(
        'select runtime_id as id from container where gone_at is null order by length(runtime_id), 1',
      )
    ).rows.map(({ id }) => id);
  await takeReport(database, agent, report('big', 1, told(0, ids)));
  await takeReport(database, agent, report('big', 2, told(1, ids)));
  expect(await there()).toEqual(ids);
  // A day later all of it again, without one of each part.
  const [first = '', second = ''] = [0, 1].map((at) => ids.find((id) => partOf(id) === at));
  const left = ids.filter((id) => id !== first && id !== second);
  await takeReport(database, agent, report('big', 3, { ...told(0, left), baseSequence: null }));
  expect(await there()).toEqual(ids.filter((id) => id !== first));
  await takeReport(database, agent, report('big', 4, told(1, left)));
  expect(await there()).toEqual(left);
  const { rows } = await database.query(
    `select c.runtime_id as id from container c join container_state s on s.container_id = c.id order by 1`,
  );
  expect(rows.map(({ id }) => id)).toEqual([first, second].toSorted());
  const counts = await database.query('select h.images, h.running, s.running as of_image from host h, image_summary s');
  expect(counts.rows).toEqual([{ images: 1, running: 18, of_image: 18 }]);
  await database.end();
});

it('follow their image when it proves to be another one, also while a report writes more of them', async () => {
  const database = await open();
  const agent = await enroll(database, 'one');
  await takeReport(
    database,
    agent,
    report('one', 1, { images: [image('a'), image('b')], containers: [container('x', 'a'), container('y', 'b')] }),
  );
  const { rows: ids } = await database.query<{ a: string; b: string }>(
    `select (select image_id from container where runtime_id = 'x') as a, (select image_id from container where runtime_id = 'y') as b`,
  );
  const { a = '', b = '' } = ids[0] ?? {};
  // The report has written its containers and is not done; whoever merges waits for it, as it holds what the host has.
  const entered = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const reporting = database.write(async (transaction) => {
    const host = await lockHost(transaction, agent, report('one', 2, {}).host);
    await writeContainers(transaction, host, [container('z', 'b')], { gone: [] });
    entered.resolve();
    await goOn.promise;
  });
  await entered.promise;
  const merging = database.write((transaction) => mergeImages(transaction, a, b, 'the same'));
  await untilWaiting(database);
  goOn.resolve();
  await Promise.all([reporting, merging]);
  const { rows } = await database.query(
    'select runtime_id as id, image_id as image from container order by runtime_id',
  );
  expect(rows).toEqual(['x', 'y', 'z'].map((id) => ({ id, image: a })));
  await database.end();
});

it('go with their host, and stay without their image', async () => {
  const database = await open();
  const agents = await Promise.all(['one', 'two'].map((name) => enroll(database, name)));
  for (const [at, name] of ['one', 'two'].entries()) {
    await takeReport(
      database,
      agents[at] ?? { id: '', scopeId: '' },
      report(name, 1, { images: [image('a')], containers: [container('x', 'a')] }),
    );
  }
  await database.query(`delete from host where name = 'one'`);
  expect((await database.query('select image_id is null as bare from container')).rows).toEqual([{ bare: false }]);
  await database.query('delete from assessment');
  await database.query('delete from image');
  expect((await database.query('select image_id is null as bare from container')).rows).toEqual([{ bare: true }]);
  await database.end();
});

/** Until some session waits for a lock of another. */
async function untilWaiting(database: Database): Promise<void> {
  for (;;) {
    const { rows } = await database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
    if (rows.length > 0) return;
    await sleep(20);
  }
}
