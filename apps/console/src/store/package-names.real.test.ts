import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { listPackageNames } from './package-names.ts';
import { defaultScope } from './scope.ts';

let store: TestStore;
let database: Database;
beforeAll(async () => {
  store = await startTestStore();
  database = await store.open();
}, 120_000);
afterAll(async () => {
  await database.end();
  await store.stop();
});

const view = { scopes: [defaultScope] };
const SUBJECTS = 12;
/** Few letters of one and of several bytes, so that names are equal, begin alike and stand at the bounds of a prefix. */
const names = fc.constantFrom(
  'a',
  'ab',
  'abc',
  'b',
  'B',
  'ä',
  'aä',
  'a\u{ffff}',
  'a\u{1f600}',
  '容',
  '容器',
  'a%',
  'a_',
);
const image = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

const estate = fc.record({
  subjects: fc.array(fc.tuple(fc.constantFrom('npm', 'deb'), names), { minLength: SUBJECTS, maxLength: SUBJECTS }),
  /** Which image has which. Nobody sees the last image. */
  held: fc.array(fc.tuple(fc.nat(3), fc.nat(SUBJECTS - 1)), { maxLength: 16 }),
  prefix: fc.oneof(fc.constant(''), names),
  limit: fc.integer({ min: 1, max: 8 }),
});

it('answers the first names that begin so, each once, of packages that some visible image has', async () => {
  await fc.assert(
    fc.asyncProperty(estate, async ({ subjects, held, prefix, limit }) => {
      await database.write(async (transaction) => {
        for (const table of ['occurrence', 'package', 'subject', 'image'])
          await transaction.query(`delete from ${table}`);
        await transaction.query(
          `insert into subject (id, key_sha256, body) overriding system value
           select n, sha256(n::text::bytea), jsonb_build_object('type', t, 'name', x, 'version', n)
           from unnest($1::text[], $2::text[]) with ordinality as s(t, x, n)`,
          [subjects.map(([type]) => type), subjects.map(([, name]) => name)],
        );
        await transaction.query('insert into image (id) select i from unnest($1::uuid[]) i', [[0, 1, 2, 3].map(image)]);
        await transaction.query(
          `insert into image_summary (scope_id, image_id, rank, state, tags, names, hosts, running) select $1, i, 1, 'complete', '{}', '{}', 0, 0 from unnest($2::uuid[]) i`,
          [defaultScope, [0, 1, 2].map(image)],
        );
        await transaction.query(
          `with p as (insert into package (sha256, purl, name, version, body) values ('a', 'p', 'n', '1', '{}') returning id)
           insert into occurrence (image_id, position, subject_id, package_id, judged)
           select i, n, s + 1, p.id, false from unnest($1::uuid[], $2::int[]) with ordinality as h(i, s, n), p`,
          [held.map(([at]) => image(at)), held.map(([, subject]) => subject)],
        );
      });
      const visible = new Set(held.flatMap(([at, subject]) => (at === 3 ? [] : subject)));
      const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
      const expected = new Set(
        subjects
          .filter(([, name], at) => visible.has(at) && name.startsWith(prefix))
          .sort((a, b) => order(a[1], b[1]) || order(a[0], b[0]))
          .map(([type, name]) => JSON.stringify({ name, type })),
      );
      const found = await listPackageNames(database, view, prefix, limit);
      expect(found.map((row) => JSON.stringify(row))).toEqual([...expected].slice(0, limit));
    }),
    { numRuns: 200 },
  );
}, 120_000);
