import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InflateBudget, isFault, openZipEntry, readZipDirectory, readZipEntry, type ZipEntry } from './index.ts';
import { zipLimits } from './limits.ts';
import { countingFile, type WrittenArchive, type WrittenEntry, writeZip } from './zip-writer.testing.ts';

const all = (): boolean => true;
const budget = (): InflateBudget => new InflateBudget(1 << 30);

/** Names and contents, or what is wrong, of every entry; and the faults of the directory. */
function readAll(bytes: Uint8Array, wants = all): { contents: Record<string, string>; faults: readonly string[] } {
  const file = countingFile(bytes);
  const directory = readZipDirectory(file, wants);
  const faults = directory.faults.map(({ code, fault }) => `${code}: ${fault}`);
  const contents: Record<string, string> = {};
  for (const entry of directory.entries) {
    const read = readZipEntry(file, entry, { bytesMax: 1000, budget: budget() });
    if (isFault(read)) faults.push(`${entry.name} ${read.code}: ${read.fault}`);
    else {
      contents[entry.name] = read.content.toString();
      if (read.doubt !== undefined) faults.push(`${entry.name} ${read.doubt.code}: ${read.doubt.fault}`);
    }
  }
  return { contents, faults };
}

const two: readonly WrittenEntry[] = [
  { name: 'a.txt', content: 'first' },
  { name: 'dir/b.txt', content: 'second', stored: true },
];
const twoContents = { 'a.txt': 'first', 'dir/b.txt': 'second' };

describe('an archive', () => {
  it.each<[string, readonly WrittenEntry[], WrittenArchive]>([
    ['stored and deflated', two, {}],
    ['with a comment', two, { comment: 'made for a test' }],
    [
      'with a comment that holds an end record of nothing',
      two,
      { comment: Buffer.from('PK\u0005\u0006 is no record') },
    ],
    ['with a start script before it, offsets as they were', two, { prefix: Buffer.from('#!/bin/sh\nexec java\n') }],
    [
      'with a start script before it, offsets adjusted',
      two,
      { prefix: Buffer.from('#!/bin/sh\n'), prefixCounted: true },
    ],
    ['with zeros after it', two, { trailer: Buffer.alloc(100) }],
    ['with a signature between directory and end record', two, { beforeEnd: Buffer.from('signing block') }],
    ['with ZIP64 end record', two, { zip64: true }],
    ['with ZIP64 end record behind a start script', two, { zip64: true, prefix: Buffer.alloc(77, 35) }],
    ['with ZIP64 sizes', two.map((entry) => ({ ...entry, zip64: true })), {}],
    ['with sizes after the data', two.map((entry) => ({ ...entry, sizesFollow: true })), {}],
    ['with folders', [{ name: 'dir/', stored: true }, ...two], {}],
  ])('%s is read whole', (_, entries, archive) => {
    expect(readAll(writeZip(entries, archive))).toEqual({ contents: twoContents, faults: [] });
  });

  it('that is empty holds nothing', () => {
    expect(readAll(writeZip([]))).toEqual({ contents: {}, faults: [] });
  });

  it('is read the same in short reads', () => {
    const file = countingFile(writeZip(two), 7);
    const { entries, faults } = readZipDirectory(file, all);
    expect(faults).toEqual([]);
    expect(entries.map((entry) => readZipEntry(file, entry, { bytesMax: 10, budget: budget() }))).toMatchObject([
      { doubt: undefined },
      { doubt: undefined },
    ]);
  });

  it('costs its directory and the wanted entries, not the others', () => {
    const noise = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (Math.imul(at, 2654435761) >>> 13) & 255));
    const bytes = writeZip([{ name: 'big', content: noise, stored: true }, ...two]);
    const file = countingFile(bytes);
    const { entries, count } = readZipDirectory(file, (name) => name === 'a.txt');
    for (const entry of entries) readZipEntry(file, entry, { bytesMax: 10, budget: budget() });
    expect(count).toBe(3);
    expect(file.bytesRead()).toBeLessThan(100_000);
  });

  it('of 65,536 entries without ZIP64, as old tools write it, is read', () => {
    const names = Array.from({ length: 0x10000 }, (_, index) => ({ name: `${index}`, stored: true }));
    const { count, faults } = readZipDirectory(countingFile(writeZip(names)), () => false);
    expect({ count, faults }).toEqual({ count: 0x10000, faults: [] });
  });
});

