import { Fault } from '@hullcheck/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { retryMsMax, retryMsMin } from '../limits.ts';
import { nextTry, whenFree } from './next-try.ts';

const middle = () => 0.5;

describe('the next try', () => {
  test('comes later with each failure in a row, up to the limit', () => {
    const fault = new Fault('unavailable', 'away');
    let retryMs = retryMsMin;
    const pauses = [];
    for (let at = 0; at < 10; at += 1) {
      const next = nextTry(fault, retryMs, 0, middle);
      pauses.push(next.pauseMs);
      retryMs = next.retryMs;
    }
    expect(pauses.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(pauses.at(-1)).toBe(retryMsMax);
  });

  test('is not before an outage is over', () => {
    const fault = new Fault('unavailable', 'away', { retryAtMs: 1_050_000 });
    expect(nextTry(fault, retryMsMin, 1_000_000, middle)).toEqual({ pauseMs: 50_000, retryMs: 2 * retryMsMin });
  });

  test('is when a busy console says, however often it was busy', () => {
    const fault = new Fault('rate-limited', 'busy', { retryAtMs: 1_007_000 });
    expect(nextTry(fault, retryMsMax, 1_000_000, middle)).toEqual({ pauseMs: 7_000, retryMs: retryMsMin });
    // Whatever it says.
    expect(nextTry(fault, retryMsMin, 2_000_000, middle).pauseMs).toBe(retryMsMin);
    expect(nextTry(fault, retryMsMin, 0, middle).pauseMs).toBe(retryMsMax);
  });

  test('doubles where a limit names no time', () => {
    const fault = new Fault('rate-limited', 'busy');
    expect(nextTry(fault, 8_000, 0, middle)).toEqual({ pauseMs: 8_000, retryMs: 16_000 });
  });
});

describe('a call to a busy console', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is made again when it has room, and only for that', async () => {
    let calls = 0;
    const busy = async () => {
      calls += 1;
      // The pause is told by a clock that stands still: what is over has the shortest.
      if (calls === 1) throw new Fault('rate-limited', 'busy', { retryAtMs: 0 });
      return 'taken';
    };
    expect(await whenFree(busy, AbortSignal.timeout(10_000))).toBe('taken');
    expect(calls).toBe(2);
    const refused = async () => {
      throw new Fault('invalid-input', 'no');
    };
    await expect(whenFree(refused, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  test('ends with its signal', async () => {
    const busy = async () => {
      throw new Fault('rate-limited', 'busy', { retryAtMs: 1_060_000 });
    };
    await expect(whenFree(busy, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbortError' });
  });
});
