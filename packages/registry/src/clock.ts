import { setTimeout as sleep } from 'node:timers/promises';

/** Time as the client needs it; tests pass one that does not wait. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
  /** In [0, 1), for jitter. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
  random: () => Math.random(),
};
