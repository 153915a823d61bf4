import type { Fault } from '@hullcheck/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Admission } from './admission.ts';

const limits = { insideMax: 3, perCallerMax: 2, atOnce: 1, bytesMax: 100, againMs: 10_000, againMaxMs: 60_000 };
const open = (more: Partial<typeof limits> = {}) => new Admission({ ...limits, ...more }, () => 0.5);
const code = (action: () => unknown) => {
  try {
    action();
  } catch (error) {
    return (error as Fault).code;
  }
  return undefined;
};
/** Until all that is waiting has had its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('who comes when it is full is told when to come again, and gets in when somebody has left', () => {
  const admission = open();
  const first = admission.enter('a', 0);
  admission.enter('b', 0);
  admission.enter('c', 0);
  const refused = () => admission.enter('d', 1_000_000);
  expect(refused).toThrow(
    expect.objectContaining({ code: 'rate-limited', retryAtMs: 1_000_000 + 10_000 / 2 + 10_000 * 0.5 }),
  );
  expect(code(() => admission.check(0))).toBe('rate-limited');
  first.close();
  // Twice is once.
  first.close();
  admission.enter('d', 0);
  expect(code(refused)).toBe('rate-limited');
});

test('nobody has more than his share', () => {
  const admission = open();
  const first = admission.enter('a', 0);
  admission.enter('a', 0);
  expect(code(() => admission.enter('a', 0))).toBe('rate-limited');
  admission.enter('b', 0);
  first.close();
  expect(code(() => admission.enter('a', 0))).toBeUndefined();
});

test('bodies together have a bound, one alone has not, and what left is given back', () => {
  const admission = open();
  const first = admission.enter('a', 0);
  first.hold(80, 0);
  const second = admission.enter('b', 0);
  expect(code(() => second.hold(30, 0))).toBe('rate-limited');
  second.hold(20, 0);
  first.close();
  second.hold(500, 0);
  expect(code(() => admission.enter('c', 0).hold(1, 0))).toBe('rate-limited');
  second.close();
  // It left, and a piece comes late: nothing would give that back.
  expect(code(() => second.hold(1, 0))).toBe('cancelled');
  admission.enter('c', 0).hold(100, 0);
});

test('a place is taken while somebody works on it, though its client left; who left before his turn is passed over', async () => {
  const admission = open({ insideMax: 2 });
  const done = Promise.withResolvers<void>();
  const first = admission.enter('a', 0);
  const working = first.run(() => done.promise);
  const second = admission.enter('b', 0);
  let isBegun = false;
  const waiting = second.run(async () => {
    isBegun = true;
  });
  const passedOver = expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  first.close();
  second.close();
  await settle();
  expect(code(() => admission.check(0))).toBe('rate-limited');
  done.resolve();
  await working;
  await passedOver;
  expect(isBegun).toBe(false);
  for (const caller of ['c', 'd']) admission.enter(caller, 0);
  expect(code(() => admission.check(0))).toBe('rate-limited');
});

test('never more are worked on than may be, in the order in which they came, and a failure hands its place on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ turns: fc.nat(5), fails: fc.boolean() }), { maxLength: 20 }),
      async (atOnce, jobs) => {
        const admission = open({ insideMax: 100, perCallerMax: 100, atOnce });
        let running = 0;
        let most = 0;
        const begun: number[] = [];
        const results = await Promise.allSettled(
          jobs.map(({ turns, fails }, at) =>
            admission.enter('a', 0).run(async () => {
              begun.push(at);
              running += 1;
              most = Math.max(most, running);
              for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
              running -= 1;
              if (fails) throw new Error(`${at}`);
              return at;
            }),
          ),
        );
        expect(begun).toEqual(jobs.map((_, at) => at));
        expect(most).toBeLessThanOrEqual(atOnce);
        expect(results.map(({ status }) => status)).toEqual(
          jobs.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
        );
        expect(running).toBe(0);
      },
    ),
  );
});
