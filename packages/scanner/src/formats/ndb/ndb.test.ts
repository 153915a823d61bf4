import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { ndbRecords } from './index.ts';

const whole = readFileSync(join(import.meta.dirname, '../../analyzers/rpm/testdata/Packages.db'));
const FIRST_SLOT = 32;
const FIRST_BLOB = 4096;

function read(bytes: Uint8Array) {
  const records = [...ndbRecords(memoryFile('Packages.db', bytes))];
  return {
    keys: records.flatMap((record) => (record.kind === 'record' ? [record.key] : [])),
    faults: records.flatMap((record) => (record.kind === 'fault' ? [record.reason] : [])),
  };
}

function changed(change: (bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(whole);
  change(bytes);
  return bytes;
}

it('gives the record of every slot', () => {
  expect(read(whole)).toEqual({ keys: [1, 2, 3, 4, 5, 6], faults: [] });
});

describe('a broken ndb database', () => {
  // claircore's Packages_nonsense_block.db: slots that are none.
  it('with a nonsense block among its slots gives what comes before and says so', () => {
    expect(read(changed((bytes) => bytes.fill(0x5a, FIRST_SLOT + 32, FIRST_SLOT + 48)))).toEqual({
      keys: [1, 2],
      faults: ['no slot at byte 64'],
    });
  });

  // claircore's Packages_unreadable.db.
  it.each(['', 'x', 'RpmP', 'Packages'.repeat(1000)])('that is none says so', (text) => {
    expect(read(Buffer.from(text))).toMatchObject({ keys: [], faults: [expect.stringMatching(/ndb header/)] });
  });

  it.each([
    ['head', FIRST_BLOB, 'record 1 has no head and tail'],
    ['key', FIRST_BLOB + 4, 'record 1 has a head or tail of another'],
    ['length', FIRST_BLOB + 12, 'record 1 has a head or tail of another'],
    ['content', FIRST_BLOB + 100, 'record 1 fails its checksum'],
    ['time', FIRST_BLOB + 8, 'record 1 fails its checksum'],
  ])('with another %s in a blob loses that record and says so', (_, at, reason) => {
    const { keys, faults } = read(changed((bytes) => bytes.writeUInt8((bytes.readUInt8(at) ^ 0x40) & 0xff, at)));
    expect(keys).toEqual([2, 3, 4, 5, 6]);
    expect(faults).toEqual([reason]);
  });

  it.each([0xffff_ffff, 0x0fff_ffff, 2000])('with a slot of %i blocks reads no more than there is', (count) => {
    const { keys, faults } = read(changed((bytes) => bytes.writeUInt32LE(count, FIRST_SLOT + 12)));
    expect(keys).toEqual([]);
    expect(faults).toEqual([expect.stringContaining('the slots hold more than the file has')]);
  });

  it('whose slots all lead to one blob ends before it has read it often', () => {
    const slot = whole.subarray(FIRST_SLOT, FIRST_SLOT + 16);
    const { keys, faults } = read(
      changed((bytes) => {
        for (let at = FIRST_SLOT; at < FIRST_BLOB; at += 16) slot.copy(bytes, at);
      }),
    );
    expect(keys.length).toBeLessThan(20);
    expect(faults).toEqual([expect.stringContaining('or they overlap')]);
  });

  it('whose slot leads among the slots says so', () => {
    expect(read(changed((bytes) => bytes.writeUInt32LE(1, FIRST_SLOT + 8))).faults).toEqual([
      'record 1 lies among the slots',
    ]);
  });

  it.each([0, 2049, 0xffff_ffff])('that states %i pages of slots is refused', (pages) => {
    expect(read(changed((bytes) => bytes.writeUInt32LE(pages, 12)))).toMatchObject({
      keys: [],
      faults: [expect.stringContaining('ndbSlotPagesMax')],
    });
  });

  it('of another version is refused', () => {
    expect(read(changed((bytes) => bytes.writeUInt32LE(1, 4))).faults).toEqual(['ndb version 1 is not 0']);
  });

  it('that is cut off says so', () => {
    for (const length of [20, 2000, 5000, whole.byteLength - 16]) {
      expect(read(whole.subarray(0, length)).faults.length).toBeGreaterThan(0);
    }
  });
});
