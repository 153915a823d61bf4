import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { createBell } from './bell.ts';

const never = new AbortController().signal;

it('ends a wait when it rings, and keeps rings that nobody waited for as one', async () => {
  const bell = createBell();
  const waiting = bell.wait(60_000, never);
  bell.ring();
  expect(await waiting).toBe(true);
  bell.ring();
  bell.ring();
  expect(await bell.wait(60_000, never)).toBe(true);
  expect(await bell.wait(1, never)).toBe(false);
  bell.ring();
  bell.silence();
  expect(await bell.wait(1, never)).toBe(false);
});

it('ends with the signal, and leaves no listener on it after a thousand waits', async () => {
  const bell = createBell();
  const stop = new AbortController();
  for (let at = 0; at < 1000; at += 1) {
    const waiting = bell.wait(60_000, stop.signal);
    bell.ring();
    await waiting;
  }
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  const last = bell.wait(60_000, stop.signal);
  stop.abort();
  expect(await last).toBe(false);
});
