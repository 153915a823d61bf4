import { findingOf, imageRisk, type Judgement, type Package, summarize, totalRisk } from '@hullcheck/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import { upsertProfile } from './coverage-profiles.ts';
import type { Database } from './database.ts';
import { resolveImage } from './images.ts';
import { consoleReading, packageOf } from './judged.testing.ts';
import { observed } from './observation.testing.ts';
import { writeInventory, writeResult, writeSupport } from './results.ts';
import { findWorst, stepStandings } from './standing-steps.ts';
import { imagesOfGroups, recountStandings, restateEnded } from './standings.ts';
import { holdVerdicts, upsertSubjects } from './subjects.ts';
import { writeVerdicts } from './verdicts.ts';

const SUBJECTS = 9;
const IMAGES = 7;

const pkg = (name: string): Package =>
  packageOf(name, {
    purl: `pkg:deb/debian/${name}@1`,
    type: 'deb',
    version: '1',
    distribution: { id: 'debian', release: '12' },
    analyzer: 'dpkg',
  });

/** Every seventh or so is set aside, as headers of a kernel that the image does not run. */
const setAside = (one: Judgement): Judgement =>
  one.kev && one.exploit === 'poc' && one.verdict === 'affected'
    ? { ...one, verdict: 'not-affected', risk: 0, setAside: { kind: 'kernel-headers', reason: 'r' } }
    : one;

/** Few ids and few risks, so that ties, shared flaws and a worst one that vanishes come up all the time. */
const judgement: fc.Arbitrary<Judgement> = fc
  .record<Judgement>({
    id: fc.constantFrom('CVE-2024-1', 'CVE-2024-2', 'CVE-2024-3', 'GHSA-4'),
    aliases: fc.constantFrom([], [], [], ['GHSA-4'], ['PYSEC-5']),
    title: fc.constant(''),
    categories: fc.constant([]),
    references: fc.constant([]),
    severity: fc.constantFrom('critical', 'high', 'medium', 'low', 'negligible', 'unknown'),
    rating: fc.constantFrom('critical', 'severe', 'moderate'),
    cvss: fc.constant(null),
    fixedIn: fc.constantFrom([], ['2']),
    published: fc.constant(null),
    kev: fc.boolean(),
    epss: fc.constant(null),
    exploit: fc.constantFrom('none', 'poc'),
    risk: fc.constantFrom(0, 10, 300, 300, 900, 1000),
    explanation: fc.constant(''),
    evidence: fc.constant({ rule: 'r', range: '< 2', compared: '1', via: null, advisories: [] }),
    verdict: fc.constantFrom('affected', 'affected', 'undetermined', 'will-not-fix'),
    unparsable: fc.constantFrom(null, null, 'x'),
  })
  .map(setAside);
const delta = fc.uniqueArray(
  fc.record({
    subject: fc.nat(SUBJECTS - 1),
    judgements: fc.uniqueArray(judgement, { selector: ({ id }) => id, maxLength: 4 }),
  }),
  { selector: ({ subject }) => subject, minLength: 1, maxLength: 4 },
);

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store?.stop());

async function makeImage(database: Database, index: number, subjects: readonly number[]): Promise<string> {
  return database.write(async (transaction) => {
    const id = await resolveImage(transaction, observed({ configDigest: `sha256:${String(index).padStart(64, '0')}` }));
    const packages = subjects.map((subject) => pkg(`p${subject}`));
    const reading = { ...consoleReading, inventory: { operatingSystem: null, packages, problems: [] } };
    const derived = {
      ownState: 'complete' as const,
      problems: [],
      ecosystems: ['debian:12'],
      os: null,
      osRelease: null,
      judged: packages.map(() => true),
      rules: 'r',
    };
    const sources = [
      {
        id: 'd',
        updatedAt: new Date(0).toISOString(),
        extent: 'whole' as const,
        records: 1,
        ecosystems: ['debian:12'],
        licence: null,
      },
    ];
    const ids = await upsertSubjects(transaction, packages);
    const occurrences = [...ids.values()].map((subjectId, at) => ({
      subjectId,
      // The last one stands for a package that its owner answers for.
      judged: at < 6,
      pkg: packages[at] ?? pkg('none'),
    }));
    await writeInventory(transaction, id, reading, occurrences);
    await writeResult(
      transaction,
      id,
      reading,
      derived,
      await upsertProfile(transaction, derived.ecosystems, sources, 0),
    );
    await recountStandings(transaction, [id]);
    return id;
  });
}

/** The subject that is named as the worst has a flaw of that risk; none is named where there is none. */
const WORST_HOLDS = `case when s.vulnerabilities = 0 then s.worst_subject = 0 else exists (
  select from occurrence o join verdict v on v.subject_id = o.subject_id
  where o.image_id = s.image_id and o.judged and o.subject_id = s.worst_subject and v.risk = s.worst and v.valid_to is null
    and v.kind <> 'not-affected') end`;

