import { describe, expect, it } from 'vitest';
import { parseRpmHeader, type RpmHeader } from './index.ts';
import { sampleHeader } from './sample-header.testing.ts';

function parse(bytes: Uint8Array): RpmHeader {
  const header = parseRpmHeader(bytes);
  if (header.kind === 'fault') throw new Error(header.reason);
  return header;
}

const faultOf = (bytes: Uint8Array): string | undefined => {
  const header = parseRpmHeader(bytes);
  return header.kind === 'fault' ? header.reason : undefined;
};

const sample = sampleHeader({
  1000: 'bash',
  1003: { int32: [7] },
  1117: ['a', '', 'c'],
  1028: { int32: [1, 2, 0xffff_ffff] },
});

describe('a header', () => {
  it('gives values by tag and type', () => {
    const header = parse(sample);
    expect(header.text(1000)).toBe('bash');
    expect(header.texts(1117)).toEqual(['a', '', 'c']);
    expect(header.numbers(1003)).toEqual([7]);
    expect(header.numbers(1028)).toEqual([1, 2, 0xffff_ffff]);
  });

  it('gives nothing for tags that are absent or of another type', () => {
    const header = parse(sample);
    expect([header.text(1003), header.texts(9999), header.numbers(1000), header.numbers(9999)]).toEqual([
      undefined,
      [],
      [],
      [],
    ]);
  });

  it('takes the later of two entries of one tag, as rpm does with what was added to a signed region', () => {
    const twice = sampleHeader({ 1000: 'old', 1001: 'new' });
    twice.writeUInt32BE(1000, 8 + 16);
    expect(parse(twice).text(1000)).toBe('new');
  });
});

describe('a broken header', () => {
  it.each([
    [new Uint8Array(0), 'an rpm header is shorter than its counts'],
    [sample.subarray(0, 7), 'an rpm header is shorter than its counts'],
    [
      sample.subarray(0, sample.byteLength - 1),
      `an rpm header of ${sample.byteLength - 1} bytes states ${sample.byteLength}`,
    ],
    [new Uint8Array(100), 'an rpm header states 0 entries, of at most rpmHeaderEntriesMax'],
    [new Uint8Array(100).fill(0xff), 'an rpm header states 4294967295 entries, of at most rpmHeaderEntriesMax'],
  ])('is refused', (bytes, reason) => {
    expect(faultOf(bytes)).toBe(reason);
  });

  it.each([0xffff_ffff, 0x7fff_ffff, 1_000_000])('that states %i values takes those that are there', (count) => {
    const bytes = Buffer.from(sample);
    for (let entry = 0; entry < 4; entry += 1) bytes.writeUInt32BE(count, 8 + entry * 16 + 12);
    const header = parse(bytes);
    expect(header.texts(1117).slice(0, 3)).toEqual(['a', '', 'c']);
    expect(header.numbers(1028)).toEqual([]);
  });

  it('whose values lie outside of it gives none', () => {
    const bytes = Buffer.from(sample);
    for (let entry = 0; entry < 4; entry += 1) bytes.writeUInt32BE(0x7fff_fff0, 8 + entry * 16 + 8);
    const header = parse(bytes);
    expect([header.text(1000), header.texts(1117), header.numbers(1028)]).toEqual([undefined, [], []]);
  });

  it('whose last string has no end leaves it out', () => {
    const bytes = Buffer.from(sampleHeader({ 1117: ['a', 'b'] }));
    bytes.write('b', bytes.byteLength - 1);
    expect(parse(bytes).texts(1117)).toEqual(['a']);
  });
});
