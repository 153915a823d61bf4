import { expect, it } from 'vitest';
import { lifeState } from './operating-system.tsx';

const now = Date.parse('2026-11-23T12:00:00Z');
it.each([
  ['2024-08-14', 'over'],
  ['2026-11-23', 'over'],
  ['2027-01-31', 'ending'],
  ['2028-06-30', 'supported'],
  [null, 'unknown'],
  ['rolling', 'unknown'],
] as const)('an end of life of %s is %s', (day, state) => expect(lifeState(day, now)).toBe(state));