/** Every figure of an image by the functions that make a report, from its open verdicts. */
async function countAnew(database: Database, id: string) {
  const { rows } = await database.query<{ group: number; body: Judgement; name: string }>(
    `select v.group_id as group, v.body, p.name from package_occurrence o join package p on p.id = o.package_id
     join verdict v on v.subject_id = o.subject_id and v.valid_to is null where o.image_id = $1 and o.judged`,
    [id],
  );
  const counted = rows.filter(({ body }) => body.setAside === undefined);
  const findings = counted.flatMap(({ body, name }) => findingOf(body, pkg(name)) ?? []);
  const worst = new Map<number, number>();
  for (const { group, body } of counted) worst.set(group, Math.max(worst.get(group) ?? 0, body.risk));
  const risks = [...worst.values()];
  const { critical, severe, moderate, total, fixable, exploitable, severity } = summarize(findings, 0);
  return {
    worstHolds: true,
    state: rows.some(({ body }) => body.unparsable !== null) ? 'partial' : 'complete',
    risk: imageRisk(risks),
    risk_total: totalRisk(risks),
    worst: Math.max(0, ...risks),
    vulnerabilities: risks.length,
    critical,
    severe,
    moderate,
    total,
    fixable,
    exploitable,
    severity,
  };
}

it('standings follow any delta as if every image were counted anew', async () => {
  const run = fc.asyncProperty(
    fc.array(fc.uniqueArray(fc.nat(SUBJECTS - 1), { minLength: 1 }), { minLength: IMAGES, maxLength: IMAGES }),
    fc.array(delta, { minLength: 3, maxLength: 8 }),
    async (images, deltas) => {
      const database = await store.open();
      try {
        const subjects = await database.write((transaction) =>
          upsertSubjects(
            transaction,
            Array.from({ length: SUBJECTS }, (_, index) => pkg(`p${index}`)),
          ),
        );
        const subjectIds = [...subjects.values()];
        const ids: string[] = [];
        for (const [index, held] of images.entries()) ids.push(await makeImage(database, index, held));
        for (const [epoch, changes] of deltas.entries()) {
          await database.write(async (transaction) => {
            await holdVerdicts(transaction, 'judging');
            const judged = changes.map(({ subject, judgements }) => ({
              subjectId: subjectIds[subject] ?? 0,
              judgements,
            }));
            const why = { cause: 'advisory-new' as const, changes: {} };
            // Every other change drifts in place.
            const explain = (_: number, before: Judgement | null) =>
              before !== null && before.risk % 20 === 0 ? null : why;
            const by = { revision: `r${epoch}`, rules: 'r' };
            const { steps, merged } = await writeVerdicts(transaction, judged, by, epoch, explain);
            await stepStandings(transaction, steps);
            await recountStandings(transaction, await imagesOfGroups(transaction, merged));
          });
          for (const id of ids) {
            const { rows } = await database.query(
              `select ${WORST_HOLDS} as "worstHolds", state, risk, risk_total, worst, vulnerabilities, critical, severe, moderate, total, fixable, exploitable,
                 json_build_object('critical', severity_critical, 'high', severity_high, 'medium', severity_medium, 'low', severity_low,
                   'negligible', severity_negligible, 'unknown', severity_unknown) as severity
               from image_standing s where image_id = $1`,
              [id],
            );
            expect(rows[0]).toEqual(await countAnew(database, id));
          }
          // As it is found for many images: from the highest verdicts down, a few at a time.
          const { rows: worst } = await database.query<{ id: string; worst: number }>(
            'select image_id as id, worst from image_standing',
          );
          const found = await findWorst(database, ids, 1);
          expect(worst.map(({ id }) => ({ id, worst: found.get(id)?.risk }))).toEqual(worst);
        }
      } finally {
        await database.end();
      }
    },
  );
  await fc.assert(run, { numRuns: 12 });
});

it('an image is partial while its release has ended, and only then', async () => {
  const database = await store.open();
  try {
    const [mine, other] = [await makeImage(database, 0, [0]), await makeImage(database, 1, [0])];
    const dates = `json_build_object('id', 'debian', 'endOfLife', to_char(now() at time zone 'UTC' - interval '9 days', 'YYYY-MM-DD'),
      'extendedEndOfLife', to_char(now() at time zone 'UTC' + $2::int * interval '1 day', 'YYYY-MM-DD'))`;
    const endIn = (days: number) =>
      database.query(`update image_result set os = ${dates}, os_release = '12' where image_id = $1`, [mine, days]);
    const states = async () => {
      const { rows } = await database.query<{ id: string; state: string }>(
        'select image_id as id, state from image_standing',
      );
      return [mine, other].map((id) => rows.find((row) => row.id === id)?.state);
    };
    // Its last day.
    await endIn(0);
    await database.write(restateEnded);
    expect(await states()).toEqual(['complete', 'complete']);
    await endIn(-1);
    await database.write(restateEnded);
    expect(await states()).toEqual(['partial', 'complete']);
    await database.write((transaction) => recountStandings(transaction, [mine, other]));
    expect(await states()).toEqual(['partial', 'complete']);
    // Another database knows of longer support.
    const longer = { distribution: 'debian', release: '12', endOfLife: '2020-01-01', extendedEndOfLife: '2999-01-01' };
    await database.write((transaction) => writeSupport(transaction, [longer]));
    expect(await states()).toEqual(['complete', 'complete']);
  } finally {
    await database.end();
  }
});
