import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, type LayerReport, subjectKey, subjectOf } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { cleaningLimits } from '../work/limits.ts';
import { databaseForEach } from './cloned.testing.ts';
import { upsertProfile } from './coverage-profiles.ts';
import type { Database, Transaction } from './database.ts';
import { listImageHistory } from './history.ts';
import { judgementOf, packageOf } from './judged.testing.ts';
import { findLayerReport, knownLayers, saveLayerReport } from './layers.ts';
import { holdOccurrences, noteOccurrenceChanges } from './occurrences.ts';
import { type CleaningLimits, type Orphaned, orphaned, removeOrphans } from './orphans.ts';
import { writeInventory, writeResult } from './results.ts';
import { consoleDomain } from './scope.ts';
import { holdVerdicts, lockUnjudged, upsertSubjects } from './subjects.ts';
import { writeVerdicts } from './verdicts.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const layerOf = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}` as Digest;

const reportOf = (name: string): LayerReport => ({
  schemaVersion: 1,
  compression: 'none',
  diffId: layerOf(name),
  blobDigest: layerOf(name),
  blobBytes: 1,
  tarBytes: 1,
  entries: 1,
  readers: {},
  whiteouts: [],
  opaque: [],
  links: {},
  problems: [],
  evidence: [],
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

async function makeImage(): Promise<string> {
  const { rows } = await database.query<{ id: string }>('insert into image default values returning id');
  return rows[0]?.id ?? '';
}

/** Writes what a reading found, as an assessment does: each package has a flaw of its own name, and one that all share. */
async function write(
  transaction: Transaction,
  image: string,
  names: readonly string[],
  layers: readonly string[] = [],
): Promise<void> {
  const packages = names.map((name) => packageOf(name));
  const reading = {
    facts: {
      id: null,
      name: 'app',
      source: 'docker-archive' as const,
      digests: [],
      tags: [],
      platform: null,
      created: null,
      size: null,
      layers: layers.map((name) => ({
        diffId: layerOf(name),
        digest: null,
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        size: 1,
        createdBy: null,
        empty: false,
      })),
    },
    readBy: layers.map(() => 'console'),
    readByAll: 'console',
    readers: {},
    inventory: { operatingSystem: null, packages, problems: [] },
  };
  const ids = await upsertSubjects(transaction, packages.map(subjectOf));
  await holdVerdicts(transaction, 'reading');
  const unjudged = await lockUnjudged(transaction, [...ids.values()]);
  const judged = unjudged.map(({ id, body }) => ({
    subjectId: id,
    judgements: [`CVE-${body.name}`, 'CVE-of-all'].map((id) => judgementOf(id, { aliases: [`${id}-alias`] })),
  }));
  const first = () => ({ cause: 'first-seen' as const, changes: {} });
  await writeVerdicts(transaction, judged, { revision: 'r', rules: 'r' }, 1, first);
  const profile = await upsertProfile(transaction, [], null, 0);
  const before = await holdOccurrences(transaction, image);
  const occurrences = packages.map((one) => ({
    subjectId: ids.get(subjectKey(subjectOf(one))) ?? 0,
    judged: true,
    pkg: one,
  }));
  await writeInventory(transaction, image, reading, occurrences);
  await writeResult(transaction, image, reading, derived, profile);
  if (before !== undefined) await noteOccurrenceChanges(transaction, image, before, reading.readers);
}

const read = (image: string, names: readonly string[], layers: readonly string[] = []) =>
  database.write((transaction) => write(transaction, image, names, layers));
const save = (name: string, domain = consoleDomain) =>
  database.write((transaction) => saveLayerReport(transaction, domain, reportOf(name)));
const find = (name: string) => findLayerReport(database, consoleDomain, layerOf(name));

const limits: CleaningLimits = { ...cleaningLimits, waitMs: 200 };

/** A whole round of each table. Answers how many rows went in each step. */
async function clean(more: Partial<CleaningLimits> = {}, whats: readonly Orphaned[] = orphaned): Promise<number[]> {
  await database.query('update cleaning set due_at = now(), after = 0 where what = any($1)', [whats]);
  const steps: number[] = [];
  for (const what of whats) {
    for (;;) {
      const gone = await removeOrphans(database, what, { ...limits, ...more });
      if (gone === undefined) break;
      steps.push(gone);
    }
  }
  return steps;
}

const namesOf = async (sql: string) => (await database.query<{ name: string }>(sql)).rows.map(({ name }) => name);
const subjects = () => namesOf(`select body ->> 'name' as name from subject order by 1`);
const packages = () => namesOf('select name from package order by 1');
const groups = () => namesOf('select display_id as name from vulnerability_group order by 1');
const layers = async () =>
  (await namesOf('select diff_id as name from layer')).map((id) =>
    Buffer.from(id.slice(7), 'hex').toString().replaceAll('\u0000', ''),
  );
/** As if all layers had been read and used two days ago. */
const age = () =>
  database.query(`update layer_report set created_at = now() - interval '2 days', used_at = now() - interval '2 days'`);

it('removes what no image has any more, and keeps what another one has', async () => {
  const [one, two] = [await makeImage(), await makeImage()];
  await read(one, ['own', 'shared'], ['base', 'top']);
  await read(two, ['shared', 'other'], ['base']);
  for (const name of ['base', 'top']) await save(name);
  await age();
  await clean();
  expect([await subjects(), await packages(), await groups(), (await layers()).sort()]).toEqual([
    ['other', 'own', 'shared'],
    ['other', 'own', 'shared'],
    ['CVE-of-all', 'CVE-other', 'CVE-own', 'CVE-shared'],
    ['base', 'top'],
  ]);
  await database.query('delete from image where id = $1', [one]);
  await clean();
  expect([await subjects(), await packages(), await groups(), await layers()]).toEqual([
    ['other', 'shared'],
    ['other', 'shared'],
    ['CVE-of-all', 'CVE-other', 'CVE-shared'],
    ['base'],
  ]);
  expect(await find('base')).toBeDefined();
  const { rows } = await database.query(
    `select (select count(*)::int from verdict) as verdicts, (select count(*)::int from vulnerability_alias) as aliases,
            (select count(*)::int from subject_lookup) as lookups, (select count(*)::int from layer_report) as reports`,
  );
  expect(rows).toEqual([{ verdicts: 4, aliases: 6, lookups: 2, reports: 1 }]);
  await database.query('delete from image');
  await age();
  await clean();
  expect([await subjects(), await packages(), await groups(), await layers()]).toEqual([[], [], [], []]);
});

it('keeps what an image had before it was read again: its history tells of it', async () => {
  const image = await makeImage();
  await read(image, ['before', 'always']);
  await read(image, ['always', 'after']);
  const history = await listImageHistory(database, image, { limit: 10 });
  expect(history.items.map(({ event, name }) => `${name} ${event}`).sort()).toEqual([
    'after appeared',
    'after appeared',
    'before vanished',
    'before vanished',
  ]);
  await clean();
  expect(await listImageHistory(database, image, { limit: 10 })).toEqual(history);
  expect(await subjects()).toEqual(['after', 'always', 'before']);
});

it('removes sets of ecosystems that no image needs', async () => {
  const profile = (ecosystems: readonly string[]) =>
    database.write((transaction) => upsertProfile(transaction, ecosystems, null, 0));
  await read(await makeImage(), ['a']);
  for (const ecosystems of [['npm'], ['Debian:12', 'npm']]) await profile(ecosystems);
  expect(await clean({}, ['coverage_profile'])).toEqual([2]);
  const { rows } = await database.query('select ecosystems from coverage_profile');
  expect(rows).toEqual([{ ecosystems: [] }]);
  const { rows: used } = await database.query('select profile_id as id from image_result');
  expect(used).toEqual([{ id: await profile([]) }]);
});

it('goes in small steps, each from where the last one ended, and then waits', async () => {
  const image = await makeImage();
  const names = Array.from({ length: 7 }, (_, n) => `p${n}`);
  await read(image, [...names, 'kept']);
  await database.query('delete from image where id = $1', [image]);
  await read(await makeImage(), ['kept', 'later']);
  // Three of seven rows, then as many ids as there are.
  expect(await clean({ orphansMax: 3 }, ['package'])).toEqual([3, 3, 1]);
  // Two verdicts on each subject.
  expect(await clean({ verdictsMax: 4 }, ['subject'])).toEqual([2, 2, 2, 1]);
  expect(await clean({ idsMax: 3 }, ['vulnerability_group'])).toHaveLength(4);
  expect(await subjects()).toEqual(['kept', 'later']);
  expect(await groups()).toEqual(['CVE-kept', 'CVE-later', 'CVE-of-all']);
  expect(await removeOrphans(database, 'subject', limits)).toBeUndefined();
});

it('takes one subject at least, however many verdicts hang on it', async () => {
  const image = await makeImage();
  await read(image, ['a', 'b']);
  await database.query('delete from image');
  expect(await clean({ verdictsMax: 1 }, ['subject'])).toEqual([1, 1]);
});

it('gives way to a reading that is being written, and keeps what that came to need', async () => {
  const image = await makeImage();
  await read(image, ['old'], ['layer']);
  await database.query('delete from image');
  const next = await makeImage();
  await database.write(async (transaction) => {
    await write(transaction, next, ['old'], ['layer']);
    for (const what of ['subject', 'package', 'layer'] as const) {
      expect(await removeOrphans(database, what, limits)).toBeUndefined();
    }
  });
  await clean();
  expect([await subjects(), await packages(), await layers()]).toEqual([['old'], ['old'], ['layer']]);
});

it('waits for no judging, which takes its turn after turn', async () => {
  await read(await makeImage(), ['a']);
  await database.query('delete from image');
  await database.write(async (transaction) => {
    await holdVerdicts(transaction, 'judging');
    const startedMs = performance.now();
    for (const what of ['subject', 'package'] as const)
      expect(await removeOrphans(database, what, limits)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(10 * limits.waitMs);
  });
  expect(await removeOrphans(database, 'subject', limits)).toBe(1);
});

it('lets two that clean at once take different turns', async () => {
  await read(await makeImage(), ['a']);
  await database.query('delete from image');
  await database.write(async (transaction) => {
    await transaction.query(`select 1 from cleaning where what = 'subject' for update`);
    expect(await removeOrphans(database, 'subject', limits)).toBeUndefined();
  });
  expect(await removeOrphans(database, 'subject', limits)).toBe(1);
});

it('keeps the report of a layer for a day after it was made, used or promised', async () => {
  for (const name of ['made', 'used', 'known', 'idle']) await save(name);
  await database.query(
    `update layer_report set used_at = now() - interval '2 days' where layer_id <> (select id from layer where diff_id = $1)`,
    [layerOf('made')],
  );
  expect(await find('used')).toBeDefined();
  expect(await knownLayers(database, consoleDomain, [layerOf('known')], {})).toHaveLength(1);
  expect(await clean({}, ['layer'])).toEqual([1]);
  expect((await layers()).sort()).toEqual(['known', 'made', 'used']);
  expect(await find('idle')).toBeUndefined();
  const { rowCount } = await database.query('select 1 from layer_report');
  expect(rowCount).toBe(3);
});

it('keeps layers that an agent named, and those that an alarm tells of', async () => {
  const { rows } = await database.query<{ id: string }>(
    `with a as (insert into agent (scope_id, name, version) values ('00000000-0000-4000-8000-000000000001', 'a', '1') returning id)
     insert into trust_domain (id, kind) select id, 'agent' from a returning id`,
  );
  const agent = rows[0]?.id ?? '';
  for (const name of ['named', 'alarm', 'neither']) await save(name, agent);
  await age();
  await database.query(`insert into agent_reading (image_id, agent_id, reading) values ($1, $2, $3)`, [
    await makeImage(),
    agent,
    JSON.stringify({ layers: [{ diffId: layerOf('x') }, { diffId: layerOf('named'), empty: false }] }),
  ]);
  await database.query(
    'insert into reading_alarm (layer_id, ended_at) select id, now() from layer where diff_id = $1',
    [layerOf('alarm')],
  );
  await clean();
  expect((await layers()).sort()).toEqual(['alarm', 'named']);
});

it('loses nothing of readings that come and go while it is at work', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `p${n}`);
  const startedMs = performance.now();
  let stale = 0;
  // A machine that is busy takes longer to meet as often.
  const isOver = () => performance.now() - startedMs > (stale > 100 ? 3_000 : 40_000);
  const reader = async (from: number) => {
    for (let turn = from; !isOver(); turn += 1) {
      const image = await makeImage();
      const mine = names.filter((_, at) => (at + turn) % 3 === 0);
      const layer = `l${from}`;
      // As a reading does: a known layer's report is not made again.
      if ((await find(layer)) === undefined) await save(layer);
      await read(image, mine, [layer]);
      const { rows } = await database.query<{ name: string; flaws: number }>(
        `select p.name, count(v.id)::int as flaws from occurrence o join package p on p.id = o.package_id join subject s on s.id = o.subject_id
         left join verdict v on v.subject_id = s.id and v.valid_to is null where o.image_id = $1 group by p.name, o.position order by o.position`,
        [image],
      );
      expect(rows).toEqual(mine.map((name) => ({ name, flaws: 2 })));
      expect(await find(layer)).toBeDefined();
      await database.query('delete from image where id = $1', [image]);
      // Two days later the next one takes it, or what cleans does.
      await database.query(
        `update layer_report set used_at = now() - interval '2 days' where layer_id = (select id from layer where diff_id = $1)`,
        [layerOf(layer)],
      );
      await sleep(turn % 3);
    }
  };
  const cleaner = async (what: Orphaned) => {
    while (!isOver()) {
      await database.query('update cleaning set due_at = now(), after = 0 where what = $1', [what]);
      // Not `stale += await`: that would add to what stood there before the wait, and the other cleaners' counts be lost.
      const found = await removeOrphans(database, what, { ...limits, waitMs: 1_000 });
      stale += found ?? 0;
      await sleep(1);
    }
  };
  await Promise.all([...[0, 1, 2, 3].map(reader), ...orphaned.map(cleaner)]);
  // It had something to do.
  expect(stale).toBeGreaterThan(100);
  await clean();
  expect(await subjects()).toEqual([]);
}, 60_000);
