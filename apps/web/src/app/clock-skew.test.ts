import { expect, it } from 'vitest';
import { clockSkewWords } from './clock-skew.ts';

it.each([
  [0, undefined],
  [300_000, undefined],
  [-300_000, undefined],
  [300_001, '5 min ahead'],
  [-12 * 60_000, '12 min behind'],
  [3 * 3_600_000, '3 h ahead'],
  [-30 * 365.25 * 86_400_000, '30 y behind'],
] as const)('says of a clock that is %d ms off: %s', (skewMs, words) => {
  expect(clockSkewWords(skewMs)).toBe(words);
});
