import { expect, test } from 'vitest';
import { snapshotDate } from './mirror.ts';

test.each([
  ['2026-08-21', 0, '2026-08-21T00:00:00Z'],
  ['2020-06-08 ; excerpt 2026-08-22', 1, '2026-08-22T00:00:00Z'],
  ['2026-08-07 (JSON) ; 2025-08-25 (CSV)', 0, '2026-08-07T00:00:00Z'],
  ['2026-06-30 / deb12u7', 1, '2026-06-30T00:00:00Z'],
  ['2026-08 (mixed)', 0, '2026-08-01T00:00:00Z'],
  ['2024-06-24 snapshot (content mid-2023)', 1, '2023-07-01T00:00:00Z'],
  ['unknown', 0, undefined],
])('the date of "%s" at %i is %s', (text, index, wanted) => {
  expect(snapshotDate(text, index)).toBe(wanted);
});
