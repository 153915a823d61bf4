import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { archiveEntries } from './archive.ts';
import { ZIP_WINDOW_BYTES } from './limits.ts';
import { memorySnapshot } from './snapshot.ts';
import { tarEntries } from './tar.ts';
import { inChunks, listOf, tarBytes, zipBytes } from './test-archives.ts';

const FILES = [
  { path: 'a/one.json', text: '{"id":1}' },
  { path: 'a/two.txt', text: 'x'.repeat(1500) },
  { path: 'b/three.json', text: '' },
];

async function pathsIn(name: string, bytes: Uint8Array): Promise<readonly string[]> {
  const { files } = memorySnapshot('f', [], { [name]: { part: 'f', bytes } });
  const [file] = files;
  if (file === undefined) return [];
  const entries = await listOf(archiveEntries(file, (path) => path.endsWith('.json')));
  return entries.map(({ path, bytes: body }) => `${path}:${Buffer.from(body ?? []).toString()}`);
}

const WANTED = ['a/one.json:{"id":1}', 'b/three.json:'];

test('gives the wanted files of a tar, packed in any way, and of a zip', async () => {
  const tar = tarBytes(FILES);
  expect(await pathsIn('f.tar', tar)).toEqual(WANTED);
  expect(await pathsIn('f.tar.gz', gzipSync(tar))).toEqual(WANTED);
  expect(await pathsIn('f.tar.zst', zstdCompressSync(tar))).toEqual(WANTED);
  expect(await pathsIn('f.zip', zipBytes(FILES))).toEqual(WANTED);
  expect(await pathsIn('f.zip', zipBytes(FILES.map((file) => ({ ...file, stored: true }))))).toEqual(WANTED);
  expect(await pathsIn('f.zip', zipBytes(FILES, 'zip64'))).toEqual(WANTED);
});

test('reads a zip that is larger than its window, and one with an entry that is', async () => {
  const text = randomBytes(ZIP_WINDOW_BYTES).toString('base64');
  const parts = [text.slice(0, 1_000_000), text.slice(1_000_000, 4_000_000), text, '{}'];
  const files = parts.map((part, at) => ({ path: `${at}.json`, text: part, stored: at % 2 === 0 }));
  expect(await pathsIn('f.zip', zipBytes(files))).toEqual(files.map(({ path, text: body }) => `${path}:${body}`));
});

test('refuses a zip64 whose locator or end record lies', async () => {
  const whole = zipBytes(FILES, 'zip64');
  const locator = whole.lastIndexOf('PK\x06\x07', undefined, 'latin1');
  const broken = (at: number, value: bigint): Buffer => {
    const bytes = Buffer.from(whole);
    bytes.writeBigUInt64LE(value, at);
    return bytes;
  };
  const end64 = locator - 56;
  for (const bytes of [
    broken(locator + 8, 1n << 60n),
    broken(locator + 8, 0n),
    broken(end64 + 40, 1n << 40n),
    broken(end64 + 48, (1n << 64n) - 1n),
    whole.subarray(locator),
  ]) {
    await expect(pathsIn('f.zip', bytes)).rejects.toMatchObject({ name: 'Fault' });
  }
  await expect(pathsIn('f.zip', broken(end64 + 32, 1n << 30n))).rejects.toMatchObject({ code: 'limit-exceeded' });
});

test('reads a tar however its bytes are cut', async () => {
  const tar = tarBytes(FILES);
  for (const size of [1, 7, 511, 512, 513, 100_000]) {
    const entries = await listOf(tarEntries(inChunks(tar, size), 'f.tar', () => true));
    expect(entries.map(({ path, bytes }) => [path, bytes?.byteLength])).toEqual([
      ['a/one.json', 8],
      ['a/two.txt', 1500],
      ['b/three.json', 0],
    ]);
  }
});

test('takes long names from GNU and pax headers', async () => {
  const long = `${'d/'.repeat(80)}file.json`;
  const record = `${String(long.length + 10).length + 1 + 'path='.length + long.length + 1} path=${long}\n`;
  const pax = tarBytes([
    { path: 'x', text: record, type: 'x' },
    { path: 'short', text: '1' },
  ]);
  const gnu = tarBytes([
    { path: 'x', text: `${long}\0`, type: 'L' },
    { path: 'short', text: '2' },
  ]);
  for (const bytes of [pax, gnu]) {
    const entries = await listOf(tarEntries(inChunks(bytes, 512), 'f.tar', () => true));
    expect(entries.map(({ path }) => path)).toEqual([long]);
  }
});

test('passes over links and devices', async () => {
  const bytes = tarBytes([
    { path: 'link.json', text: '', type: '2' },
    { path: 'device.json', text: '', type: '3' },
    { path: 'a.json', text: '1' },
  ]);
  expect(await pathsIn('f.tar', bytes)).toEqual(['a.json:1']);
});

test.each([
  ['a tar cut in a file', 'f.tar', tarBytes(FILES).subarray(0, 700), 'truncated'],
  ['a tar without its end', 'f.tar', tarBytes(FILES).subarray(0, 1024), 'truncated'],
  ['a tar whose header was changed', 'f.tar', Buffer.from(tarBytes(FILES)).fill(0x41, 0, 1), 'feed-invalid'],
  ['bytes that are no tar', 'f.tar', Buffer.alloc(1024, 'no tar at all'), 'feed-invalid'],
  ['a cut zstd frame', 'f.tar.zst', zstdCompressSync(tarBytes(FILES)).subarray(0, 60), 'feed-invalid'],
  ['bytes that are no gzip', 'f.tar.gz', Buffer.from('nothing'), 'feed-invalid'],
  ['a zip without its directory', 'f.zip', zipBytes(FILES).subarray(0, 90), 'feed-invalid'],
  ['an empty zip file', 'f.zip', Buffer.alloc(0), 'feed-invalid'],
  ['an unknown kind', 'f.rar', Buffer.from('Rar!'), 'unsupported'],
])('refuses %s', async (_name, file, bytes, code) => {
  const reading = (async () => pathsIn(file, bytes))();
  await expect(reading).rejects.toMatchObject({ name: 'Fault', code });
});

test('refuses a zip entry that unpacks to more than it says', async () => {
  const bytes = Buffer.from(zipBytes([{ path: 'bomb.json', text: '0'.repeat(100_000) }]));
  const directory = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  bytes.writeUInt32LE(10, directory + 24);
  await expect(pathsIn('f.zip', bytes)).rejects.toMatchObject({ code: 'feed-invalid' });
});
