import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import type { Leverage } from './leverage.ts';
import { defaultScope } from './scope.ts';
import { countUpdates } from './update-leverage.ts';

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

const SUBJECTS = 8;
const GROUPS = 5;
const IMAGES = 6;

/** Few of each, so that images with two packages of one update, flaws of both of them and ties come up all the time. */
const estate = fc.record({
  sources: fc.array(fc.nat(3), { minLength: SUBJECTS, maxLength: SUBJECTS }),
  verdicts: fc.uniqueArray(
    fc.record({
      subject: fc.nat(SUBJECTS - 1),
      group: fc.nat(GROUPS - 1),
      risk: fc.constantFrom(0, 10, 10, 300, 900),
      fixable: fc.boolean(),
      ended: fc.constantFrom(false, false, true),
    }),
    { selector: ({ subject, group }) => `${subject} ${group}`, maxLength: 20 },
  ),
  held: fc.array(fc.record({ image: fc.nat(IMAGES - 1), subject: fc.nat(SUBJECTS - 1), judged: fc.boolean() }), {
    maxLength: 30,
  }),
  running: fc.array(fc.constantFrom(0, 0, 1, 7), { minLength: IMAGES, maxLength: IMAGES }),
});
type Estate = typeof estate extends fc.Arbitrary<infer T> ? T : never;

async function write({ sources, verdicts, held, running }: Estate): Promise<void> {
  await database.query('truncate image, subject, vulnerability_group, package restart identity cascade');
  await database.query(
    `insert into image (id) select ('00000000-0000-4000-8000-00000000010' || n)::uuid from generate_series(0, $1 - 1) n`,
    [IMAGES],
  );
  await database.query(
    `insert into image_summary (scope_id, image_id, rank, state, tags, names, hosts, running)
     select $1, ('00000000-0000-4000-8000-00000000010' || (n - 1))::uuid, 1, 'complete', '{}', '{}', 0, r from unnest($2::int[]) with ordinality as x(r, n)`,
    [defaultScope, running],
  );
  await database.query(
    `insert into subject (key_sha256, body)
     select sha256(n::text::bytea), jsonb_build_object('type', 'deb', 'name', 'binary-' || n, 'source', jsonb_build_object('name', 'source-' || s))
     from unnest($1::int[]) with ordinality as x(s, n)`,
    [sources],
  );
  await database.query(
    `insert into vulnerability_group (display_id) select 'CVE-' || n from generate_series(1, $1) n`,
    [GROUPS],
  );
  await database.query(
    `insert into verdict (subject_id, group_id, kind, risk, body, cause, database_revision, valid_to)
     select subject + 1, "group" + 1, 'affected', risk, jsonb_build_object('fixedIn', case when fixable then '["2"]'::jsonb else '[]' end), 'first-seen', '1',
            case when ended then now() end
     from jsonb_to_recordset($1::jsonb) as x(subject int, "group" int, risk int, fixable boolean, ended boolean)`,
    [JSON.stringify(verdicts)],
  );
  await database.query(
    `insert into package (sha256, purl, name, version, body) values ('\\x00', 'pkg:deb/debian/x@1', 'x', '1', '{}')`,
  );
  await database.query(
    `insert into occurrence (image_id, position, subject_id, judged, package_id)
     select ('00000000-0000-4000-8000-00000000010' || image)::uuid, n, subject + 1, judged, (select id from package)
     from jsonb_to_recordset($1::jsonb) as x(n int, image int, subject int, judged boolean)`,
    [JSON.stringify(held.map((one, n) => ({ n, ...one })))],
  );
}

/** The same by the definition: each flaw once in an image, at the worst of the update's packages that have it. */
function expected({ sources, verdicts, held, running }: Estate) {
  const sums = new Map<string, Leverage>();
  for (const source of new Set(sources)) {
    for (let image = 0; image < IMAGES; image += 1) {
      const flaws = new Map<number, number>();
      for (const one of held) {
        if (one.image !== image || !one.judged || sources[one.subject] !== source) continue;
        for (const { subject, group, risk, fixable, ended } of verdicts)
          if (subject === one.subject && fixable && !ended) flaws.set(group, Math.max(risk, flaws.get(group) ?? 0));
      }
      if (flaws.size === 0) continue;
      const name = `source-${source}`;
      const sum = sums.get(name) ?? { images: 0, running: 0, findings: 0, risk: 0, riskRunning: 0, worst: 0 };
      const risk = [...flaws.values()].reduce((a, b) => a + b, 0);
      sums.set(name, {
        ...sum,
        images: sum.images + 1,
        running: sum.running + (running[image] ?? 0),
        findings: sum.findings + flaws.size,
        risk: sum.risk + risk,
        worst: Math.max(sum.worst, ...flaws.values()),
        riskRunning: sum.riskRunning + risk * (running[image] ?? 0),
      });
    }
  }
  return sums;
}

test('each update counts each flaw of an image once, whatever packages have it', async () => {
  await fc.assert(
    fc.asyncProperty(estate, async (one) => {
      await write(one);
      const rows = await database.write((transaction) => countUpdates(transaction, defaultScope, 100));
      const byName = new Map(
        rows.map(({ name, images, running, findings, risk, riskRunning, worst }) => [
          name,
          { images, running, findings, risk, riskRunning, worst },
        ]),
      );
      expect(byName).toEqual(expected(one));
      const order = rows.map(({ riskRunning, risk }) => [riskRunning, risk]);
      expect(order).toEqual(order.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => c - a || d - b));
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('of more updates than fit into one step the first are those that a count of all would put first', async () => {
  // Fifty updates; the packages of the even ones have one flaw together, so what bounds them is twice what they clear.
  await write({ sources: [], verdicts: [], held: [], running: [1, 1, 1, 1, 1, 1] });
  await database.query(
    `insert into subject (key_sha256, body)
     select sha256((n || ' ' || b)::bytea), jsonb_build_object('type', 'deb', 'name', 'binary-' || b, 'source', jsonb_build_object('name', 'source-' || n))
     from generate_series(1, 50) n, generate_series(1, 2) b`,
  );
  await database.query(
    `insert into verdict (subject_id, group_id, kind, risk, body, cause, database_revision)
     select s.id, 1, 'affected', 10 + substr(s.body #>> '{source,name}', 8)::int, '{"fixedIn": ["2"]}', 'first-seen', '1' from subject s`,
  );
  await database.query(
    `insert into occurrence (image_id, position, subject_id, judged, package_id)
     select '00000000-0000-4000-8000-000000000100', s.id, s.id, s.body ->> 'name' = 'binary-1' or substr(s.body #>> '{source,name}', 8)::int % 2 = 0, p.id
     from subject s, package p`,
  );
  const rows = await database.write((transaction) => countUpdates(transaction, defaultScope, 7));
  expect(rows.map(({ name }) => name)).toEqual([50, 49, 48, 47, 46, 45, 44].map((n) => `source-${n}`));
  expect(rows[0]).toMatchObject({ images: 1, running: 1, findings: 1, risk: 60, riskRunning: 60 });
});
