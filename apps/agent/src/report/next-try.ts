import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@hullcheck/core';
import { retryMsMax, retryMsMin } from '../limits.ts';

/** Faults that go away by themselves; a refused key or an invalid report does not. */
const TEMPORARY: ReadonlySet<Fault['code']> = new Set([
  'unreachable',
  'unavailable',
  'timed-out',
  'rate-limited',
  'storage-full',
  'runtime-unavailable',
  'internal',
]);

export const isTemporary = (fault: Fault): boolean => TEMPORARY.has(fault.code);

export interface NextTry {
  /** How long to wait now. */
  readonly pauseMs: number;
  /** What doubles with each failure in a row. */
  readonly retryMs: number;
}

/**
 * When to report again after a failure. A console that is busy knows when it will have room; doubled on top of that, the wait of an
 * agent that was turned away often would end long after all others were taken.
 */
export function nextTry(fault: Fault, retryMs: number, nowMs: number, random: () => number): NextTry {
  const toldMs = (fault.retryAtMs ?? nowMs) - nowMs;
  if (fault.code === 'rate-limited' && fault.retryAtMs !== undefined)
    return { pauseMs: Math.min(Math.max(toldMs, retryMsMin), retryMsMax), retryMs: retryMsMin };
  const pauseMs = Math.max(retryMs * (0.5 + random()), toldMs);
  return { pauseMs: Math.min(pauseMs, retryMsMax), retryMs: Math.min(retryMs * 2, retryMsMax) };
}

/** The call, again for as long as the console is busy, until the signal: what was read is not thrown away for that. */
export async function whenFree<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'rate-limited') throw error;
      const { pauseMs } = nextTry(error, retryMsMin, Date.now(), Math.random);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
