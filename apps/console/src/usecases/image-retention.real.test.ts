import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReport } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { listedImage } from '@hullcheck/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { cancelAssessment } from '../store/assessment-requests.ts';
import { requestAssessment } from '../store/assessments.ts';
import { startTestStore, type TestStore } from '../store/cloned.testing.ts';
import type { Database, Transaction } from '../store/database.ts';
import { holdImages, holdKnownImages } from '../store/image-hold.ts';
import { mergeImages } from '../store/image-merge.ts';
import { dropSightings, findVisibleImage, recordSighting, resolveImage } from '../store/images.ts';
import { listBasesOf, recordLayers } from '../store/lineage.ts';
import { type RetentionLimits, removeAged } from '../store/retention.ts';
import { defaultScope } from '../store/scope.ts';
import { findSourceless, reviewSources } from '../store/sourceless-images.ts';
import { holdVerdicts } from '../store/subjects.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { retentionLimits } from '../work/limits.ts';
import { takeReport } from './agent-report.ts';

let store: TestStore;
let database: Database;

beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(() => store?.stop());
beforeEach(async () => {
  database = await store.open();
});
afterEach(() => database.end());

const digestOf = (name: string) => `sha256:${createHash('sha256').update(name).digest('hex')}` as Digest;
const view = { scopes: [defaultScope] };

/** A host with an agent of its own, whose every report says all that it has. */
async function makeHost(name: string) {
  const { rows } = await database.query<{ id: string }>(
    `insert into agent (scope_id, name, version) values ($1, $2, '1') returning id`,
    [defaultScope, name],
  );
  const agent = { id: rows[0]?.id ?? '', scopeId: defaultScope };
  let sequence = 0;
  return (...images: readonly string[]) => {
    sequence += 1;
    const report: AgentReport = {
      agent: { version: '1', mode: 'inventory' },
      host: { machineId: name, name, os: null, kernel: null, architecture: null },
      runtimes: [],
      full: true,
      sequence,
      baseSequence: null,
      sentAt: new Date().toISOString(),
      images: images.map((image) => listedImage(digestOf(image), `${image}:1`)),
      containers: [],
      gone: { images: [], containers: [] },
    };
    return takeReport(database, agent, report);
  };
}

const idOf = async (name: string) =>
  (await database.query<{ id: string }>('select image_id as id from image_digest where digest = $1', [digestOf(name)]))
    .rows[0]?.id;
/** Nobody is to read what hosts report here. */
const readNone = async () => {
  const { rows } = await database.query<{ id: string }>('select id from image');
  for (const { id } of rows) await database.write((transaction) => cancelAssessment(transaction, id, 'a test'));
};
const pass = (days: number) =>
  database.query(`update sourceless_image set since = since - make_interval(days => $1)`, [days]);

/** Somebody else's transaction has come to a lock that it has to wait for. */
const someoneWaits = () =>
  expect
    .poll(async () => (await database.query('select 1 from pg_locks where not granted')).rowCount, { timeout: 30_000 })
    .toBeGreaterThan(0);

/** A whole round. Answers how many images went in each step; the last one is missing where it gave way. */
async function letGo(days = 90, more: Partial<RetentionLimits> = {}): Promise<number[]> {
  await database.query(`update cleaning set due_at = now(), after_id = null, removed = 0 where what = 'image'`);
  const steps: number[] = [];
  for (;;) {
    const cleaned = await removeAged(database, 'image', days, { ...retentionLimits, waitMs: 200, ...more });
    if (cleaned === undefined) return steps;
    steps.push(cleaned.removed);
  }
}
async function review(idsMax: number = retentionLimits.idsMax): Promise<void> {
  await database.query(`update cleaning set due_at = now() where what = 'sourceless_image'`);
  while ((await reviewSources(database, { ...retentionLimits, idsMax })) !== undefined);
}
const noted = async () =>
  (
    await database.query<{ name: string | null }>(
      `select d.digest as name from sourceless_image n left join image_digest d on d.image_id = n.image_id order by 1`,
    )
  ).rows.length;

