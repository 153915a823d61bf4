import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import {
  buildDatabase,
  changedKeys,
  exportDatabase,
  findDatabase,
  importDatabase,
  loadStarter,
  openDatabase,
  pruneDatabases,
  type UpdateOptions,
  updateDatabase,
  verifyDatabase,
} from '../index.ts';
import { NOW, SMALL, SMALL_FEEDS, type SmallContents, type SmallMirror, smallMirror } from './small-mirror.ts';

let mirror: SmallMirror;

beforeEach(() => {
  mirror = smallMirror();
  mirror.write(SMALL);
});

const options = (more: Partial<UpdateOptions> = {}): UpdateOptions => ({
  cacheDir: mirror.cacheDir,
  source: { kind: 'mirror', location: mirror.folder },
  now: NOW,
  feeds: SMALL_FEEDS,
  ...more,
});
const built = async (contents: SmallContents, now = NOW) => {
  mirror.write(contents);
  return await buildDatabase(options({ now }));
};
const stateOf = (report: Awaited<ReturnType<typeof buildDatabase>>, id: string) =>
  report.feeds.find((feed) => feed.id === id);

test('what the feeds say is found again by ecosystem and name', async () => {
  const report = await buildDatabase(options());
  expect(report.feeds.map(({ id, state, records }) => [id, state, records])).toEqual([
    ['cisa-kev', 'loaded', 1],
    ['debian-tracker', 'loaded', 20],
    ['epss', 'loaded', 2],
  ]);
  expect(path.basename(report.path)).toBe(`${report.revision}.db`);

  const database = openDatabase(report.path);
  expect(database.builtAt).toBe(NOW);
  const hits = database.advisoriesFor([
    { ecosystem: 'debian:12', name: 'package-3' },
    { ecosystem: 'debian:12', name: 'package-3' },
    { ecosystem: 'debian:13', name: 'package-3' },
    { ecosystem: 'npm', name: 'package-3' },
    { ecosystem: 'debian:12', name: 'absent' },
  ]);
  expect(hits.map(({ id, feed, affected }) => [id, feed, affected.map(({ ranges }) => ranges[0]?.fixed)])).toEqual([
    ['CVE-2024-1003', 'debian-tracker', ['1.0-1']],
  ]);
  const facts = database.factsFor(['CVE-2024-1000', 'CVE-2024-1001', 'CVE-2024-1002', 'GO-2024-1', 'CVE-2024-1000']);
  expect([...facts.keys()]).toEqual(['CVE-2024-1000', 'CVE-2024-1001']);
  expect(facts.get('CVE-2024-1000')).toEqual({
    id: 'CVE-2024-1000',
    published: null,
    cvss: null,
    epss: { probability: 0.5, date: '2026-08-22', model: null },
    kev: { addedAt: '2024-05-01', ransomware: false },
    exploit: 'attacked',
    categories: [],
  });
  expect(database.sources.map(({ id, updatedAt, extent, ecosystems }) => [id, updatedAt, extent, ecosystems])).toEqual([
    ['cisa-kev', '2026-08-07T16:00:00Z', 'whole', []],
    ['debian-tracker', '2026-08-21T00:00:00Z', 'excerpt', ['debian:12']],
    ['epss', '2026-08-22T00:00:00Z', 'excerpt', []],
  ]);
  expect(database.status()).toMatchObject({ advisories: 20, packages: 20, facts: 2, schemaVersion: 1 });
  database.close();
});

test('equal feeds make an equal revision, byte for byte; later the same one stays in use', async () => {
  const first = await buildDatabase(options());
  const bytes = readFileSync(first.path);
  rmSync(first.path);
  const second = await buildDatabase(options());
  expect(second.path).toBe(first.path);
  expect(readFileSync(second.path).equals(bytes)).toBe(true);

  const third = await updateDatabase(options({ now: '2026-09-02T00:00:00Z' }));
  expect(third).toMatchObject({ unchanged: true, path: first.path, builtAt: NOW });
  expect(readFileSync(third.path).equals(bytes)).toBe(true);
});

