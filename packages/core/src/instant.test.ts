import { expect, it } from 'vitest';
import { parseInstant } from './instant.ts';

it.each([
  '2024-02-29T12:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '2024-01-01T00:00:00.5+02:00',
  '2024-01-01T00:00:00-12:30',
])('takes %s as it is', (text) => {
  expect(parseInstant(text)).toBe(text);
});

it.each([
  '',
  'banana',
  // Words that PostgreSQL takes for moments.
  'now',
  'epoch',
  'infinity',
  '-infinity',
  'allballs',
  '4713-01-01 BC',
  '2024-01-01',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '99999-01-01T00:00:00Z',
  '+012024-01-01T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-02-31T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-01T25:00:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00+23:59',
  ' 2024-01-01T00:00:00Z',
  '2024-01-01T00:00:00Z\n',
])('takes %j for no moment', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});
