import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { refreshStatistics } from './statistics.ts';

let store: TestStore;
let database: Database;
beforeAll(async () => {
  store = await startTestStore();
  database = await store.open();
});
afterAll(async () => {
  await database.end();
  await store.stop();
});

/** With them PostgreSQL's count of what changed, which a session else tells within a second. */
async function addPackages(from: number, to: number): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query(
      `insert into package (sha256, purl, name, version, body)
       select sha256(n::text::bytea), 'pkg:generic/p' || n, 'p' || n, '1', '{}' from generate_series($1::int, $2::int) n`,
      [from, to],
    );
    await client.query('select pg_stat_force_next_flush()');
  } finally {
    client.release();
  }
}

const planned = async () =>
  (await database.query<{ n: number }>(`select reltuples::int as n from pg_class where oid = 'package'::regclass`))
    .rows[0]?.n;

it('tells PostgreSQL of a table that it takes for empty, and again only when that has doubled', async () => {
  await addPackages(1, 100);
  expect(await refreshStatistics(database)).toEqual([]);
  await addPackages(101, 8_000);
  expect(await refreshStatistics(database)).toEqual(['package']);
  expect(await planned()).toBe(8_000);
  expect(await refreshStatistics(database)).toEqual([]);
  await addPackages(8_001, 14_000);
  expect(await refreshStatistics(database)).toEqual([]);
  await addPackages(14_001, 17_000);
  expect(await refreshStatistics(database)).toEqual(['package']);
  expect(await planned()).toBe(17_000);
});

it('passes over a table that is being looked at already', async () => {
  await addPackages(20_001, 60_000);
  await database.write(async (transaction) => {
    await transaction.query('lock table package in share update exclusive mode');
    // It tries, and goes on without.
    expect(await refreshStatistics(database)).toEqual(['package']);
    expect(await planned()).toBe(17_000);
  });
  expect(await refreshStatistics(database)).toEqual(['package']);
});
