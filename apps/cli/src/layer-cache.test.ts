import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, type LayerReport, type ProblemCode, parseDigest } from '@hullcheck/core';
import { parseLayerReport } from '@hullcheck/scanner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LayerCacheOptions, openLayerCache } from './layer-cache.ts';
import { layerCacheLimits } from './limits.ts';

let home: string;
let folder: string;
const refusals: string[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hullcheck-layers-'));
  folder = join(home, 'cache', 'layers');
  refusals.length = 0;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function digest(character: string): Digest {
  const parsed = parseDigest(`sha256:${character.repeat(64)}`);
  if (parsed === undefined) throw new Error('no digest');
  return parsed;
}

const report = (diffId: Digest, problem?: ProblemCode): LayerReport => ({
  schemaVersion: 1,
  diffId,
  blobDigest: diffId,
  compression: 'none',
  blobBytes: 1024,
  tarBytes: 1024,
  entries: 1,
  readers: { walker: 1, apk: 2 },
  whiteouts: [],
  opaque: [],
  links: { 'bin/sh': '/bin/busybox' },
  evidence: [{ analyzer: 'apk', path: 'lib/apk/db/installed', data: [{ name: 'müsl' }] }],
  problems: problem === undefined ? [] : [{ code: problem, path: 'a', layer: diffId, detail: 'x' }],
});

const open = (options: Partial<LayerCacheOptions> = {}) =>
  openLayerCache({
    folder,
    readers: { walker: 1, apk: 2 },
    parse: parseLayerReport,
    uid: process.getuid?.() ?? -1,
    now: Date.now,
    streamed: false,
    refuse: (reason) => void refusals.push(reason),
    ...options,
  });

async function keep(...reports: readonly LayerReport[]): Promise<string> {
  const cache = open();
  for (const one of reports) await cache.save(one);
  await cache.close();
  const [file] = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.includes('a'.repeat(64)));
  return join(folder, file ?? '');
}

const base = report(digest('a'));

describe('kept layer reports', () => {
  it('are found by the layer and by who read it', async () => {
    await keep(base);
    expect(await open().find(base.diffId, null)).toEqual(base);
    expect(await open().find(digest('b'), null)).toBeUndefined();
    expect(await open({ readers: { walker: 1, apk: 3 } }).find(base.diffId, null)).toBeUndefined();
    expect(await open({ readers: { apk: 2, walker: 1 } }).find(base.diffId, null)).toEqual(base);
    expect(refusals).toEqual([]);
  });

  it('are of the stored bytes that the manifest names, where it names any', async () => {
    await keep({ ...base, blobDigest: digest('9') });
    expect((await open().find(base.diffId, digest('9')))?.blobDigest).toBe(digest('9'));
    expect(await open().find(base.diffId, digest('8'))).toBeUndefined();
    expect((await open().find(base.diffId, null))?.blobDigest).toBe(digest('9'));
  });

  it("are this user's alone", async () => {
    const file = await keep(base);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['cut short', (file: string) => truncateSync(file, statSync(file).size - 1)],
    ['emptied', (file: string) => truncateSync(file, 0)],
    ['longer', (file: string) => writeFileSync(file, ' ', { flag: 'a' })],
    ['changed in one letter', (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('sl"', 'sk"'))],
    ['replaced by JSON of another shape', (file: string) => writeFileSync(file, '{}')],
    ['larger than any report', (file: string) => truncateSync(file, layerCacheLimits.reportBytesMax * 2)],
  ])('that were %s are as if they had not been kept, and are written anew', async (_, damage) => {
    const file = await keep(base);
    damage(file);
    expect(await open().find(base.diffId, null)).toBeUndefined();
    await keep(base);
    expect(await open().find(base.diffId, null)).toEqual(base);
  });

  it('are not believed under the name of another layer', async () => {
    const file = await keep(base);
    renameSync(file, file.replace('a'.repeat(64), 'b'.repeat(64)));
    expect(await open().find(digest('b'), null)).toBeUndefined();
  });

  it('are not kept when time or memory ended a file, or a stream could not show all', async () => {
    for (const problem of ['timed-out', 'crashed'] as const) await keep(report(digest('c'), problem));
    const streamed = open({ streamed: true });
    await streamed.save(report(digest('d'), 'unsupported'));
    await streamed.close();
    expect(existsSync(folder)).toBe(false);
    await keep(report(digest('a'), 'unsupported'), report(digest('e'), 'truncated'));
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('appear whole when many processes write and read them at once', async () => {
    const caches = Array.from({ length: 20 }, () => open());
    const found = await Promise.all(
      caches.map(async (cache) => {
        await cache.save(base);
        const early = await cache.find(base.diffId, null);
        await cache.close();
        return [early ?? base, await cache.find(base.diffId, null)];
      }),
    );
    for (const pair of found) expect(pair).toEqual([base, base]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe('a folder', () => {
  it.each([
    ['that others may read', () => chmodSync(folder, 0o755), {}],
    ['of another user', () => undefined, { uid: 12_345 }],
    [
      'that is a link',
      () => {
        renameSync(folder, `${folder}-elsewhere`);
        symlinkSync(`${folder}-elsewhere`, folder);
      },
      {},
    ],
  ])('%s is neither believed nor written to, and that is told once', async (_, change, options) => {
    await keep(base);
    change();
    const cache = open(options);
    expect(await cache.find(base.diffId, null)).toBeUndefined();
    expect(await cache.find(digest('b'), null)).toBeUndefined();
    await cache.save(report(digest('b')));
    await cache.close();
    expect(readdirSync(folder)).toHaveLength(1);
    expect(refusals).toEqual([expect.stringContaining(folder)]);
  });

  it('that can not be made fails nothing', async () => {
    writeFileSync(join(home, 'cache'), 'a file');
    const cache = open();
    await cache.save(base);
    await cache.close();
    expect(await cache.find(base.diffId, null)).toBeUndefined();
  });

  it('that grew too large loses what was not used for longest', async () => {
    const file = await keep(base);
    utimesSync(file, 1, 1);
    expect(await open().find(base.diffId, null)).toEqual(base);
    const old = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((name) => join(folder, `${name}.json`));
    for (const [index, path] of old.entries()) {
      writeFileSync(path, '');
      // Sparse: they take no room.
      truncateSync(path, 60 * 1024 * 1024);
      utimesSync(path, 1000 + index, 1000 + index);
    }
    mkdirSync(join(folder, 'stays.json'));
    writeFileSync(join(folder, '.dead.part'), 'x');
    utimesSync(join(folder, '.dead.part'), 1, 1);
    await keep(report(digest('b')));
    const left = readdirSync(folder);
    expect(left.filter((name) => /^\d\.json$/.test(name)).sort()).toEqual([
      '3.json',
      '4.json',
      '5.json',
      '6.json',
      '7.json',
      '8.json',
      '9.json',
    ]);
    expect(left).toContain('stays.json');
    expect(left).not.toContain('.dead.part');
    expect(await open().find(base.diffId, null)).toEqual(base);
  });
});
