import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { listHostContainers } from './host-containers.ts';
import { countHolding } from './host-reports.ts';
import { defaultScope } from './scope.ts';
import { refreshSummaries } from './summaries.ts';
import { findPlaces } from './where.ts';

const GONE = 40_000;
const ELSEWHERE = 60_000;
const HOST = '00000000-0000-4000-8000-00000000aaaa';
const IMAGE = '00000000-0000-4000-8000-00000000bbbb';
const view = { scopes: [defaultScope] };

let store: TestStore;
let database: Database;

/** A host of many short jobs of one image, beside more containers of others that are there: three of its own are. */
beforeAll(async () => {
  store = await startTestStore();
  database = await store.open();
  await database.query(`insert into image (id) values ('${IMAGE}')`);
  await database.query(
    `insert into host (id, scope_id, machine_id, name) values ('${HOST}', '${defaultScope}', 'm', 'h')`,
  );
  await database.query(
    `insert into image_sighting (image_id, scope_id, kind, source_id, name) values ('${IMAGE}', '${defaultScope}', 'host', '${HOST}', 'h')`,
  );
  const insert =
    'insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state, gone_at)';
  for (const [host, image, count, gone] of [
    [`'${HOST}'`, `'${IMAGE}'`, GONE, 'now()'],
    [`'${HOST}'`, `'${IMAGE}'`, 3, 'null'],
    ['gen_random_uuid()', 'gen_random_uuid()', ELSEWHERE, 'null'],
  ] as const)
    await database.query(
      `${insert} select '${defaultScope}', ${host}, 'docker', '${gone}' || n, 'c' || n, ${image}, 'x', 'running', ${gone} from generate_series(1, ${count}) n`,
    );
}, 120_000);
afterAll(async () => {
  await database?.end();
  await store?.stop();
});

const ROLLED_BACK = new Error('rolled back');

/** How many rows and index entries of containers the action passed by. */
async function passedBy(statistics: boolean, action: (transaction: Transaction) => Promise<void>): Promise<number> {
  let passed = Number.NaN;
  const count = async (transaction: Queryable) =>
    (
      await transaction.query<{ n: number }>(
        `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + (select coalesce(sum(pg_stat_get_xact_tuples_returned(indexrelid)), 0) from pg_index where indrelid = relid)::bigint as n
         from pg_stat_xact_user_tables where relname = 'container'`,
      )
    ).rows[0]?.n ?? 0;
  await database
    .write(async (transaction) => {
      if (statistics) await transaction.query('analyze container');
      else {
        await transaction.query(`delete from pg_statistic where starelid = 'container'::regclass`);
        await transaction.query(`update pg_class set reltuples = -1, relpages = 0 where oid = 'container'::regclass`);
      }
      const before = await count(transaction);
      await action(transaction);
      passed = (await count(transaction)) - before;
      throw ROLLED_BACK;
    })
    .catch((error: unknown) => {
      if (error !== ROLLED_BACK) throw error;
    });
  return passed;
}

const reads: readonly (readonly [string, (transaction: Transaction) => Promise<void>])[] = [
  [
    'what a host holds',
    async (transaction) =>
      expect(await countHolding(transaction, { id: HOST, isCluster: false })).toMatchObject({ containers: 3 }),
  ],
  [
    'the containers of a host',
    async (transaction) =>
      expect((await listHostContainers(transaction, view, { limit: 10, host: HOST })).items).toHaveLength(3),
  ],
  [
    'how many containers run an image',
    async (transaction) => {
      await refreshSummaries(transaction, [IMAGE]);
      const { rows } = await transaction.query('select running from image_summary');
      expect(rows).toEqual([{ running: 3 }]);
    },
  ],
  [
    'where an image runs',
    async (transaction) => {
      await refreshSummaries(transaction, [IMAGE]);
      const images = `select '${IMAGE}'::uuid as image_id`;
      const sought = {
        images,
        through: (among: string) => `select i as image_id, 'x' as through from unnest(${among}) i`,
        values: [],
      };
      expect((await findPlaces(transaction, view, sought, 10)).containers).toHaveLength(3);
    },
  ],
];

it.each(reads.flatMap(([what, read]) => [true, false].map((statistics) => [what, statistics, read] as const)))(
  '%s costs what is there, not what is gone (statistics: %s)',
  async (_, statistics, read) => {
    expect(await passedBy(statistics, read)).toBeLessThan(100);
  },
);
