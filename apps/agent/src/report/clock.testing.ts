import { setImmediate as settled } from 'node:timers/promises';
import type { Clock } from './clock.ts';

export interface TestClock extends Clock {
  /** Lets so much time pass: who sleeps until then wakes in turn, and does what it does at its own time. */
  pass(durationMs: number): Promise<void>;
}

/** A clock that stands still until it is told. */
export function createTestClock(random: () => number = () => 0.5): TestClock {
  let now = 0;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => now,
    random,
    async sleep(durationMs, signal) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const sleeper = { atMs: now + durationMs, wake: resolve };
      const wake = () => {
        const at = sleepers.indexOf(sleeper);
        if (at >= 0) sleepers.splice(at, 1);
        resolve();
      };
      sleepers.push(sleeper);
      signal.addEventListener('abort', wake);
      await promise;
      signal.removeEventListener('abort', wake);
    },
    async pass(durationMs) {
      const untilMs = now + durationMs;
      for (;;) {
        await settled();
        const [next] = sleepers.toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        now = next.atMs;
        sleepers.splice(sleepers.indexOf(next), 1);
        next.wake();
      }
      now = untilMs;
    },
  };
}
