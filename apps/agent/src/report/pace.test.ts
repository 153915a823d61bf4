import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { debounceMs, nextReportMsMax, nextReportMsMin, reportGapMs } from '../limits.ts';
import { createBell } from './bell.ts';
import { createTestClock } from './clock.testing.ts';
import { dueMs, gatherMs, type Reported, waitForNext, wishedMs } from './pace.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const calm: Reported = {
  answer: { resync: false, nextReportSeconds: 900 },
  isHasty: false,
  isBehind: false,
};

describe('what is wished for', () => {
  it.each([
    ['is what the console asks for', calm, 900_000],
    ['is soon where the console lost its base', { ...calm, answer: { ...calm.answer, resync: true } }, nextReportMsMin],
    ['is soon where the first report left something out', { ...calm, isHasty: true }, nextReportMsMin],
    ['is the gap where changes are left', { ...calm, isBehind: true }, reportGapMs],
    [
      'is what the console asks for where that is sooner',
      { ...calm, isBehind: true, answer: { resync: false, nextReportSeconds: 5 } },
      5_000,
    ],
  ])('%s', (_, reported, wished) => {
    expect(wishedMs(reported)).toBe(wished);
  });
});

describe('when a report is due', () => {
  it('is within a tenth of what was asked for, and within the limits whatever was asked for', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), chance, (asked, random) => {
        const due = dueMs(asked, () => random);
        expect(due).toBeGreaterThanOrEqual(nextReportMsMin);
        expect(due).toBeLessThanOrEqual(nextReportMsMax);
        if (asked < nextReportMsMin || asked > nextReportMsMax) return;
        expect(due).toBeGreaterThanOrEqual(asked * 0.9 - 0.001);
        expect(due).toBeLessThanOrEqual(asked * 1.1 + 0.001);
      }),
    );
  });

  it.each([0, 2, 5, 900, 3_600, 31_536_000])(
    'is spread evenly over hosts that are asked for %d s at once',
    (seconds) => {
      const hosts = 10_000;
      const due = Array.from({ length: hosts }, (_, at) => dueMs(seconds * 1000, () => at / hosts));
      const middleMs = Math.min(Math.max(seconds * 1000, nextReportMsMin), nextReportMsMax);
      const firstMs = Math.min(...due);
      const spreadMs = Math.max(...due) - firstMs;
      // A fifth of the time; half of that at a limit.
      expect(spreadMs).toBeGreaterThan(middleMs * 0.099);
      const tenths = Array.from({ length: 10 }, () => 0);
      for (const one of due) {
        const tenth = Math.min(9, Math.floor(((one - firstMs) / spreadMs) * 10));
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
      }
      for (const count of tenths) expect(Math.abs(count - hosts / 10)).toBeLessThan(hosts / 100);
    },
  );
});

describe('news', () => {
  it('are gathered for the debounce, longer only for the gap, and never beyond what is due', () => {
    fc.assert(
      fc.property(fc.nat(nextReportMsMax), fc.nat(nextReportMsMax), (elapsed, untilDue) => {
        const gathered = gatherMs(elapsed, untilDue);
        expect(gathered).toBeLessThanOrEqual(Math.min(untilDue, reportGapMs));
        if (untilDue >= reportGapMs) expect(gathered).toBeGreaterThanOrEqual(debounceMs);
        expect(elapsed + gathered).toBeGreaterThanOrEqual(Math.min(reportGapMs, elapsed + untilDue));
      }),
    );
  });

  it('end no wait before the gap, and wait no longer than the gap, however they fall', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 40 }),
        chance,
        async (times, random) => {
          const clock = createTestClock(() => random);
          const bell = createBell(clock);
          const stop = new AbortController();
          const reports: number[] = [];
          const reporting = (async () => {
            while (!stop.signal.aborted) {
              await waitForNext(900_000, bell, clock, stop.signal);
              bell.silence();
              reports.push(clock.nowMs());
            }
          })();
          const rings = times.toSorted((a, b) => a - b);
          for (const time of rings) {
            await clock.pass(time - clock.nowMs());
            bell.ring();
          }
          await clock.pass(1_000_000);
          stop.abort();
          await reporting;
          for (const [at, time] of reports.slice(0, -1).entries())
            expect(time - (reports[at - 1] ?? 0)).toBeGreaterThanOrEqual(reportGapMs);
          for (const time of rings) {
            const told = reports.find((report) => report >= time) ?? Number.POSITIVE_INFINITY;
            expect(told - time).toBeLessThanOrEqual(reportGapMs);
          }
          // Each report that is not due has its own news.
          expect(reports.length).toBeLessThanOrEqual(rings.length + 3);
        },
      ),
      { numRuns: 50 },
    );
  });
});
