import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { hashRecords } from './index.ts';

const folder = join(import.meta.dirname, '../../analyzers/rpm/testdata');
const PAGE = 512;
const TYPE_OVERFLOW = 7;
const TYPE_HASH = 13;

/** Eight buckets, one of them never filled; each header in a chain of overflow pages. Made by Oracle's own loader. */
const whole = readFileSync(join(folder, 'Packages'));

function read(bytes: Uint8Array) {
  const records = [...hashRecords(memoryFile('Packages', bytes))];
  return {
    keys: records.flatMap((record) => (record.kind === 'record' ? [record.key] : [])).sort((a, b) => a - b),
    faults: records.flatMap((record) => (record.kind === 'fault' ? [record.reason] : [])),
  };
}

function pagesOf(bytes: Uint8Array, type: number): readonly number[] {
  const pages = Array.from({ length: bytes.byteLength / PAGE }, (_, page) => page);
  return pages.filter((page) => bytes[page * PAGE + 25] === type && page > 0);
}

/** A copy with one change; `view` is little-endian as the file is. */
function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = Uint8Array.from(whole);
  change(new DataView(bytes.buffer));
  return bytes;
}

/** Where the overflow items of hash pages lie: type, three unused bytes, first page, length. */
function overflowItems(): readonly number[] {
  return pagesOf(whole, TYPE_HASH).flatMap((page) => {
    const view = new DataView(whole.buffer, whole.byteOffset + page * PAGE, PAGE);
    const entries = view.getUint16(20, true);
    return Array.from({ length: entries }, (_, index) => view.getUint16(26 + index * 2, true))
      .filter((start) => view.getUint8(start) === 3)
      .map((start) => page * PAGE + start);
  });
}

describe('a hash database', () => {
  it('gives every record of every bucket, once', () => {
    expect(read(whole)).toEqual({ keys: [0, 1, 2, 3, 4, 5, 6], faults: [] });
  });

  it('is read in the byte order that wrote it', () => {
    expect(read(readFileSync(join(folder, 'Packages.big-endian')))).toEqual({
      keys: [0, 1, 2, 3, 4, 5, 6],
      faults: [],
    });
  });
});

describe('a broken hash database', () => {
  const [item = 0] = overflowItems();
  const [overflow = 0, second = 0] = pagesOf(whole, TYPE_OVERFLOW);

  // claircore's bad_hoffpage_len.Packages, and lengths that would be allocated before anything is read.
  it.each([
    [1, 'longer than its 1 bytes'],
    [100_000, 'too short'],
    [0x7fff_ffff, 'above databaseRecordBytesMax'],
    [0xffff_ffff, 'above databaseRecordBytesMax'],
  ])('with an off-page length of %i loses that record and says so', (length, reason) => {
    const { keys, faults } = read(changed((view) => view.setUint32(item + 8, length, true)));
    expect(keys).toHaveLength(6);
    expect(faults).toEqual([expect.stringContaining(reason)]);
  });

  // go-rpmdb went round for ever: an off-page item that leads to a page of another type.
  it.each([0, 1, 9999])('with an off-page item that leads to page %i ends', (page) => {
    const { keys, faults } = read(changed((view) => view.setUint32(item + 4, page, true)));
    expect(keys).toHaveLength(6);
    expect(faults).toHaveLength(1);
  });

  it('with a cyclic overflow chain ends', () => {
    for (const [from, to] of [
      [overflow, overflow],
      [second, overflow],
    ] as const) {
      const { keys, faults } = read(changed((view) => view.setUint32(from * PAGE + 16, to, true)));
      expect(keys).toHaveLength(6);
      expect(faults).toEqual([expect.stringContaining('of another chain')]);
    }
  });

  it('with a cyclic chain of hash pages ends', () => {
    const [page = 0] = pagesOf(whole, TYPE_HASH);
    const { keys, faults } = read(changed((view) => view.setUint32(page * PAGE + 16, page, true)));
    expect(keys).toHaveLength(7);
    expect(faults).toEqual([expect.stringContaining('of another chain')]);
  });

  it('with an entry outside of its page, too many entries or an odd number of them says so', () => {
    const page = (pagesOf(whole, TYPE_HASH)[1] ?? 0) * PAGE;
    expect(read(changed((view) => view.setUint16(page + 26, 0xffff, true))).faults).toHaveLength(1);
    expect(read(changed((view) => view.setUint16(page + 20, 0xfffe, true))).faults).toHaveLength(1);
    expect(read(changed((view) => view.setUint16(page + 20, 1, true))).faults).toHaveLength(1);
  });

  it('with a bucket whose page is of another type says so', () => {
    const page = (pagesOf(whole, TYPE_HASH)[1] ?? 0) * PAGE;
    const { keys, faults } = read(changed((view) => view.setUint8(page + 25, 0)));
    expect(keys).toHaveLength(6);
    expect(faults).toEqual([expect.stringContaining('is no hash page')]);
  });

  it('that states four billion buckets is read as far as it has pages', () => {
    const { faults } = read(changed((view) => view.setUint32(72, 0xffff_ffff, true)));
    expect(faults[0]).toMatch(/buckets do not fit/);
    expect(faults.length).toBeLessThan(100);
  });

  it('that is cut off gives what is left and says so', () => {
    const { keys, faults } = read(whole.subarray(0, 20 * PAGE));
    expect(keys.length).toBeGreaterThan(2);
    expect(faults[0]).toBe('the database has 20 of its 33 pages');
    expect(read(whole.subarray(0, 400)).faults).toEqual(['the Berkeley DB metadata page is cut off']);
  });

  it.each([
    [12, 0x053162, 'a Berkeley DB b-tree, not the hash that rpm writes'],
    [12, 1, 'no Berkeley DB header'],
    [16, 4, 'Berkeley DB hash version 4 is not 5 to 10'],
    [20, 100, 'the Berkeley DB page size is no power of two of 512 to 65536'],
    [24, 0x0801, 'the Berkeley DB pages are encrypted or have checksums, which rpm never writes'],
  ])('is refused by its header: %i, %i', (at, value, reason) => {
    expect(read(changed((view) => view.setUint32(at, value, true)))).toEqual({ keys: [], faults: [reason] });
  });
});
