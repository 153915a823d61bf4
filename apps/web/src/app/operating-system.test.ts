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

it('tells a release in long-term support from one that is over', () => {
  const now = Date.parse('2026-11-23T00:00:00Z');
  expect(lifeState('2026-07-11', now, '2028-06-30')).toBe('extended');
  expect(lifeState('2024-08-14', now, '2026-08-31')).toBe('over');
});
