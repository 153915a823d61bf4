import type { BuildReport } from '@hullcheck/advisories';
import { expect, test } from 'vitest';
import { warnOfFailures } from './refresh-feeds.ts';

type Feed = BuildReport['feeds'][number];
const feed = (id: string, fault: Feed['fault']): Feed => ({
  id,
  state: fault === null ? 'loaded' : 'kept',
  records: 1,
  skipped: 0,
  problems: [],
  fault,
});

function linesFor(feeds: readonly Feed[]) {
  const lines: unknown[][] = [];
  warnOfFailures({ warn: (...line: unknown[]) => void lines.push(line) }, feeds);
  return lines;
}

test('however many feeds fail, it is one line', () => {
  const unreachable = { code: 'unreachable', message: 'feeds.example cannot be reached' } as const;
  const shrank = { code: 'feed-shrank', message: 'd has 1 records, the last one had 20' } as const;
  expect(linesFor([feed('a', null)])).toEqual([]);
  expect(linesFor([feed('a', null), feed('b', shrank)])).toEqual([
    [{ faults: { 'feed-shrank': ['b'] } }, `b was not refreshed, what was known stays: ${shrank.message}`],
  ]);
  expect(linesFor([feed('a', unreachable), feed('b', unreachable), feed('c', null), feed('d', shrank)])).toEqual([
    [
      { faults: { unreachable: ['a', 'b'], 'feed-shrank': ['d'] } },
      '3 of 4 feeds were not refreshed, what was known stays: feeds.example cannot be reached (a)',
    ],
  ]);
});