describe('a directory', () => {
  it.each<[string, Uint8Array, string]>([
    ['missing', Buffer.from('no archive at all'), 'unreadable: no end-of-central-directory record'],
    ['of an empty file', Buffer.alloc(0), 'unreadable: no end-of-central-directory record'],
    [
      'whose end record has a comment beyond the file (CVE-2024-24789)',
      writeZip(two, { end: { comment: 5 } }),
      'unreadable: no end-of-central-directory record',
    ],
    ['of a split archive', writeZip(two, { end: { disk: 3 } }), 'unsupported: the archive is split over several files'],
    [
      'out of range',
      writeZip(two, { end: { offset: 1 << 30 } }),
      'unreadable: no central directory where the end record points',
    ],
    [
      'larger than the file',
      writeZip(two, { end: { bytes: 1 << 20 } }),
      'unreadable: no central directory where the end record points',
    ],
    [
      'of four gigabytes',
      writeZip(two, { end: { bytes: 0xfffffff0 } }),
      'limit-exceeded: the central directory has 4294967280 bytes, above directoryBytesMax',
    ],
    [
      'of ZIP64 that is not there',
      Buffer.concat([writeZip(two).subarray(0, -22), fakeLocator(), endOf(0xffff, 0xffffffff, 0xffffffff)]),
      'unreadable: the ZIP64 end record is missing or out of range',
    ],
  ])('%s is one fault', (_, bytes, fault) => {
    expect(readAll(bytes)).toEqual({ contents: {}, faults: [fault] });
  });

  it('that states more entries than the limit is refused before anything is allocated (CVE-2021-33196)', () => {
    const record = Buffer.from(writeZip(two, { zip64: true }));
    record.writeBigUInt64LE(1n << 40n, record.length - 22 - 20 - 56 + 32);
    expect(readAll(record).faults).toEqual([
      'limit-exceeded: the archive states 1099511627776 entries, above entriesMax',
    ]);
  });

  it('with numbers beyond any file is refused', () => {
    const record = Buffer.from(writeZip(two, { zip64: true }));
    record.writeBigUInt64LE(0xffffffffffffffffn, record.length - 22 - 20 - 56 + 48);
    expect(readAll(record).faults).toEqual(['unreadable: the ZIP64 end record is missing or out of range']);
  });

  it('whose number of entries is wrong is read, and reported', () => {
    expect(readAll(writeZip(two, { end: { entries: 7 } }))).toEqual({
      contents: twoContents,
      faults: ['unreadable: the archive states 7 entries and lists 2'],
    });
  });

  it('that breaks off gives what came before', () => {
    const bytes = Buffer.from(writeZip(two));
    bytes.fill(0, bytes.lastIndexOf(Buffer.from('PK\u0001\u0002')), bytes.length - 22);
    expect(readAll(bytes)).toEqual({
      contents: { 'a.txt': 'first' },
      faults: ['unreadable: the central directory breaks off after 1 entries'],
    });
  });

  it('named by two end records is reported: readers see two archives', () => {
    const inner = writeZip([{ name: 'other.txt', content: 'other' }]);
    const outer = writeZip(two, { comment: inner });
    const { contents, faults } = readAll(outer);
    expect(contents).toEqual({ 'other.txt': 'other' });
    expect(faults).toEqual(['unreadable: two end records name two central directories']);
  });

  it('beside a second one at the stated offset is reported', () => {
    // The same bytes of directory twice: one where the end record points, one that ends at the end record.
    const plain = writeZip(two);
    const directory = plain.subarray(plain.indexOf(Buffer.from('PK\u0001\u0002')), plain.length - 22);
    const { faults } = readAll(Buffer.concat([plain.subarray(0, -22), directory, plain.subarray(-22)]));
    expect(faults[0]).toBe('unreadable: a second central directory lies where the end record points');
  });

  it('with end records by the thousand costs few reads', () => {
    const comment = Buffer.concat(Array.from({ length: 2900 }, () => endOf(1, 46, 0)));
    const file = countingFile(writeZip(two, { comment }));
    readZipDirectory(file, all);
    expect(file.bytesRead()).toBeLessThan(70_000);
  });

  it('of long names full of slashes takes linear time (CVE-2025-61728)', () => {
    const entries = Array.from({ length: 3000 }, (_, index) => ({
      name: `${'a/'.repeat(1500)}${index}`,
      stored: true,
    }));
    const bytes = writeZip(entries);
    const before = process.threadCpuUsage();
    expect(readZipDirectory(countingFile(bytes), () => false).count).toBe(3000);
    expect(process.threadCpuUsage(before).user).toBeLessThan(500_000);
  });

  it('keeps to the number of entries of interest', () => {
    const entries = Array.from({ length: zipLimits.wantedMax + 1 }, (_, index) => ({ name: `${index}`, stored: true }));
    const { entries: kept, faults } = readZipDirectory(countingFile(writeZip(entries)), all);
    expect(kept).toHaveLength(zipLimits.wantedMax);
    expect(faults).toEqual([
      { code: 'limit-exceeded', fault: 'the archive holds more files of interest than wantedMax' },
    ]);
  });

  it('reports a bounded number of faults', () => {
    const entries = Array.from({ length: 100 }, (_, index) => ({ name: `${index}`, central: { offset: 1 << 30 } }));
    expect(readZipDirectory(countingFile(writeZip(entries)), all).faults).toHaveLength(zipLimits.faultsMax);
  });
});

