import { Fault } from '@hullcheck/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Admission } from './admission.ts';

test('who comes when it is full is told when to come again, and gets in when somebody has left', () => {
  const admission = new Admission({ insideMax: 2, atOnce: 1, againMs: 10_000 });
  const leave = admission.enter(0);
  admission.enter(0);
  const refused = () => {
    try {
      admission.enter(1_000_000);
    } catch (fault) {
      return fault;
    }
    return undefined;
  };
  const fault = refused();
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({ code: 'rate-limited' });
  const { retryAtMs } = fault as Fault;
  expect(retryAtMs).toBeGreaterThanOrEqual(1_005_000);
  expect(retryAtMs).toBeLessThanOrEqual(1_015_000);
  leave();
  // Twice is once.
  leave();
  admission.enter(0);
  expect(refused()).toBeInstanceOf(Fault);
});

test('never more are worked on than may be, in the order in which they came, and a failure hands its place on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ turns: fc.nat(5), fails: fc.boolean() }), { maxLength: 20 }),
      async (atOnce, jobs) => {
        const admission = new Admission({ insideMax: 100, atOnce, againMs: 1 });
        let running = 0;
        let most = 0;
        const begun: number[] = [];
        const results = await Promise.allSettled(
          jobs.map(({ turns, fails }, at) =>
            admission.inTurn(async () => {
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
