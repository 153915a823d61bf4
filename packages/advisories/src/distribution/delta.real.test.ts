import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { changedKeys } from '../database/changes.ts';
import { SMALL, SMALL_FEEDS, type SmallContents } from '../database/small-mirror.ts';
import { applyDelta } from './apply-delta.ts';
import { exportDatabase, importDatabase } from './carrying.ts';
import { revisionContents } from './contents.testing.ts';
import { emptyCache, keyPair, smallPublisher } from './small-database.ts';
import { writeDelta } from './write-delta.ts';

const key = keyPair();
const { 'package-0': _gone, ...kept } = SMALL.tracker as Record<string, Record<string, string>>;

/** A record is new, one is gone, one says something else; in each of the kinds that a feed may hold. */
const steps: readonly SmallContents[] = [
  SMALL,
  { ...SMALL, kev: { ...SMALL.kev, 'CVE-2024-1001': '2024-06-01' } },
  { ...SMALL, tracker: { ...kept, 'package-1': { 'CVE-2024-1001': '2.0-1' }, new: { 'CVE-2024-1': '1' } } },
  { ...SMALL, tracker: kept, epss: { 'CVE-2024-1000': 0.75, 'CVE-2024-9': 0.1 } },
  SMALL,
];

let built: Promise<readonly string[]> | undefined;

/** Built once: no test writes to them. */
function revisions(): Promise<readonly string[]> {
  built ??= buildRevisions();
  return built;
}

async function buildRevisions(): Promise<readonly string[]> {
  const publisher = smallPublisher();
  const paths: string[] = [];
  for (const [at, contents] of steps.entries()) {
    const report = await publisher.build(contents, `2026-09-0${at + 1}T00:00:00Z`);
    expect(report.unchanged).toBe(false);
    paths.push(report.path);
  }
  return paths;
}

async function follower(first: string): Promise<string> {
  return await importDatabase(first, emptyCache());
}

async function deltaOf(from: string, to: string): Promise<string> {
  const file = path.join(emptyCache(), 'changes.zst');
  expect(await writeDelta(from, to, file)).toBeGreaterThan(0);
  return file;
}

