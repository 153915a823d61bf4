import { expect, it } from 'vitest';
import { certificateTerm } from './client-certificate.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const DAY_MS = 86_400_000;

it.each([
  [-1, { state: 'ended' }],
  [0, { state: 'ended' }],
  [1, { state: 'ending', when: 'within a day' }],
  [DAY_MS, { state: 'ending', when: 'in 1 day' }],
  // Never more days than there are.
  [3 * DAY_MS - 1, { state: 'ending', when: 'in 2 days' }],
  [30 * DAY_MS - 1, { state: 'ending', when: 'in 29 days' }],
  [30 * DAY_MS, { state: 'valid' }],
])('%d ms before its end', (leftMs, term) =>
  expect(certificateTerm(new Date(nowMs + leftMs).toISOString(), nowMs)).toEqual(term),
);
