import { expect, test } from 'vitest';
import { httpLimits } from './limits.ts';
import { RetryPace } from './retry-pace.ts';

/** Numbers from 0 up to 1 that are the same in each run (a linear congruential generator, Numerical Recipes' constants). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** So many come within a second; each that is inside is worked on in its turn. By a clock that jumps from event to event. */
function crowd(count: number, { insideMax, atOnce, workMs }: { insideMax: number; atOnce: number; workMs: number }) {
  const random = sequence(1);
  const pace = new RetryPace(httpLimits.reports, random);
  const free = Array.from({ length: atOnce }, () => 0);
  const ends: number[] = [];
  const coming = Array.from({ length: count }, () => random() * 1_000).sort((a, b) => a - b);
  let tries = 0;
  let lastMs = 0;
  while (coming.length > 0) {
    const nowMs = coming.shift() ?? 0;
    tries += 1;
    while ((ends[0] ?? Number.POSITIVE_INFINITY) <= nowMs) pace.ended(ends.shift() ?? 0);
    if (ends.length >= insideMax) {
      const againMs = nowMs + pace.refused(nowMs);
      const behind = coming.findIndex((ms) => ms > againMs);
      coming.splice(behind < 0 ? coming.length : behind, 0, againMs);
      continue;
    }
    const turn = free.indexOf(Math.min(...free));
    lastMs = Math.max(nowMs, free[turn] ?? 0) + workMs;
    free[turn] = lastMs;
    ends.push(lastMs);
    ends.sort((a, b) => a - b);
  }
  return { lastMs, tries };
}

test('ten thousand who come at once are taken in hardly more time than the work takes, and few are turned away often', () => {
  const count = 10_000;
  const { insideMax } = httpLimits.reports;
  const { lastMs, tries } = crowd(count, { insideMax, atOnce: 2, workMs: 97 });
  expect(lastMs).toBeLessThan(1.2 * ((count * 97) / 2));
  expect(tries / count).toBeLessThan(8);
});

test.each([60, 300])('%d who come at once, of whom twelve have a place, are taken within seconds', (count) => {
  const { lastMs, tries } = crowd(count, { insideMax: 12, atOnce: 2, workMs: 100 });
  expect(lastMs).toBeLessThan(1.5 * httpLimits.reports.againMs + 2 * ((count * 100) / 2));
  expect(tries / count).toBeLessThan(4);
});

test('a few are told to come soon, and nobody later than the limit', () => {
  const { againMs, againMaxMs } = httpLimits.reports;
  const pace = new RetryPace(httpLimits.reports, sequence(2));
  for (let at = 0; at < 100; at += 1) pace.ended(0);
  for (let at = 0; at < 50; at += 1) expect(pace.refused(1)).toBeLessThanOrEqual(1.5 * againMs);
  for (let at = 0; at < 100_000; at += 1) {
    const ms = pace.refused(2);
    expect(ms).toBeGreaterThanOrEqual(againMs / 2);
    expect(ms).toBeLessThanOrEqual(againMaxMs);
  }
});

test('what was long ago says nothing', () => {
  const { againMs } = httpLimits.reports;
  const pace = new RetryPace(httpLimits.reports, sequence(3));
  for (let at = 0; at < 10_000; at += 1) pace.refused(0);
  expect(pace.refused(10 * againMs)).toBeLessThanOrEqual(1.5 * againMs);
});