it('lets an image go that no host has any more for long, with all that hangs on it, and no other', async () => {
  const [one, two] = [await makeHost('one'), await makeHost('two')];
  await one('old', 'shared', 'kept');
  await two('shared');
  const old = (await idOf('old')) ?? '';
  await one('kept');
  await readNone();
  expect(await findSourceless(database, [defaultScope], old)).toBeInstanceOf(Date);
  expect(await findSourceless(database, [randomUUID()], old)).toBeUndefined();
  expect(await findSourceless(database, [defaultScope], (await idOf('shared')) ?? '')).toBeUndefined();
  await pass(89);
  expect(await letGo()).toEqual([0]);
  await pass(2);
  expect(await letGo()).toEqual([1]);
  expect([await idOf('old'), typeof (await idOf('shared')), typeof (await idOf('kept'))]).toEqual([
    undefined,
    'string',
    'string',
  ]);
  const { rows } = await database.query<{ table: string }>(
    `select table_name as "table" from information_schema.columns
     where table_schema = 'public' and column_name = 'image_id' and data_type = 'uuid' order by 1`,
  );
  expect(rows.length).toBeGreaterThan(15);
  for (const { table } of rows) {
    const { rowCount } = await database.query(`select 1 from ${table} where image_id = $1`, [old]);
    expect({ table, rowCount }).toEqual({ table, rowCount: 0 });
  }
});

it('counts from the last time that somebody had it', async () => {
  const one = await makeHost('one');
  await one('app');
  await one();
  await readNone();
  await pass(100);
  await one('app');
  await one();
  await readNone();
  expect(await letGo()).toEqual([0]);
  expect(await idOf('app')).toBeDefined();
});

it('notes images that nobody noted, as if they had no source since now, and forgets those that have one again', async () => {
  const one = await makeHost('one');
  await one('back', 'lost');
  await one();
  await one('back');
  await database.query('delete from sourceless_image where image_id = $1', [await idOf('lost')]);
  await database.query('insert into image default values');
  await database.query(`update sourceless_image set since = now() - interval '100 days'`);
  await readNone();
  expect(await letGo()).toEqual([0]);
  await review(1);
  expect(await noted()).toBe(2);
  expect(await letGo()).toEqual([0]);
  await pass(91);
  expect(await letGo()).toEqual([2]);
  const { rowCount } = await database.query('select 1 from image');
  expect(rowCount).toBe(1);
});

it('finds none where two hosts let the last one go at once', async () => {
  const hosts = await Promise.all(['one', 'two'].map(makeHost));
  for (const host of hosts) await host('app');
  const app = (await idOf('app')) ?? '';
  const { rows } = await database.query<{ id: string }>('select id from host order by name');
  const [first = '', second = ''] = rows.map(({ id }) => id);
  const leave = (transaction: Transaction, host: string) => dropSightings(transaction, host, [app]);
  let other: Promise<void> | undefined;
  await database.write(async (transaction) => {
    await leave(transaction, first);
    await refreshSummaries(transaction, [app]);
    other = database.write(async (beside) => {
      await leave(beside, second);
      await refreshSummaries(beside, [app]);
    });
    await someoneWaits();
  });
  await other;
  const { rowCount } = await database.query('select 1 from image_summary');
  expect(rowCount).toBe(0);
  expect(await findSourceless(database, [defaultScope], app)).toBeInstanceOf(Date);
});

it('lists an image that one host begins to have while the other, which had it alone, lets it go', async () => {
  const [one, two] = [await makeHost('one'), await makeHost('two')];
  await one('app');
  await two();
  const app = (await idOf('app')) ?? '';
  const { rows } = await database.query<{ id: string }>(`select id from host where name = 'one'`);
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await dropSightings(transaction, rows[0]?.id ?? '', [app]);
    reported = two('app');
    // It found the image listed, and waits for what is held below.
    await transaction.query('select 1 from image_summary where image_id = $1 for update', [app]);
    await someoneWaits();
    await refreshSummaries(transaction, [app]);
  });
  await reported;
  const { rowCount } = await database.query('select 1 from image_summary where image_id = $1', [app]);
  expect(rowCount).toBe(1);
});

/** An image with these layers, which a source has. */
const see = (layers: string, source: string, tag = layers) =>
  database.write(async (transaction) => {
    const id = await resolveImage(transaction, {
      by: 'console',
      configDigest: digestOf(randomUUID()),
      manifestDigests: [],
      indexDigests: [],
      platform: null,
      builtAt: null,
      size: null,
      fallbackName: null,
    });
    await recordLayers(
      transaction,
      id,
      layers.split('').map((layer) => ({ diffId: digestOf(layer), empty: false })),
    );
    await recordSighting(transaction, id, { kind: 'connection', scopeId: defaultScope, sourceId: source, name: 'x' }, [
      { registry: 'docker.io', repository: 'team/app', tag },
    ]);
    await refreshSummaries(transaction, [id]);
    return id;
  });