test('an update takes what changed, copies the rest, and says which keys differ', async () => {
  const before = await buildDatabase(options());
  mirror.write({
    kev: { ...SMALL.kev, 'CVE-2024-1005': '2024-06-01' },
    tracker: {
      ...(typeof SMALL.tracker === 'string' ? {} : SMALL.tracker),
      'package-1': { 'CVE-2024-1001': '1.0-2' },
      new: { 'CVE-2024-2000': '3' },
    },
    epss: SMALL.epss,
  });
  const after = await updateDatabase(options({ now: '2026-09-02T00:00:00Z' }));
  expect(after.feeds.map(({ id, state }) => [id, state])).toEqual([
    ['cisa-kev', 'loaded'],
    ['debian-tracker', 'loaded'],
    ['epss', 'unchanged'],
  ]);
  expect(existsSync(before.path)).toBe(true);
  expect(changedKeys(before.path, after.path)).toEqual({
    packages: [
      { ecosystem: 'debian:12', name: 'new' },
      { ecosystem: 'debian:12', name: 'package-1' },
    ],
    facts: ['CVE-2024-1005'],
    products: [],
    releases: [],
  });
  expect(changedKeys(after.path, before.path)).toEqual(changedKeys(before.path, after.path));
  expect(changedKeys(after.path, after.path)).toEqual({ packages: [], facts: [], products: [], releases: [] });

  // A feed that only one of them has changes all that it says, and moves the ordinals of the others.
  const without = await buildDatabase(options({ feeds: SMALL_FEEDS.filter((id) => id !== 'cisa-kev') }));
  const changed = changedKeys(without.path, after.path);
  expect(changed).toEqual({
    packages: [],
    facts: ['CVE-2024-1005', ...Object.keys(SMALL.kev)].sort(),
    products: [],
    releases: [],
  });
  expect(changedKeys(after.path, without.path)).toEqual(changed);

  // The way does not matter: from nothing it is the same revision.
  expect((await buildDatabase(options())).revision).toBe(after.revision);
});

test('an update writes only what changed into a copy, and what lies about its contents is not built on', async () => {
  const before = await buildDatabase(options());
  const alter = (location: string, sql: string) => {
    const file = new DatabaseSync(location);
    file.exec(sql);
    file.close();
  };
  mirror.write({ ...SMALL, epss: { 'CVE-2024-1000': 0.75, 'CVE-2024-1001': 0.25 } });
  const after = await updateDatabase(options({ now: '2026-09-02T00:00:00Z' }));
  expect(verifyDatabase(after.path).revision).toBe(after.revision);
  const ids = (location: string) => {
    const file = new DatabaseSync(location, { readOnly: true });
    const rows = file.prepare('select id, name from advisory order by id').all();
    file.close();
    return rows;
  };
  expect(ids(after.path)).toEqual(ids(before.path));

  alter(after.path, `update fact set body = replace(body, '0.75', '0.95')`);
  expect(() => verifyDatabase(after.path)).toThrow('its content is not what its name says');
  alter(after.path, `update fact set body = replace(body, '0.95', '0.75')`);
  expect(verifyDatabase(after.path).revision).toBe(after.revision);
  alter(after.path, `update meta set value = replace(value, '"epss":"', '"epss":"0') where key = 'contents'`);
  expect(() => verifyDatabase(after.path)).toThrow('its content is not what its name says');
});

test('feeds that were not asked for stay as they were', async () => {
  const all = await buildDatabase(options());
  mirror.write({ ...SMALL, epss: { 'CVE-2024-1000': 0.75, 'CVE-2024-1001': 0.25 } });
  const one = await updateDatabase(options({ feeds: ['epss'] }));
  expect(one.sources.map(({ id }) => id)).toEqual(all.sources.map(({ id }) => id));
  expect(changedKeys(all.path, one.path)).toEqual({
    packages: [],
    facts: ['CVE-2024-1000'],
    products: [],
    releases: [],
  });
});

