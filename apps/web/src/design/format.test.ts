import { describe, expect, it } from 'vitest';
import { counted, formatAge, formatAgo, formatBytes, formatCount, formatDay, formatProbability } from './format.ts';

const DAY = 86_400_000;

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [190_400_000, '190 MB'],
  [999_600_000, '1.0 GB'],
  [1_930_000_000, '1.9 GB'],
  [120_000_000_000, '120 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [-5_000, 'now'],
  [10_000, 'now'],
  [50_000, '1 min'],
  [59 * 60_000, '59 min'],
  [3 * 3_600_000, '3 h'],
  [5 * DAY, '5 d'],
  [92 * DAY, '3 mo'],
  [800 * DAY, '2 y'],
])('an age of %d ms is %s', (age, text) => expect(formatAge(0, age)).toBe(text));

describe('counts', () => {
  it('never shows the unknown as zero', () => expect(formatCount(null)).toBe('–'));
  it('says at least', () => expect(formatCount(1_284, true)).toBe('≥ 1,284'));
  it('counts nouns', () =>
    expect([counted(1, 'image'), counted(0, 'image'), counted(2, 'repository', 'repositories')]).toEqual([
      '1 image',
      '0 images',
      '2 repositories',
    ]));
});

it.each([
  [0.944, '94 %'],
  [0.0236, '2.4 %'],
  [0.0004, '0.04 %'],
  [0.00001, '< 0.01 %'],
  [0, '0.00 %'],
])('%d is %s', (value, text) => expect(formatProbability(value)).toBe(text));

it('says just now, not "now ago"', () => expect(formatAgo(0, 1_000)).toBe('just now'));
it('shows days without a time zone shifting them', () => expect(formatDay('2024-08-14')).toBe('14 Aug 2024'));
it('leaves text that is no date', () => expect(formatDay('soon')).toBe('soon'));
