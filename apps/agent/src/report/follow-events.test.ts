import type { EngineEvent } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { createTestClock } from './clock.testing.ts';
import { followEvents } from './follow-events.ts';
import { playEngine } from './played-engine.testing.ts';

const event = (action: string): EngineEvent => ({ kind: 'container', action, id: 'a', timeSeconds: 1 });

it('tells of what makes an inventory old, of an engine that went away, and again when it is back', async () => {
  const clock = createTestClock();
  const engine = playEngine();
  const stop = new AbortController();
  let told = 0;
  const rings = async (duringMs: number) => {
    const before = told;
    await clock.pass(duringMs);
    return told - before;
  };
  const following = followEvents(engine, () => (told += 1), stop.signal, clock);
  expect(await rings(60_000)).toBe(0);
  engine.tell(event('start'));
  engine.tell(event('exec_start'));
  expect(await rings(60_000)).toBe(1);
  engine.goAway();
  // The stream's end, then each try: after 2, 6, 14, 30 and 62 seconds.
  expect(await rings(63_000)).toBe(6);
  engine.comeBack();
  expect(await rings(63_000)).toBe(0);
  expect(await rings(2_000)).toBe(1);
  expect(await rings(3_600_000)).toBe(0);
  // What stood for a while is not waited for as long as what never came back.
  engine.goAway();
  expect(await rings(7_000)).toBe(3);
  stop.abort();
  await following;
});