test('a feed that loses more than a tenth keeps its last good data until somebody allows it', async () => {
  const before = await buildDatabase(options());
  const fewer = Object.fromEntries(Object.entries(SMALL.tracker).slice(0, 17));
  mirror.write({ ...SMALL, tracker: fewer });
  const kept = await updateDatabase(options());
  expect(stateOf(kept, 'debian-tracker')).toMatchObject({ state: 'kept', records: 20, fault: { code: 'feed-shrank' } });
  expect(stateOf(kept, 'debian-tracker')?.fault?.message).toContain('--allow-shrink debian-tracker');
  expect(kept.path).toBe(before.path);
  const other = await updateDatabase(options({ allowShrink: ['epss'] }));
  expect(stateOf(other, 'debian-tracker')).toMatchObject({ state: 'kept', records: 20 });
  await expect(updateDatabase(options({ allowShrink: ['debian'] }))).rejects.toMatchObject({ code: 'invalid-input' });
  const allowed = await updateDatabase(options({ allowShrink: ['debian-tracker'] }));
  expect(stateOf(allowed, 'debian-tracker')).toMatchObject({ state: 'loaded', records: 17 });

  mirror.write({ ...SMALL, tracker: Object.fromEntries(Object.entries(SMALL.tracker).slice(0, 16)) });
  expect(stateOf(await updateDatabase(options()), 'debian-tracker')).toMatchObject({ state: 'loaded', records: 16 });
});

test.each([
  ['cut', '{"package-0":{"CVE-2024-1000":', 'truncated'],
  ['another thing', '<html>busy</html>', 'truncated'],
  ['empty of records', '{}', 'feed-invalid'],
])('a feed that is %s keeps its last good data, and the others are taken', async (_name, tracker, code) => {
  const before = await buildDatabase(options());
  mirror.write({ ...SMALL, tracker, kev: { ...SMALL.kev, 'CVE-2024-1009': '2024-06-01' } });
  const after = await updateDatabase(options());
  expect(stateOf(after, 'debian-tracker')).toMatchObject({ state: 'kept', records: 20, fault: { code } });
  expect(stateOf(after, 'cisa-kev')).toMatchObject({ state: 'loaded', records: 2 });
  expect(changedKeys(before.path, after.path).packages).toEqual([]);
  expect(stateOf(await buildDatabase(options()), 'debian-tracker')).toMatchObject({ state: 'failed', fault: { code } });
});

test('a mirror whose file is not what its manifest names is not taken', async () => {
  const before = await buildDatabase(options());
  writeFileSync(path.join(mirror.folder, 'epss', 'epss.csv'), 'cve,epss\nCVE-2024-1000,0.1\n');
  mirror.write = () => {};
  const manifest = path.join(mirror.folder, 'MANIFEST.json');
  const text = readFileSync(manifest, 'utf8').replaceAll(/"bytes":\d+(?=,"sha256":"[0-9a-f]{64}"}]}])/g, '"bytes":27');
  writeFileSync(manifest, text.replaceAll('various dates', 'other dates').replace('2026-08-22', '2026-08-23'));
  const after = await updateDatabase(options());
  expect(stateOf(after, 'epss')?.state).toBe('kept');
  expect(after.path).toBe(before.path);
});

test.each([
  ['../outside', 'feed-invalid'],
  ['/etc/passwd', 'feed-invalid'],
  ['a/../../b', 'feed-invalid'],
])('a mirror cannot name a file outside itself: %s', async (name, code) => {
  const manifest = [{ id: 'epss', snapshotDate: '', files: [{ path: name, bytes: 1, sha256: '0'.repeat(64) }] }];
  writeFileSync(path.join(mirror.folder, 'MANIFEST.json'), JSON.stringify(manifest));
  await expect(buildDatabase(options())).rejects.toMatchObject({ code });
});