describe('changes from one revision to another', () => {
  it('make row for row what was published, step after step and over several steps at once', async () => {
    const [first = '', ...rest] = await revisions();
    let at = await follower(first);
    for (const [index, next] of rest.entries()) {
      at = await applyDelta(at, await deltaOf([first, ...rest][index] ?? '', next), [], 'the console');
      expect(revisionContents(at)).toEqual(revisionContents(next));
    }
    const leap = await applyDelta(await follower(first), await deltaOf(first, rest[2] ?? ''), [], 'the console');
    expect(revisionContents(leap)).toEqual(revisionContents(rest[2] ?? ''));
  });

  it('name only what differs', async () => {
    const [first = '', second = ''] = await revisions();
    const text = zstdDecompressSync(readFileSync(await deltaOf(first, second))).toString();
    const [header = '', ...lines] = text.trim().split('\n');
    expect(JSON.parse(header).feeds.map(({ id }: { id: string }) => id)).toEqual(['cisa-kev']);
    expect(lines.map((line) => JSON.parse(line).slice(0, 3))).toEqual([['fact', 0, 202400001001]]);
  });

  it('carry what vendors state, product by product, and so do the keys that are judged again', async () => {
    const publisher = smallPublisher([...SMALL_FEEDS, 'dhi-vex']);
    // Many of one, so that what is taken back is no tenth of the hub.
    const many = Array.from({ length: 30 }, (_, at) => `CVE-2024-${at}`);
    const hubs: readonly SmallContents['hub'][] = [
      { busybox: many, gone: ['CVE-2024-1'], redis: ['CVE-2024-1'], same: ['CVE-2024-1'] },
      { busybox: many, new: ['CVE-2024-3'], redis: ['CVE-2024-1', 'CVE-2024-2'], same: ['CVE-2024-1'] },
    ];
    const build = async (hub: SmallContents['hub'], now: string) =>
      (await publisher.build({ ...SMALL, ...(hub === undefined ? {} : { hub }) }, now)).path;
    const first = await build(hubs[0], '2026-09-01T00:00:00Z');
    const second = await build(hubs[1], '2026-09-02T00:00:00Z');
    const [from, to] = [first, second].map((location) => revisionContents(location).statements);
    // Served under two names each.
    expect([from?.length, to?.length]).toEqual([8, 8]);
    expect(from).not.toEqual(to);
    const file = await deltaOf(first, second);
    const taken = await applyDelta(await follower(first), file, [], 'there');
    expect(revisionContents(taken)).toEqual(revisionContents(second));
    const keys = ['dhi.io', 'docker.io/dhi'].flatMap((at) =>
      ['gone', 'new', 'redis'].map((name) => `oci:${at}/${name}`),
    );
    const [, ...lines] = zstdDecompressSync(readFileSync(file)).toString().trim().split('\n');
    const named = lines.map((line) => JSON.parse(line)).map(([kind, , product]) => `${kind} ${product}`);
    expect(named.sort()).toEqual(
      keys.map((key) => `${key.endsWith('gone') ? 'no-statements' : 'statements'} ${key}`).sort(),
    );
    const nothing = { packages: [], facts: [], releases: [] };
    expect(changedKeys(first, taken)).toEqual({ ...nothing, products: keys.sort() });
    expect(changedKeys(taken, first)).toEqual({ ...nothing, products: keys });
  });

  it('carry the signature of the revision that they make', async () => {
    const [first = '', second = ''] = await revisions();
    const packed = path.join(emptyCache(), 'signed.zst');
    await exportDatabase(second, packed, key.signing);
    const signed = await importDatabase(packed, emptyCache());
    const base = await follower(first);
    await expect(applyDelta(base, await deltaOf(first, second), key.trusted, 'there')).rejects.toMatchObject({
      code: 'database-invalid',
      message: expect.stringContaining('not signed'),
    });
    await expect(applyDelta(base, await deltaOf(first, signed), keyPair().trusted, 'there')).rejects.toMatchObject({
      message: expect.stringContaining('no trusted key'),
    });
    expect(readdirSync(path.dirname(base))).toEqual([path.basename(base)]);
    const taken = await applyDelta(base, await deltaOf(first, signed), key.trusted, 'there');
    expect(revisionContents(taken)).toEqual(revisionContents(second));
  });

  const spoiled: readonly [string, (text: string) => string | Buffer][] = [
    ['say something else of a fact', (text) => text.replace('2024-06-01', '2024-06-02')],
    ['leave a line out', (text) => `${text.split('\n')[0]}\n`],
    ['are cut', (text) => text.slice(0, -5)],
    ['are for another revision', (text) => text.replace(/"from":"[0-9a-f]{64}"/, `"from":"${'0'.repeat(64)}"`)],
    ['promise another revision', (text) => text.replace(/"to":"[0-9a-f]{64}"/, `"to":"${'0'.repeat(64)}"`)],
    ['change a feed that they do not name', (text) => text.replace('["fact",0,', '["fact",1,')],
    ['name a feed that is not there', (text) => text.replace('"id":"cisa-kev"', '"id":"other"')],
    ['are of a later form', (text) => text.replace('"version":1,"schema"', '"version":2,"schema"')],
    ['are no JSON', () => 'SELECT 1;\n'],
    ['are not packed', () => Buffer.from('plain text')],
    ['are empty', () => ''],
  ];
  it.each(spoiled)('are refused when they %s, and nothing is left', async (_name, spoil) => {
    const [first = '', second = ''] = await revisions();
    const base = await follower(first);
    const file = await deltaOf(first, second);
    const made = spoil(zstdDecompressSync(readFileSync(file)).toString());
    writeFileSync(file, typeof made === 'string' ? zstdCompressSync(made) : made);
    await expect(applyDelta(base, file, [], 'the console')).rejects.toMatchObject({ code: 'database-invalid' });
    expect(readdirSync(path.dirname(base))).toEqual([path.basename(base)]);
  });

  it('that unpack without end are refused', async () => {
    const [first = ''] = await revisions();
    const base = await follower(first);
    const file = path.join(emptyCache(), 'bomb.zst');
    writeFileSync(file, zstdCompressSync(Buffer.alloc(80 * 1024 ** 2, 'x')));
    await expect(applyDelta(base, file, [], 'the console')).rejects.toMatchObject({ code: 'limit-exceeded' });
  });
});