const leave = (source: string, ids: readonly string[]) =>
  database.write(async (transaction) => {
    await dropSightings(transaction, source, ids);
    await refreshSummaries(transaction, ids);
  });
it('keeps what is to be read, what somebody uploaded, what runs, what a tag names and what others were built on', async () => {
  const source = randomUUID();
  const ids = [await see('a', source), await see('b', source), await see('c', source), await see('d', source)];
  const [read = '', uploaded = '', runs = '', tagged = ''] = ids;
  const base = await see('e', source);
  const app = await see('ef', randomUUID());
  await leave(source, [...ids, base]);
  await pass(100);
  await database.write((transaction) => requestAssessment(transaction, read, { priority: 50 }));
  await database.query(
    `with u as (insert into upload (scope_id, name, bytes, sha256, created_by) values ($1, 'x', 1, 'x', 'me') returning id)
     insert into upload_image (upload_id, image_id, position) select id, $2, 0 from u`,
    [defaultScope, uploaded],
  );
  await database.query(
    `with h as (insert into host (scope_id, machine_id, name) values ($1, 'm', 'h') returning id)
     insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state)
     select $1, id, 'docker', 'c', 'c', $2, 'x', 'running' from h`,
    [defaultScope, runs],
  );
  await database.query(
    `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
       values ($1, 'generic', 'c', 'https://r', 'r', 'anonymous', '[]', false, 10) returning id),
     r as (insert into repository (scope_id, connection_id, registry, name) select $1, id, 'r', 'app' from c returning id),
     t as (insert into tag (repository_id, name, digest, image_id) select id, '1', 'x', $2::uuid from r returning repository_id, name)
     insert into tag_image (repository_id, name, image_id) select repository_id, name, $2::uuid from t`,
    [defaultScope, tagged],
  );
  expect(await letGo()).toEqual([0]);
  // What kept each of them ends.
  await database.write((transaction) => cancelAssessment(transaction, read, 'me'));
  await database.query('delete from upload');
  await database.query('delete from container');
  await database.query('update tag set gone_at = now()');
  expect(await letGo()).toEqual([4]);
  const { rows: tags } = await database.query('select image_id as id from tag');
  expect(tags).toEqual([{ id: null }]);
  expect((await listBasesOf(database, view, app)).map(({ imageId }) => imageId)).toEqual([base]);
  await database.query('delete from image where id = $1', [app]);
  expect(await letGo()).toEqual([1]);
});

it('lets another image of the same layers stand for a base whose own image goes', async () => {
  const source = randomUUID();
  const first = await see('e', source, '1');
  const second = await see('e', randomUUID(), '2');
  const app = await see('ef', randomUUID());
  await leave(source, [first]);
  await pass(100);
  const before = await listBasesOf(database, view, app);
  expect(before).toMatchObject([{ imageId: first, present: false }]);
  expect(await letGo()).toEqual([1]);
  expect(await listBasesOf(database, view, app)).toEqual([{ ...before[0], imageId: second, present: true }]);
});

it('reads all platforms of a tag anew that comes back after one of its images went', async () => {
  const source = randomUUID();
  const [amd, arm] = [await see('a', source), await see('b', randomUUID())];
  await database.query(
    `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
       values ($1, 'generic', 'c', 'https://r', 'r', 'anonymous', '[]', false, 10) returning id),
     r as (insert into repository (scope_id, connection_id, registry, name) select $1, id, 'r', 'app' from c returning id),
     t as (insert into tag (repository_id, name, digest, image_id, gone_at) select id, '1', 'x', $3::uuid, now() from r returning repository_id, name)
     insert into tag_image (repository_id, name, image_id) select repository_id, name, i from t, unnest(array[$2, $3]::uuid[]) i`,
    [defaultScope, amd, arm],
  );
  await leave(source, [amd]);
  await pass(100);
  expect(await letGo()).toEqual([1]);
  const { rows } = await database.query('select image_id as id from tag');
  expect(rows).toEqual([{ id: null }]);
});

it('goes in small steps, each from where the last one ended', async () => {
  const source = randomUUID();
  const ids: string[] = [];
  for (const layer of 'abcdefg') ids.push(await see(layer, source));
  await leave(source, ids);
  await pass(100);
  expect(await letGo(90, { imagesMax: 3 })).toEqual([3, 3, 1]);
  const more = [await see('a', source), await see('b', source), await see('c', source)];
  await leave(source, more);
  expect(await letGo(90, { idsMax: 2 })).toEqual([0, 0]);
  await pass(100);
  const steps = await letGo(90, { idsMax: 2 });
  expect(steps.reduce((sum, n) => sum + n, 0)).toBe(3);
  expect(steps.length).toBe(2);
});