describe('an entry', () => {
  const good: WrittenEntry = { name: 'good.txt', content: 'good' };
  const content = 'content '.repeat(20);

  it.each<[string, WrittenEntry, string]>([
    ['encrypted', { name: 'x', content, central: { flags: 1 } }, 'x unsupported: the entry is encrypted'],
    [
      'behind masked headers',
      { name: 'x', content, central: { flags: 0x2001 } },
      'x unsupported: the entry is encrypted',
    ],
    [
      'of another method',
      { name: 'x', content, central: { method: 93 } },
      'x unsupported: compression method 93 is neither stored nor deflated',
    ],
    [
      'with a wrong checksum',
      { name: 'x', content, central: { crc: 1 }, local: { crc: 1 } },
      'x unreadable: its checksum is wrong',
    ],
    [
      'that inflates to more than it states',
      { name: 'x', content, central: { size: 8 }, local: { size: 8 } },
      'x unreadable: its data is damaged or does not inflate to the stated size',
    ],
    [
      'that inflates to less than it states',
      { name: 'x', content, central: { size: 800 }, local: { size: 800 } },
      'x unreadable: its data is damaged or does not inflate to the stated size',
    ],
    [
      'of damaged data',
      { name: 'x', content, data: Buffer.alloc(40, 0xff) },
      'x unreadable: its data is damaged or does not inflate to the stated size',
    ],
    [
      'above the limit',
      { name: 'x', content: 'y'.repeat(1001) },
      'x limit-exceeded: it has 1001 bytes, above the limit of 1000',
    ],
    [
      'with a size that nothing inflates to',
      { name: 'x', content, central: { size: 900, compressed: 0 } },
      'x unreadable: its data is damaged or does not inflate to the stated size',
    ],
    [
      'stored with two sizes',
      { name: 'x', content, stored: true, central: { size: 5 } },
      'x unreadable: a stored entry has two sizes',
    ],
    [
      'without local header',
      { name: 'x', content, central: { offset: 3, compressed: 5 } },
      'x unreadable: no local header at its place',
    ],
    [
      'beyond the directory',
      { name: 'x', content, central: { offset: 1 << 20 } },
      'unreadable: x: it reaches into the central directory or beyond the file',
    ],
    [
      'whose data reaches beyond the directory',
      { name: 'x', content, central: { compressed: 1 << 20 } },
      'unreadable: x: it reaches into the central directory or beyond the file',
    ],
    [
      'whose local header moves the data into the directory',
      { name: 'x', content, local: { extra: Buffer.alloc(0), name: 'x'.repeat(300) }, central: { compressed: 300 } },
      'x unreadable: its data reaches into the central directory',
    ],
    [
      'with ZIP64 sizes that are not there',
      { name: 'x', content, central: { size: 0xffffffff } },
      'unreadable: x: its ZIP64 sizes are missing or out of range',
    ],
    [
      'with a ZIP64 field that is too short',
      { name: 'x', content, central: { size: 0xffffffff, extra: Buffer.from([1, 0, 4, 0, 9, 9, 9, 9]) } },
      'unreadable: x: its ZIP64 sizes are missing or out of range',
    ],
    ['with a NUL in its name', { name: 'x\u0000y', content }, 'unreadable: x\u0000y: the name holds a NUL character'],
  ])('%s is one fault, and the others are read', (_, entry, fault) => {
    // First, so that no offset of the bad entry lies in the good one.
    expect(readAll(writeZip([entry, good]))).toEqual({ contents: { 'good.txt': 'good' }, faults: [fault] });
  });

  it.each<[string, WrittenEntry['local'], string]>([
    ['name', { name: 'y' }, 'name'],
    ['name of another length', { name: 'yy' }, 'name'],
    ['method', { method: 0 }, 'method'],
    ['encryption', { flags: 0x801 }, 'encryption'],
    ['checksum', { crc: 7 }, 'checksum'],
    ['compressed size', { compressed: 7 }, 'compressed size'],
    ['size', { size: 7 }, 'size'],
    ['size of zero although none follows', { size: 0 }, 'size'],
  ])('whose local header states another %s is read by the directory, and reported', (_, local, difference) => {
    expect(readAll(writeZip([{ name: 'x', content: 'by the directory', local: local ?? {} }]))).toEqual({
      contents: { x: 'by the directory' },
      faults: [`x unreadable: local header and central directory differ in the ${difference}`],
    });
  });

  it('named twice is the last one, and reported when they differ', () => {
    const first = { name: 'x', content: 'one' };
    expect(readAll(writeZip([first, { name: 'x', content: 'two' }]))).toEqual({
      contents: { x: 'two' },
      faults: ['unreadable: two different entries are named x'],
    });
    expect(readAll(writeZip([first, first])).faults).toEqual([]);
  });

  it('that shares its data with another is reported, and hides it not', () => {
    const { contents, faults } = readAll(writeZip([good, { name: 'x', content: 'good', central: { offset: 0 } }]));
    expect(contents).toEqual({ 'good.txt': 'good', x: 'good' });
    expect(faults.slice(0, 1)).toEqual(['unreadable: x: its data overlaps that of another entry']);
  });
});

