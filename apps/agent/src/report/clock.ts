import { setTimeout as sleep } from 'node:timers/promises';

/** Time as it passes on this host, and its chances; a test's days pass in a moment. */
export interface Clock {
  /** Of a clock that only goes on. */
  nowMs(): number;
  /** Ends early with the signal, and never throws. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /** At least 0, below 1. */
  random(): number;
}

export const hostClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }).catch(() => undefined),
  random: Math.random,
};
