import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';

let store: TestStore;
let database: Database;
beforeAll(async () => {
  store = await startTestStore();
});
beforeEach(async () => {
  database = await store.open();
});
afterAll(() => store.stop());

it('has a session plan a text once, whatever its values are, and only where that is asked for', async () => {
  await database.prepared.write(async (transaction) => {
    for (let n = 0; n < 3; n += 1)
      expect((await transaction.query('select $1::int + 1 as n', [n])).rows).toEqual([{ n: n + 1 }]);
    const { rows } = await transaction.query(
      'select statement, (generic_plans + custom_plans)::int as times from pg_prepared_statements order by prepare_time limit 1',
    );
    expect(rows).toEqual([{ statement: 'select $1::int + 1 as n', times: 3 }]);
  });
  await database.write(async (transaction) => {
    await transaction.query('select 2 as n');
    const { rows } = await transaction.query(
      `select statement from pg_prepared_statements where statement like 'select 2%'`,
    );
    expect(rows).toEqual([]);
  });
  await database.end();
});

it('prepares anew what another process changed the columns of', async () => {
  await database.query('create table grown (a int)');
  await database.query('insert into grown values (1)');
  const ask = () => database.prepared.query('select * from grown');
  const askInside = () => database.prepared.write((transaction) => transaction.query('select * from grown'));
  expect((await ask()).rows).toEqual([{ a: 1 }]);
  expect((await askInside()).rows).toEqual([{ a: 1 }]);
  await database.query('alter table grown add column b int default 2');
  expect((await askInside()).rows).toEqual([{ a: 1, b: 2 }]);
  expect((await ask()).rows).toEqual([{ a: 1, b: 2 }]);
  // The session whose statement was outdated is the first that the pool would give again.
  await database.query('alter table grown drop column b');
  expect((await ask()).rows).toEqual([{ a: 1 }]);
  expect((await askInside()).rows).toEqual([{ a: 1 }]);
  await database.end();
});