describe('an archive in an archive', () => {
  const inner = writeZip(two);
  const entryOf = (bytes: Uint8Array): ZipEntry => {
    const [entry] = readZipDirectory(countingFile(bytes), all).entries;
    if (entry === undefined) throw new Error('no entry');
    return entry;
  };

  it.each([true, false])('is opened, stored: %s', (stored) => {
    const outer = writeZip([{ name: 'inner.jar', content: inner, stored }]);
    const opened = openZipEntry(countingFile(outer), entryOf(outer), budget());
    expect(isFault(opened) ? opened : readZipDirectory(opened.content, all).entries).toHaveLength(2);
  });

  /** Neither compressible nor the same anywhere. */
  const noise = (length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    for (let at = 0, state = 1; at < length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bytes.writeUInt32LE(state, at);
    }
    return bytes;
  };
  const large = noise(zipLimits.innerInMemoryBytesMax + 1_000_000);
  const largeDeflated = deflateRawSync(large, { level: 1 });
  const outer = writeZip([{ name: 'large.jar', content: large, data: largeDeflated }]);

  it('too large for memory is read by position, forwards, backwards and at its end', () => {
    const opened = openZipEntry(countingFile(outer, 100_000), entryOf(outer), budget());
    if (isFault(opened)) throw new Error(opened.fault);
    const file = opened.content;
    expect(file.sizeBytes).toBe(large.length);
    const end = large.length;
    const places = [
      0,
      1,
      70_000,
      69_990,
      300_000,
      60_000,
      3_000_000,
      2_900_000,
      10,
      end - 5,
      end - 2_097_152,
      end - 2_097_153,
    ];
    for (const at of places) {
      for (const length of [4, 100_000, 300_000]) {
        expect(
          Buffer.compare(Buffer.from(file.read(at, length)), large.subarray(at, at + length)),
          `${at}+${length}`,
        ).toBe(0);
      }
    }
    expect(file.read(end, 10)).toHaveLength(0);
    expect(Buffer.from(file.read(-3, 4))).toEqual(Buffer.from(large.subarray(0, 4)));
    file.close?.();
  });

  it('too large for memory and stored is a range of the outer file', () => {
    const stored = writeZip([{ name: 'large.jar', content: large, stored: true }]);
    const file = countingFile(stored);
    const opened = openZipEntry(file, entryOf(stored), budget());
    if (isFault(opened)) throw new Error(opened.fault);
    expect(Buffer.from(opened.content.read(5_000_000, 10))).toEqual(large.subarray(5_000_000, 5_000_010));
    expect(opened.content.read(large.length - 2, 100)).toHaveLength(2);
    expect(file.bytesRead()).toBeLessThan(1000);
  });

  it.each<[string, Partial<WrittenEntry>, string]>([
    [
      'of damaged data',
      { data: Buffer.concat([largeDeflated.subarray(0, -100), Buffer.alloc(100, 1)]) },
      'inflates to less|checksum',
    ],
    ['that inflates to more than it states', { central: { size: large.length - 5 } }, 'inflates to more'],
    ['that inflates to less than it states', { central: { size: large.length + 5 } }, 'inflates to less'],
    ['with a wrong checksum', { central: { crc: 5 } }, 'checksum is wrong'],
  ])('too large for memory and %s is a fault', (_, wrong, fault) => {
    const bytes = writeZip([{ name: 'large.jar', content: large, data: largeDeflated, ...wrong }]);
    expect(openZipEntry(countingFile(bytes), entryOf(bytes), budget())).toMatchObject({
      fault: expect.stringMatching(fault),
    });
  });

  it('that inflates to far more than itself is a bomb', () => {
    const bomb = writeZip([{ name: 'bomb.jar', content: Buffer.alloc(zipLimits.ratioFreeBytes + 1) }]);
    expect(openZipEntry(countingFile(bomb), entryOf(bomb), budget())).toMatchObject({ code: 'limit-exceeded' });
  });

  it('ends with the budget', () => {
    const small = writeZip([{ name: 'inner.jar', content: inner }]);
    expect(openZipEntry(countingFile(small), entryOf(small), new InflateBudget(10))).toMatchObject({
      code: 'limit-exceeded',
    });
    const spent = new InflateBudget(1_000_000);
    expect(openZipEntry(countingFile(outer), entryOf(outer), spent)).toMatchObject({ code: 'limit-exceeded' });
    expect(spent.spent).toBe(true);
  });

  it('read after the budget is spent gives short reads, not wrong bytes', () => {
    const opened = openZipEntry(countingFile(outer), entryOf(outer), new InflateBudget(large.length + 1_000_000));
    if (isFault(opened)) throw new Error(opened.fault);
    expect(opened.content.read(2_000_000, 10)).toHaveLength(0);
  });
});

function endOf(entries: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function fakeLocator(): Buffer {
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(3n, 8);
  return locator;
}
