import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import type { Database, Transaction } from '../store/database.ts';
import { holdImages, holdKnownImages } from '../store/image-hold.ts';
import { mergeImages } from '../store/image-merge.ts';
import { findVisibleImage, resolveImage } from '../store/images.ts';
import { observed } from '../store/observation.testing.ts';
import { defaultScope } from '../store/scope.ts';
import { dropSightings, recordSighting } from '../store/sightings.ts';
import { findSourceless } from '../store/sourceless-images.ts';
import { holdVerdicts } from '../store/subjects.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { retentionLimits } from '../work/limits.ts';
import { imageRetention } from './image-retention.testing.ts';

let database: Database;
let estate: ReturnType<typeof imageRetention>;
databaseForEach((opened) => {
  database = opened;
  estate = imageRetention(database);
});

it('finds none where two hosts let the last one go at once', async () => {
  const hosts = await Promise.all(['one', 'two'].map(estate.makeHost));
  for (const host of hosts) await host('app');
  const app = (await estate.idOf('app')) ?? '';
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
    await someoneWaits(database);
  });
  await other;
  const { rowCount } = await database.query('select 1 from image_summary');
  expect(rowCount).toBe(0);
  expect(await findSourceless(database, [defaultScope], app)).toBeInstanceOf(Date);
});

it('lists an image that one host begins to have while the other, which had it alone, lets it go', async () => {
  const [one, two] = [await estate.makeHost('one'), await estate.makeHost('two')];
  await one('app');
  await two();
  const app = (await estate.idOf('app')) ?? '';
  const { rows } = await database.query<{ id: string }>(`select id from host where name = 'one'`);
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await dropSightings(transaction, rows[0]?.id ?? '', [app]);
    reported = two('app');
    // It found the image listed, and waits for what is held below.
    await transaction.query('select 1 from image_summary where image_id = $1 for update', [app]);
    await someoneWaits(database);
    await refreshSummaries(transaction, [app]);
  });
  await reported;
  const { rowCount } = await database.query('select 1 from image_summary where image_id = $1', [app]);
  expect(rowCount).toBe(1);
});

it('gives way to a report that brings the image back at that moment, and keeps it', async () => {
  const one = await estate.makeHost('one');
  await one('app');
  await one();
  await estate.readNone();
  await estate.pass(100);
  const app = (await estate.idOf('app')) ?? '';
  await database.write(async (transaction) => {
    // As a report or a listing does: it finds the image, and writes later what refers to it.
    const found = await resolveImage(transaction, observed({ by: 'agent', configDigest: digestOf('app') }));
    expect(found).toBe(app);
    const startedMs = performance.now();
    expect(await estate.letGo()).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(10 * (200 + retentionLimits.reportsWaitMs));
    await recordSighting(
      transaction,
      found,
      { kind: 'connection', scopeId: defaultScope, sourceId: randomUUID(), name: 'x' },
      [],
    );
    await refreshSummaries(transaction, [found]);
  });
  expect(await estate.letGo()).toEqual([0]);
  expect(await findVisibleImage(database, [defaultScope], app)).toBe(app);
});

it('waits for no judging', async () => {
  const source = randomUUID();
  const id = await estate.see('a', source);
  await estate.leave(source, [id]);
  await estate.pass(100);
  await database.write(async (transaction) => {
    await holdVerdicts(transaction, 'judging');
    expect(await estate.letGo()).toEqual([]);
  });
  expect(await estate.letGo()).toEqual([1]);
});

it('makes an image anew that a report names while it goes', async () => {
  const one = await estate.makeHost('one');
  await one('app');
  await one();
  await estate.readNone();
  await estate.pass(100);
  const before = (await estate.idOf('app')) ?? '';
  let reported: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await holdImages(transaction, 'removing');
    await transaction.query('delete from image where id = $1', [before]);
    reported = one('app');
    await someoneWaits(database);
  });
  await reported;
  const after = await estate.idOf('app');
  expect([after === undefined, after === before]).toEqual([false, false]);
  expect(await findVisibleImage(database, [defaultScope], after ?? '')).toBe(after);
});

it('tells a listing what became of the images that it knew', async () => {
  const source = randomUUID();
  const [same, merged, gone] = [
    await estate.see('a', source),
    await estate.see('b', source),
    await estate.see('c', source),
  ];
  await database.write((transaction) => mergeImages(transaction, same, merged, 'a test'));
  await estate.leave(source, [gone]);
  await estate.pass(100);
  const hold = (transaction: Transaction) => holdKnownImages(transaction, [same, merged, gone, same]);
  await database.write(async (transaction) => {
    expect(Object.fromEntries(await hold(transaction))).toEqual({ [same]: same, [merged]: same, [gone]: gone });
    expect(await estate.letGo()).toEqual([]);
  });
  expect(await estate.letGo()).toEqual([1]);
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
    const host = await estate.makeHost(`host-${at}`);
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
      await estate.readNone();
      await estate.pass(100);
      for (const gone of await estate.letGo(90, { waitMs: 2_000, reportsWaitMs: 2_000 })) removed += gone;
      await sleep(1);
    }
  };
  await Promise.all([...[0, 1].map(reporter), cleaner()]);
  expect(removed).toBeGreaterThan(20);
  expect(reports).toBeGreaterThan(60);
  await estate.readNone();
  await estate.pass(100);
  await estate.letGo();
  const { rowCount } = await database.query('select 1 from image');
  expect(rowCount).toBe(0);
}, 150_000);
