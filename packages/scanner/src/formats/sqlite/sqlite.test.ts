import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { Readable } from '../text/index.ts';
import { findTable, openSqlite, openWriteAheadLog, parseRecord, type TableEvent, walkTable } from './index.ts';
import { readVarint } from './varint.ts';

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

function readable(bytes: Uint8Array): Readable {
  return { sizeBytes: bytes.byteLength, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Deterministic content that shows where a page was taken for another. */
function blobOf(row: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (row * 31 + at * 7 + (at >> 8)) & 0xff));
}

function* eventsOf(bytes: Uint8Array, table: string): Generator<TableEvent> {
  const sqlite = openSqlite(readable(bytes));
  if (sqlite.kind === 'fault') return yield sqlite;
  const root = findTable(sqlite, table);
  if (typeof root !== 'number') return yield root;
  yield* walkTable(sqlite, root);
}

const rowsOf = (bytes: Uint8Array, table = 'Packages'): ReadonlyMap<number, string> =>
  new Map(
    [...eventsOf(bytes, table)].flatMap((event) =>
      event.kind === 'row'
        ? [[event.rowId, Buffer.from(parseRecord(event.payload)?.[1]?.bytes ?? []).toString('hex')]]
        : [],
    ),
  );

function makeDatabase(name: string, pageBytes: number, lengths: readonly number[]): Uint8Array {
  const path = join(folder, name);
  const database = new DatabaseSync(path);
  database.exec(
    `pragma page_size = ${pageBytes}; create table Other (a, b); create table Packages (hnum integer primary key, blob blob not null)`,
  );
  const insert = database.prepare('insert into Packages values (?, ?)');
  database.exec('begin');
  for (const [row, length] of lengths.entries()) insert.run(row + 1, blobOf(row + 1, length));
  database.exec('delete from Packages where hnum % 7 = 3; commit');
  database.close();
  return readFileSync(path);
}

