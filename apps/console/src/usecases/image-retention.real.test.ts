import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { cancelAssessment } from '../store/assessment-requests.ts';
import { requestAssessment } from '../store/assessments.ts';
import { databaseForEach } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { listBasesOf } from '../store/lineage.ts';
import { defaultScope } from '../store/scope.ts';
import { findSourceless } from '../store/sourceless-images.ts';
import { imageRetention } from './image-retention.testing.ts';

let database: Database;
let estate: ReturnType<typeof imageRetention>;
databaseForEach((opened) => {
  database = opened;
  estate = imageRetention(database);
});

const view = { scopes: [defaultScope] };

it('lets an image go that no host has any more for long, with all that hangs on it, and no other', async () => {
  const [one, two] = [await estate.makeHost('one'), await estate.makeHost('two')];
  await one('old', 'shared', 'kept');
  await two('shared');
  const old = (await estate.idOf('old')) ?? '';
  await one('kept');
  await estate.readNone();
  expect(await findSourceless(database, [defaultScope], old)).toBeInstanceOf(Date);
  expect(await findSourceless(database, [randomUUID()], old)).toBeUndefined();
  expect(await findSourceless(database, [defaultScope], (await estate.idOf('shared')) ?? '')).toBeUndefined();
  await estate.pass(89);
  expect(await estate.letGo()).toEqual([0]);
  await estate.pass(2);
  expect(await estate.letGo()).toEqual([1]);
  expect([await estate.idOf('old'), typeof (await estate.idOf('shared')), typeof (await estate.idOf('kept'))]).toEqual([
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
  const one = await estate.makeHost('one');
  await one('app');
  await one();
  await estate.readNone();
  await estate.pass(100);
  await one('app');
  await one();
  await estate.readNone();
  expect(await estate.letGo()).toEqual([0]);
  expect(await estate.idOf('app')).toBeDefined();
});

it('notes images that nobody noted, as if they had no source since now, and forgets those that have one again', async () => {
  const one = await estate.makeHost('one');
  await one('back', 'lost');
  await one();
  await one('back');
  await database.query('delete from sourceless_image where image_id = $1', [await estate.idOf('lost')]);
  await database.query('insert into image default values');
  await database.query(`update sourceless_image set since = now() - interval '100 days'`);
  await estate.readNone();
  expect(await estate.letGo()).toEqual([0]);
  await estate.review(1);
  expect(await estate.noted()).toBe(2);
  expect(await estate.letGo()).toEqual([0]);
  await estate.pass(91);
  expect(await estate.letGo()).toEqual([2]);
  const { rowCount } = await database.query('select 1 from image');
  expect(rowCount).toBe(1);
});

it('keeps what is to be read, what somebody uploaded, what runs, what a tag names and what others were built on', async () => {
  const source = randomUUID();
  const ids = [
    await estate.see('a', source),
    await estate.see('b', source),
    await estate.see('c', source),
    await estate.see('d', source),
  ];
  const [read = '', uploaded = '', runs = '', tagged = ''] = ids;
  const base = await estate.see('e', source);
  const app = await estate.see('ef', randomUUID());
  await estate.leave(source, [...ids, base]);
  await estate.pass(100);
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
  expect(await estate.letGo()).toEqual([0]);
  // What kept each of them ends.
  await database.write((transaction) => cancelAssessment(transaction, read, 'me'));
  await database.query('delete from upload');
  await database.query('delete from container');
  await database.query('update tag set gone_at = now()');
  expect(await estate.letGo()).toEqual([4]);
  const { rows: tags } = await database.query('select image_id as id from tag');
  expect(tags).toEqual([{ id: null }]);
  expect((await listBasesOf(database, view, app)).map(({ imageId }) => imageId)).toEqual([base]);
  await database.query('delete from image where id = $1', [app]);
  expect(await estate.letGo()).toEqual([1]);
});

it('lets another image of the same layers stand for a base whose own image goes', async () => {
  const source = randomUUID();
  const first = await estate.see('e', source, '1');
  const second = await estate.see('e', randomUUID(), '2');
  const app = await estate.see('ef', randomUUID());
  await estate.leave(source, [first]);
  await estate.pass(100);
  const before = await listBasesOf(database, view, app);
  expect(before).toMatchObject([{ imageId: first, present: false }]);
  expect(await estate.letGo()).toEqual([1]);
  expect(await listBasesOf(database, view, app)).toEqual([{ ...before[0], imageId: second, present: true }]);
});

it('reads all platforms of a tag anew that comes back after one of its images went', async () => {
  const source = randomUUID();
  const [amd, arm] = [await estate.see('a', source), await estate.see('b', randomUUID())];
  await database.query(
    `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
       values ($1, 'generic', 'c', 'https://r', 'r', 'anonymous', '[]', false, 10) returning id),
     r as (insert into repository (scope_id, connection_id, registry, name) select $1, id, 'r', 'app' from c returning id),
     t as (insert into tag (repository_id, name, digest, image_id, gone_at) select id, '1', 'x', $3::uuid, now() from r returning repository_id, name)
     insert into tag_image (repository_id, name, image_id) select repository_id, name, i from t, unnest(array[$2, $3]::uuid[]) i`,
    [defaultScope, amd, arm],
  );
  await estate.leave(source, [amd]);
  await estate.pass(100);
  expect(await estate.letGo()).toEqual([1]);
  const { rows } = await database.query('select image_id as id from tag');
  expect(rows).toEqual([{ id: null }]);
});

it('goes in small steps, each from where the last one ended', async () => {
  const source = randomUUID();
  const ids: string[] = [];
  for (const layer of 'abcdefg') ids.push(await estate.see(layer, source));
  await estate.leave(source, ids);
  await estate.pass(100);
  expect(await estate.letGo(90, { imagesMax: 3 })).toEqual([3, 3, 1]);
  const more = [await estate.see('a', source), await estate.see('b', source), await estate.see('c', source)];
  await estate.leave(source, more);
  expect(await estate.letGo(90, { idsMax: 2 })).toEqual([0, 0]);
  await estate.pass(100);
  const steps = await estate.letGo(90, { idsMax: 2 });
  expect(steps.reduce((sum, n) => sum + n, 0)).toBe(3);
  expect(steps.length).toBe(2);
});
