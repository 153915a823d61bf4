import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { limits } from '../limits.ts';
import { type Pe, parsePe } from './index.ts';
import { buildPe } from './sample-pe.testing.ts';
import { readVersionStrings, type VersionStrings } from './version-info.ts';

function open(bytes: Uint8Array): Pe {
  const pe = parsePe(memoryFile('a.dll', bytes));
  if (pe === null || 'fault' in pe) throw new Error('no PE file');
  return pe;
}

const stringsOf = (bytes: Uint8Array): VersionStrings => readVersionStrings(open(bytes), memoryFile('a.dll', bytes));

const STRINGS = { CompanyName: 'Contoso', OriginalFilename: 'A.dll', ProductVersion: '1.2.3+abc', Odd: '' };

describe.each([4, 8] as const)('a library with addresses of %i bytes', (pointerBytes) => {
  it('states strings, whether it is a .NET assembly, and sections', () => {
    const bytes = buildPe({ strings: STRINGS, pointerBytes });
    expect(Object.fromEntries(stringsOf(bytes))).toEqual(STRINGS);
    expect(open(bytes)).toMatchObject({ managed: true, pointerBytes, sections: [{ name: '.rsrc', offset: 512 }] });
    expect(open(buildPe({ strings: STRINGS, pointerBytes, managed: false })).managed).toBe(false);
  });
});

describe('version information', () => {
  const PLACE = 512;

  it.each([
    ['whose resource lies beyond the file', 72, 0x7fffffff],
    ['that claims more bytes than its limit', 76, limits.peVersionInfoBytesMax + 1],
    ['whose types are a file, not a folder', 20, 24],
    ['whose languages lead back to the types', 48 + 20, 0x80000000],
    ['whose names lead back to the types', 24 + 20, 0x80000000],
  ])('%s has no strings', (_, at, value) => {
    const bytes = buildPe({ strings: STRINGS });
    bytes.writeUInt32LE(value, PLACE + at);
    expect(stringsOf(bytes).size).toBe(0);
  });

  it('with a block of no length ends, and with blocks beyond the limit too', () => {
    const bytes = buildPe({ strings: STRINGS });
    bytes.writeUInt16LE(0, bytes.indexOf(Buffer.from('CompanyName', 'utf16le')) - 6);
    expect(stringsOf(bytes).size).toBe(0);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 'v']));
    expect(stringsOf(buildPe({ strings: many })).size).toBe(limits.peVersionBlocksMax);
  });

  it('whose value claims to reach beyond its block ends there', () => {
    const bytes = buildPe({ strings: { A: 'x', B: 'y' } });
    const at = bytes.indexOf(Buffer.from('A\0x', 'utf16le').subarray(0, 2)) - 6;
    bytes.writeUInt16LE(0xffff, at + 2);
    expect(stringsOf(bytes).get('A')).toBe('x');
  });
});

describe('headers', () => {
  it('cut off at any byte give a reason, or nothing, and never throw', () => {
    const whole = buildPe({ strings: STRINGS });
    for (let length = 0; length < whole.byteLength; length += 1) {
      const cut = whole.subarray(0, length);
      const pe = parsePe(memoryFile('a.dll', cut));
      if (pe !== null && !('fault' in pe)) readVersionStrings(pe, memoryFile('a.dll', cut));
      expect(pe === null).toBe(length < 132);
    }
  });

  it.each([0xffff, limits.peSectionsMax + 1])('that claim %i sections have none', (count) => {
    const bytes = buildPe({ strings: STRINGS });
    bytes.writeUInt16LE(count, 128 + 6);
    expect(open(bytes).sections).toEqual([]);
  });

  it('of an unknown kind are a fault', () => {
    const bytes = buildPe({ strings: STRINGS });
    bytes.writeUInt16LE(0x107, 128 + 24);
    expect(parsePe(memoryFile('a.dll', bytes))).toEqual({ fault: 'PE optional header 263 is unknown' });
  });
});
