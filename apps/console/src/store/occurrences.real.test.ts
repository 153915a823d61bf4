/* Why an image has other packages than when it was read before: its bytes are the same, so either its readers are others or they found others. */
import { subjectKey, subjectOf } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { databaseForEach } from './cloned.testing.ts';
import { upsertProfile } from './coverage-profiles.ts';
import type { Database } from './database.ts';
import { listImageHistory } from './history.ts';
import { consoleReading, judgementOf, packageOf } from './judged.testing.ts';
import { holdOccurrences, noteOccurrenceChanges } from './occurrences.ts';
import { writeInventory, writeResult } from './results.ts';
import { holdVerdicts, lockUnjudged, upsertSubjects } from './subjects.ts';
import { writeVerdicts } from './verdicts.ts';

let database: Database;
let image: string;
databaseForEach(async (opened) => {
  database = opened;
  const { rows } = await database.query<{ id: string }>('insert into image default values returning id');
  image = rows[0]?.id ?? '';
});

const derived = {
  ownState: 'complete' as const,
  problems: [],
  ecosystems: [],
  os: null,
  osRelease: null,
  judged: [],
  rules: 'r',
};

/** As an assessment writes it: each package has a flaw of its own. */
const read = (readers: { readonly [analyzer: string]: number }, names: readonly string[], judged = true) =>
  database.write(async (transaction) => {
    const packages = names.map((name) => packageOf(name));
    const reading = { ...consoleReading, readers, inventory: { operatingSystem: null, packages, problems: [] } };
    const ids = await upsertSubjects(transaction, packages.map(subjectOf));
    await holdVerdicts(transaction, 'reading');
    const unjudged = await lockUnjudged(transaction, [...ids.values()]);
    const verdicts = unjudged.map(({ id, body }) => ({ subjectId: id, judgements: [judgementOf(`CVE-${body.name}`)] }));
    const first = () => ({ cause: 'first-seen' as const, changes: {} });
    await writeVerdicts(transaction, verdicts, { revision: 'r', rules: 'r' }, 1, first);
    const profile = await upsertProfile(transaction, [], null, 0);
    const before = await holdOccurrences(transaction, image);
    const occurrences = packages.map((pkg) => ({ subjectId: ids.get(subjectKey(subjectOf(pkg))) ?? 0, judged, pkg }));
    await writeInventory(transaction, image, reading, occurrences);
    await writeResult(transaction, image, reading, derived, profile);
    if (before !== undefined) await noteOccurrenceChanges(transaction, image, before, reading.readers);
  });

/** What the page of the image tells, without what a reading before told. */
async function told(since = 0): Promise<readonly string[]> {
  const { items } = await listImageHistory(database, image, { limit: 50 });
  const words = items.map(({ vulnerability, event, cause }) => `${vulnerability} ${event}: ${cause}`);
  return words.slice(0, words.length - since).sort();
}

it('says that the package changed where the same readers found others, and names those alone', async () => {
  await read({ npm: 1, deb: 3 }, ['stays', 'goes']);
  expect(await told()).toEqual([]);
  await read({ deb: 3, npm: 1 }, ['stays', 'comes']);
  expect(await told()).toEqual(['CVE-comes appeared: package-changed', 'CVE-goes vanished: package-changed']);
  // The same again is no change.
  await read({ npm: 1, deb: 3 }, ['comes', 'stays']);
  expect(await told()).toHaveLength(2);
});

it.each([
  ['a newer version of one', { npm: 2, deb: 3 }],
  ['one more', { npm: 1, deb: 3, gem: 1 }],
  ['one less', { npm: 1 }],
])('says that the analyzer is another one where %s read it', async (_, readers) => {
  await read({ npm: 1, deb: 3 }, ['stays', 'goes']);
  await read(readers, ['stays', 'comes']);
  expect(await told()).toEqual(['CVE-comes appeared: analyzer-version', 'CVE-goes vanished: analyzer-version']);
  // From there on by the same readers: of each reading its own cause.
  await read(readers, ['stays', 'comes', 'later']);
  expect(await told(2)).toEqual(['CVE-later appeared: package-changed']);
});

it('says nothing where other readers found the same', async () => {
  await read({ npm: 1 }, ['stays']);
  await read({ npm: 2 }, ['stays']);
  expect(await told()).toEqual([]);
});

it('takes a package that is judged no more for one that went', async () => {
  await read({ npm: 1 }, ['stays']);
  await read({ npm: 2 }, ['stays'], false);
  expect(await told()).toEqual(['CVE-stays vanished: analyzer-version']);
});