it('gives way to a report that brings the image back at that moment, and keeps it', async () => {
  const one = await makeHost('one');
  await one('app');
  await one();
  await readNone();
  await pass(100);
  const app = (await idOf('app')) ?? '';
  await database.write(async (transaction) => {
    // As a report or a listing does: it finds the image, and writes later what refers to it.
    const found = await resolveImage(transaction, {
      by: 'agent',
      configDigest: digestOf('app'),
      manifestDigests: [],
      indexDigests: [],
      platform: null,
      builtAt: null,
      size: null,
      fallbackName: null,
    });
    expect(found).toBe(app);
    const startedMs = performance.now();
    expect(await letGo()).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(10 * (200 + retentionLimits.reportsWaitMs));
    await recordSighting(
      transaction,
      found,
      { kind: 'connection', scopeId: defaultScope, sourceId: randomUUID(), name: 'x' },
      [],
    );
    await refreshSummaries(transaction, [found]);
  });
  expect(await letGo()).toEqual([0]);
  expect(await findVisibleImage(database, [defaultScope], app)).toBe(app);
});

it('waits for no judging', async () => {
  const source = randomUUID();
  const id = await see('a', source);
  await leave(source, [id]);
  await pass(100);
  await database.write(async (transaction) => {
    await holdVerdicts(transaction, 'judging');
    expect(await letGo()).toEqual([]);
  });
  expect(await letGo()).toEqual([1]);
});

it('makes an image anew that a report names while it goes', async () => {
  const one = await makeHost('one');
  await one('app');
  await one();
  await readNone();
  await pass(100);
  const before = (await idOf('app')) ?? '';
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await holdImages(transaction, 'removing');
    await transaction.query('delete from image where id = $1', [before]);
    reported = one('app');
    await someoneWaits();
  });
  await reported;
  const after = await idOf('app');
  expect([after === undefined, after === before]).toEqual([false, false]);
  expect(await findVisibleImage(database, [defaultScope], after ?? '')).toBe(after);
});

it('tells a listing what became of the images that it knew', async () => {
  const source = randomUUID();
  const [same, merged, gone] = [await see('a', source), await see('b', source), await see('c', source)];
  await database.write((transaction) => mergeImages(transaction, same, merged, 'a test'));
  await leave(source, [gone]);
  await pass(100);
  const hold = (transaction: Transaction) => holdKnownImages(transaction, [same, merged, gone, same]);
  await database.write(async (transaction) => {
    expect(Object.fromEntries(await hold(transaction))).toEqual({ [same]: same, [merged]: same, [gone]: gone });
    expect(await letGo()).toEqual([]);
  });
  expect(await letGo()).toEqual([1]);
  expect(Object.fromEntries(await database.write(hold))).toEqual({ [same]: same, [merged]: same });
});

it('loses no image of hosts whose images come and go while it is at work', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const startedMs = performance.now();
  let removed = 0;
  let reports = 0;
  // A machine that is busy takes longer to meet as often.
  const isOver = () => performance.now() - startedMs > (removed > 20 && reports > 60 ? 3_000 : 90_000);
  const reporter = async (at: number) => {
    const host = await makeHost(`host-${at}`);
    for (let turn = at; !isOver(); turn += 1) {
      const mine = names.filter((_, n) => (n + turn) % 4 === 0);
      await host(...mine);
      reports += 1;
      const { rows } = await database.query<{ digest: string }>(
        `select distinct d.digest from host h join host_image hi on hi.host_id = h.id join image_sighting g on g.image_id = hi.image_id and g.source_id = h.id
         join image_summary s on s.image_id = hi.image_id join image_digest d on d.image_id = hi.image_id where h.name = $1`,
        [`host-${at}`],
      );
      expect(rows.map(({ digest }) => digest).sort()).toEqual(mine.map(digestOf).sort());
      await sleep(turn % 3);
    }
    await host();
  };
  const cleaner = async () => {
    while (!isOver()) {
      await readNone();
      await pass(100);
      for (const gone of await letGo(90, { waitMs: 2_000, reportsWaitMs: 2_000 })) removed += gone;
      await sleep(1);
    }
  };
  await Promise.all([...[0, 1].map(reporter), cleaner()]);
  expect(removed).toBeGreaterThan(20);
  expect(reports).toBeGreaterThan(60);
  await readNone();
  await pass(100);
  await letGo();
  const { rowCount } = await database.query('select 1 from image');
  expect(rowCount).toBe(0);
}, 150_000);