test('without any feed there is no database; an unknown feed is refused', async () => {
  mirror.write({ kev: {}, tracker: '', epss: {} });
  await expect(buildDatabase(options())).rejects.toMatchObject({ code: 'feed-invalid' });
  expect(readdirSync(path.join(mirror.cacheDir, 'databases'))).toEqual([]);
  await expect(buildDatabase(options({ feeds: ['nvd'] }))).rejects.toMatchObject({ code: 'invalid-input' });
  rmSync(path.join(mirror.folder, 'MANIFEST.json'));
  await expect(buildDatabase(options())).rejects.toMatchObject({ code: 'not-found' });
});

test('a cancelled build leaves nothing behind', async () => {
  await expect(buildDatabase(options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'cancelled' });
  expect(readdirSync(path.join(mirror.cacheDir, 'databases'))).toEqual([]);
});

test('builds at the same time do not disturb each other', async () => {
  const reports = await Promise.all(Array.from({ length: 4 }, () => updateDatabase(options())));
  expect(new Set(reports.map(({ revision }) => revision)).size).toBe(1);
  expect(readdirSync(path.join(mirror.cacheDir, 'databases'))).toEqual([`${reports[0]?.revision}.db`]);
  for (const { path: location } of reports) verifyDatabase(location);
});

test('progress names each feed and how it ended', async () => {
  const seen: string[] = [];
  await buildDatabase(options({ onProgress: (id, state, records) => seen.push(`${id} ${state} ${records}`) }));
  expect(seen).toContain('debian-tracker parsing 0');
  expect(seen.filter((line) => line.includes('loaded'))).toEqual([
    'cisa-kev loaded 1',
    'debian-tracker loaded 20',
    'epss loaded 2',
  ]);
});

test('a file that is damaged, cut, foreign, of another schema or renamed is refused by name, and the newest valid one found', async () => {
  const old = await buildDatabase(options());
  const folder = path.dirname(old.path);
  const bytes = readFileSync(old.path);
  const write = (name: string, content: Uint8Array) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const cut = write('cut.db', bytes);
  truncateSync(cut, bytes.byteLength - 4096);
  const otherSchema = Buffer.from(bytes);
  otherSchema.writeUInt32BE(99, 60);
  const foreign = path.join(folder, 'foreign.db');
  const connection = new DatabaseSync(foreign);
  connection.exec('create table t (x)');
  connection.close();
  for (const location of [
    cut,
    foreign,
    write('empty.db', Buffer.alloc(0)),
    write('schema.db', otherSchema),
    write('text.db', Buffer.alloc(200, 'x')),
  ]) {
    expect(() => openDatabase(location)).toThrow(
      expect.objectContaining({ code: 'database-invalid', place: location }),
    );
  }
  expect(() => openDatabase(path.join(folder, 'absent.db'))).toThrow(
    expect.objectContaining({ code: 'database-missing' }),
  );

  // A byte of a value changed: it opens, but it is not what its name says.
  const changed = Buffer.from(bytes);
  changed.write('9.9-9', changed.indexOf('1.0-1'));
  expect(() => verifyDatabase(write('changed.db', changed))).toThrow(
    expect.objectContaining({ code: 'database-invalid' }),
  );

  const newer = await built({ ...SMALL, epss: { 'CVE-2024-1000': 0.6 } }, '2026-09-03T00:00:00Z');
  const found = await findDatabase(mirror.cacheDir, '/absent');
  expect(found).toMatchObject({ path: newer.path, revision: newer.revision, origin: 'cache' });
  expect(found.passedOver.map(({ path: location }) => path.basename(location)).sort()).toEqual([
    'changed.db',
    'cut.db',
    'empty.db',
    'foreign.db',
    'schema.db',
    'text.db',
  ]);
  renameSync(newer.path, path.join(folder, 'renamed.db'));
  expect((await findDatabase(mirror.cacheDir, '/absent')).path).toBe(old.path);
});

