import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { findDatabase } from '../database/find.ts';
import { verifyDatabase } from '../database/revision.ts';
import { exportDatabase, importDatabase, verifyFile } from './carrying.ts';
import { revisionContents } from './contents.testing.ts';
import { revisionSignature } from './signed-revision.ts';
import { emptyCache, keyPair, smallPublisher } from './small-database.ts';

const key = keyPair();
let built: string;
let revision: string;
let older: string;

beforeAll(async () => {
  ({ path: built, revision } = await smallPublisher().build());
  ({ path: older } = await smallPublisher().build(
    { kev: { 'CVE-2024-1000': '2024-05-01' }, tracker: { bash: { 'CVE-2024-1': '2' } }, epss: { 'CVE-2024-1': 0.1 } },
    '2026-08-01T00:00:00Z',
  ));
});

async function exported(signed: boolean): Promise<string> {
  const file = path.join(emptyCache(), 'hullcheck.db.zst');
  await exportDatabase(built, file, signed ? key.signing : undefined);
  return file;
}

describe('carrying a database as one file', () => {
  it('gives the same rows on the other side, and the same file for the same database', async () => {
    const [file, again] = [await exported(false), await exported(false)];
    expect(readFileSync(again)).toEqual(readFileSync(file));
    const cacheDir = emptyCache();
    const taken = await importDatabase(file, cacheDir);
    expect(revisionContents(taken)).toEqual(revisionContents(built));
    expect(await findDatabase(cacheDir)).toMatchObject({ revision, origin: 'cache' });
  });

  it('takes a plain database as well', async () => {
    expect(revisionContents(await importDatabase(built, emptyCache()))).toEqual(revisionContents(built));
  });

  const spoiled: readonly [string, (file: string) => void, object][] = [
    ['cut', (file) => truncateSync(file, readFileSync(file).byteLength - 40), { code: 'database-invalid' }],
    [
      'changed in one bit',
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.byteLength >> 1] = (bytes[bytes.byteLength >> 1] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
      { code: 'database-invalid' },
    ],
    ['something else', (file) => writeFileSync(file, 'no database '.repeat(100)), { code: 'database-invalid' }],
    ['empty', (file) => writeFileSync(file, ''), { code: 'database-invalid' }],
    [
      'packed by another program',
      (file) => writeFileSync(file, gzipSync(readFileSync(built))),
      { code: 'database-invalid' },
    ],
    [
      'a bomb',
      (file) => writeFileSync(file, zstdCompressSync(Buffer.alloc(100 * 1024 ** 2))),
      { code: 'limit-exceeded' },
    ],
    [
      'of another schema',
      (file) => alter(file, 'pragma user_version = 2'),
      { code: 'database-invalid', message: expect.stringContaining('it has schema 2, this version reads schema 1') },
    ],
    [
      'of other content than its name',
      (file) => alter(file, `update fact set body = '{"x":"attacked"}'`),
      { code: 'database-invalid' },
    ],
    [
      'one whose table is a view',
      (file) =>
        alter(file, 'alter table support rename to real; create view support as select * from real where random() % 2'),
      { code: 'database-invalid', message: expect.stringContaining('its tables are not') },
    ],
    [
      'one with a trigger',
      (file) => alter(file, 'create trigger t after insert on meta begin delete from fact; end'),
      { code: 'database-invalid' },
    ],
    ['missing', (file) => rmSync(file), { code: 'database-missing' }],
  ];
  it.each(spoiled)('refuses a file that is %s, and the database in use stays', async (_name, spoil, fault) => {
    const cacheDir = emptyCache();
    const inUse = await importDatabase(older, cacheDir);
    const file = await exported(false);
    spoil(file);
    await expect(importDatabase(file, cacheDir)).rejects.toMatchObject(fault);
    await expect(verifyFile(file, cacheDir)).rejects.toMatchObject(fault);
    expect(readdirSync(path.join(cacheDir, 'databases'))).toEqual([path.basename(inUse)]);
    await expect(importDatabase(file, cacheDir)).rejects.toMatchObject({
      message: expect.not.stringContaining('.building'),
    });
  });
});

describe('carrying a database with keys', () => {
  it('accepts the signature beside the file, or else the one in it', async () => {
    const file = await exported(true);
    expect(await verifyFile(file, emptyCache(), key.trusted)).toMatchObject({ revision, path: file });
    const taken = await importDatabase(file, emptyCache(), key.trusted);
    expect(revisionSignature(taken, key.trusted)).toBe('signed');
    rmSync(`${file}.sig`);
    expect(path.basename(await importDatabase(file, emptyCache(), key.trusted))).toBe(`${revision}.db`);
    // The plain database that came out of it, too: the signature is of what it says, not of how it is packed.
    expect(await verifyFile(taken, emptyCache(), key.trusted)).toMatchObject({ revision });
  });

  it('refuses what is not signed, signed by another or signed beside by another', async () => {
    const cacheDir = emptyCache();
    const inUse = await importDatabase(older, cacheDir);
    const refused = (file: string, reason: string, keys = key.trusted) =>
      expect(importDatabase(file, cacheDir, keys)).rejects.toMatchObject({
        code: 'database-invalid',
        message: expect.stringContaining(reason),
      });
    await refused(await exported(false), 'not signed');
    const file = await exported(true);
    await refused(file, 'no trusted key made the signature beside it', keyPair().trusted);
    writeFileSync(`${file}.sig`, 'not base64!');
    await refused(file, 'no trusted key made the signature beside it');
    rmSync(`${file}.sig`);
    await refused(file, 'no trusted key signed it', keyPair().trusted);
    expect(readdirSync(path.join(cacheDir, 'databases'))).toEqual([path.basename(inUse)]);
  });

  it('refuses a signed database whose time of building was moved', async () => {
    const file = await exported(true);
    rmSync(`${file}.sig`);
    alter(file, `update meta set value = '2027-01-01T00:00:00Z' where key = 'built_at'`);
    expect(await verifyFile(file, emptyCache())).toMatchObject({ revision });
    await expect(importDatabase(file, emptyCache(), key.trusted)).rejects.toMatchObject({ code: 'database-invalid' });
  });

  it('tells the states of a signature apart', async () => {
    const taken = await importDatabase(await exported(true), emptyCache());
    expect(revisionSignature(taken, [])).toBe('not-verified');
    expect(revisionSignature(taken, keyPair().trusted)).toBe('wrongly-signed');
    expect(revisionSignature(built, key.trusted)).toBe('not-signed');
    expect(verifyDatabase(taken).revision).toBe(revision);
  });
});

/** Unpacks, runs this SQL and packs again: a file that somebody made on purpose. */
function alter(file: string, sql: string): void {
  const plain = `${file}.plain`;
  copyFileSync(file, plain);
  writeFileSync(plain, zstdDecompressSync(readFileSync(file)));
  const connection = new DatabaseSync(plain);
  connection.exec(sql);
  connection.close();
  writeFileSync(file, zstdCompressSync(readFileSync(plain)));
  rmSync(plain);
}