describe('a table', () => {
  const lengths = [0, 1, 100, 400, 476, 477, 478, 490, 500, 1000, 4056, 4057, 4058, 4096, 9000, 65_500, 200_000];
  const rows = Array.from({ length: 120 }, (_, at) => lengths[at % lengths.length] ?? 0);

  it.each([512, 1024, 4096, 65_536])(
    'is read whole at a page size of %i, deleted rows and free pages left out',
    (pageBytes) => {
      const bytes = makeDatabase(`pages-${pageBytes}`, pageBytes, rows.slice(0, pageBytes === 512 ? 60 : 120));
      const found = rowsOf(bytes);
      const count = pageBytes === 512 ? 60 : 120;
      const expected = rows
        .slice(0, count)
        .flatMap((length, at) => (at % 7 === 2 ? [] : [[at + 1, blobOf(at + 1, length).toString('hex')]]));
      expect([...found]).toEqual(expected);
      expect([...eventsOf(bytes, 'Packages')].filter(({ kind }) => kind === 'fault')).toEqual([]);
    },
  );

  it('of ten thousand rows is walked through its interior pages in order', () => {
    const bytes = makeDatabase(
      'deep',
      512,
      Array.from({ length: 10_000 }, () => 20),
    );
    const numbers = [...rowsOf(bytes).keys()];
    expect(numbers.length).toBe(10_000 - Math.ceil((10_000 - 2) / 7));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('that the schema does not have is a fault', () => {
    const bytes = makeDatabase('names', 1024, [10]);
    expect([...eventsOf(bytes, 'packages')]).toMatchObject([
      { kind: 'fault', reason: 'the schema has no table packages' },
    ]);
  });
});

describe('a damaged database', () => {
  const whole = makeDatabase(
    'damaged',
    1024,
    Array.from({ length: 40 }, (_, at) => at * 100),
  );
  const faultsOf = (bytes: Uint8Array): readonly string[] =>
    [...eventsOf(bytes, 'Packages')].flatMap((event) => (event.kind === 'fault' ? [event.reason] : []));

  it('that is cut off says which pages are missing', () => {
    expect(faultsOf(whole.subarray(0, whole.byteLength - 20_000)).join()).toMatch(/not in the file/);
    expect(faultsOf(whole.subarray(0, 99))).toEqual(['the SQLite header is cut off']);
    expect(faultsOf(whole.subarray(0, 5))).toEqual(['no SQLite header']);
  });

  it('whose overflow chain turns back on itself ends', () => {
    const cyclic = Uint8Array.from(whole);
    const view = new DataView(cyclic.buffer);
    // Overflow pages begin with the number of the next one: each leads to itself.
    for (let page = 4; page <= cyclic.byteLength / 1024; page += 1) {
      const at = (page - 1) * 1024;
      if (view.getUint8(at) === 0 && view.getUint32(at) !== 0) view.setUint32(at, page);
    }
    expect(faultsOf(cyclic).some((reason) => /continues on page \d+ of another place/.test(reason))).toBe(true);
  });

  it('whose tree turns back on itself ends', () => {
    const cyclic = Uint8Array.from(
      makeDatabase(
        'cyclic',
        512,
        Array.from({ length: 200 }, () => 100),
      ),
    );
    const view = new DataView(cyclic.buffer);
    const root = findTable(openOk(cyclic), 'Packages');
    if (typeof root !== 'number') throw new Error('no root');
    view.setUint32((root - 1) * 512 + 8, root);
    expect(faultsOf(cyclic)).toEqual([`page ${root} has two places in the table`]);
  });

  it('whose cells overlap is not read many times over', () => {
    const bytes = Uint8Array.from(makeDatabase('overlap', 65_536, [60_000, 10, 10, 10]));
    const root = findTable(openOk(bytes), 'Packages');
    if (typeof root !== 'number') throw new Error('no root');
    const at = (root - 1) * 65_536;
    const view = new DataView(bytes.buffer);
    const first = view.getUint16(at + 8);
    view.setUint16(at + 3, 2000);
    for (let cell = 0; cell < 2000; cell += 1) view.setUint16(at + 8 + cell * 2, first);
    expect(faultsOf(bytes)).toEqual([`page ${root} is no page of a table`]);
  });

  function openOk(bytes: Uint8Array) {
    const sqlite = openSqlite(readable(bytes));
    if (sqlite.kind === 'fault') throw new Error(sqlite.reason);
    return sqlite;
  }
});

describe('a write-ahead log', () => {
  const path = join(folder, 'logged');
  const database = new DatabaseSync(path);
  database.exec(
    'pragma page_size = 1024; pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table Packages (hnum integer primary key, blob blob not null)',
  );
  const insert = database.prepare('insert into Packages values (?, ?)');
  for (let row = 1; row <= 5; row += 1) insert.run(row, blobOf(row, 3000));
  const log = readFileSync(`${path}-wal`);
  database.close();

  const open = (bytes: Uint8Array) => openWriteAheadLog(readable(bytes));

  it('gives the last committed content of each page', () => {
    const opened = open(log);
    if (opened.kind === 'fault') throw new Error(opened.reason);
    expect(opened.broken).toBeNull();
    const root = findTable({ ...opened, encoding: 'utf-8' }, 'Packages');
    const rows = typeof root === 'number' ? [...walkTable(opened, root)].filter(({ kind }) => kind === 'row') : [];
    expect(rows.length).toBe(5);
  });

  it('ends at the last commit where it is cut off', () => {
    const frames = (log.byteLength - 32) / (24 + 1024);
    let before = -1;
    for (let kept = 0; kept <= frames; kept += 1) {
      const opened = open(log.subarray(0, 32 + kept * (24 + 1024) + 100));
      if (opened.kind === 'fault') throw new Error(opened.reason);
      expect(opened.broken).toBeNull();
      expect(opened.numbers.length).toBeGreaterThanOrEqual(before);
      before = opened.numbers.length;
    }
    expect(before).toBeGreaterThan(10);
  });

  it('says where a frame fails its checksum', () => {
    const changed = Uint8Array.from(log);
    changed[log.byteLength - 500] = (changed[log.byteLength - 500] ?? 0) ^ 1;
    expect(open(changed)).toMatchObject({
      kind: 'log',
      broken: { reason: expect.stringContaining('fails its checksum') },
    });
  });

  it.each([
    ['magic number', 0, 'no write-ahead log header'],
    ['format', 5, 'write-ahead log format'],
    ['salt', 17, 'the header of the write-ahead log fails its checksum'],
  ])('with another %s is a fault', (_, at, reason) => {
    const changed = Uint8Array.from(log);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    expect(open(changed)).toMatchObject({ kind: 'fault', reason: expect.stringContaining(reason) });
  });
});

it('reads integers of one to nine bytes', () => {
  const read = (...bytes: readonly number[]) => readVarint(Uint8Array.from(bytes), 0);
  expect(read(0x7f)).toEqual({ value: 127, next: 1 });
  expect(read(0x81, 0x00)).toEqual({ value: 128, next: 2 });
  expect(read(0x82, 0x80, 0x01)).toEqual({ value: 32_769, next: 3 });
  expect(read(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x05)).toEqual({ value: 5, next: 9 });
  expect(read(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toBeUndefined();
  expect(read(0x80)).toBeUndefined();
});