test('an exported database is imported elsewhere; a damaged one is not', async () => {
  const report = await buildDatabase(options());
  const packed = path.join(mirror.cacheDir, 'carried.zst');
  const { bytes } = await exportDatabase(report.path, packed);
  expect(bytes).toBe(readFileSync(packed).byteLength);
  const other = path.join(mirror.cacheDir, 'other');
  const imported = await importDatabase(packed, other);
  expect(path.basename(imported)).toBe(`${report.revision}.db`);
  expect((await findDatabase(other, '/absent')).revision).toBe(report.revision);
  expect(await importDatabase(report.path, other)).toBe(imported);

  writeFileSync(packed, readFileSync(packed).subarray(0, 500));
  await expect(importDatabase(packed, path.join(mirror.cacheDir, 'third'))).rejects.toMatchObject({
    code: 'database-invalid',
  });
  expect(readdirSync(path.join(mirror.cacheDir, 'third', 'databases'))).toEqual([]);
});

test('the starter is unpacked once, also by many at the same time', async () => {
  const report = await buildDatabase(options());
  const starter = path.join(mirror.cacheDir, 'starter.zst');
  await exportDatabase(report.path, starter);
  const cacheDir = path.join(mirror.cacheDir, 'fresh');
  const paths = await Promise.all(Array.from({ length: 5 }, () => loadStarter(cacheDir, starter)));
  expect(new Set(paths).size).toBe(1);
  expect(readdirSync(path.join(cacheDir, 'starter'))).toEqual([path.basename(paths[0] ?? '')]);
  expect(await findDatabase(cacheDir, starter)).toMatchObject({ origin: 'starter', revision: report.revision });

  // An update from the starter keeps what it cannot renew.
  mirror.write({ ...SMALL, tracker: '' });
  const updated = await updateDatabase(options({ cacheDir, current: paths[0] ?? '', feeds: ['debian-tracker'] }));
  expect(updated).toMatchObject({ unchanged: true, revision: report.revision });
  await expect(loadStarter(cacheDir, '/absent')).rejects.toMatchObject({ code: 'database-missing' });
  writeFileSync(starter, 'damaged');
  await expect(loadStarter(cacheDir, starter)).rejects.toMatchObject({ code: 'database-invalid' });
});

test('pruning leaves the newest revisions and those that are named', async () => {
  const revisions: string[] = [];
  for (const day of [1, 2, 3, 4]) {
    const epss = { 'CVE-2024-1000': day / 10, 'CVE-2024-1001': 0.25 };
    revisions.push((await built({ ...SMALL, epss }, `2026-09-0${day}T00:00:00Z`)).revision);
  }
  const [first = '', second = '', third = '', fourth = ''] = revisions;
  // Another process may be reading on in what goes.
  const opened = openDatabase(path.join(mirror.cacheDir, 'databases', `${second}.db`));
  expect(await pruneDatabases(mirror.cacheDir, { newest: 2, keep: [first] })).toEqual([fourth, third, first]);
  expect(readdirSync(path.join(mirror.cacheDir, 'databases')).sort()).toEqual(
    [`${first}.db`, `${third}.db`, `${fourth}.db`].sort(),
  );
  expect(opened.factsFor(['CVE-2024-1000']).get('CVE-2024-1000')?.epss?.probability).toBe(0.2);
  expect(opened.advisoriesFor([{ ecosystem: 'debian:12', name: 'package-1' }])).toHaveLength(1);
  opened.close();
});

test('a clock that was put back does not make the new revision the older one', async () => {
  await buildDatabase(options());
  mirror.write({ ...SMALL, epss: { 'CVE-2024-1000': 0.9, 'CVE-2024-1001': 0.25 } });
  const later = await updateDatabase(options({ now: '2026-08-31T23:50:00.123Z' }));
  expect(later.builtAt).toBe('2026-09-01T00:00:01Z');
  expect((await findDatabase(mirror.cacheDir, '/absent')).revision).toBe(later.revision);
});
