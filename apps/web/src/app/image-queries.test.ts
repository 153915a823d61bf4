import type { ImageRow } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import { isAtLeast, remediesOf } from './image-queries.ts';

const status = (change: Partial<ImageRow['assessment']>): ImageRow['assessment'] => ({
  state: 'none',
  activity: 'idle',
  reason: null,
  progress: null,
  assessedAt: null,
  readBy: null,
  ...change,
});

it.each([
  ['none', null, ['assess']],
  ['none', 'the registry refused the saved user (401)', ['connect', 'upload']],
  ['not-assessable', 'no package database', ['connect', 'upload']],
  ['failed', 'crashed 3 times', ['assess', 'upload']],
  ['complete', null, []],
  ['partial', 'npm advisories of 2020', []],
] as const)('%s because %s offers %j', (state, reason, remedies) =>
  expect(remediesOf(status({ state, reason }))).toEqual(remedies),
);

it('offers nothing while work is under way', () => {
  expect(remediesOf(status({ activity: 'running' }))).toEqual([]);
  expect(remediesOf(status({ activity: 'queued', state: 'failed' }))).toEqual([]);
});
it('only a partial assessment counts at least', () => {
  expect([isAtLeast(status({ state: 'partial' })), isAtLeast(status({ state: 'complete' }))]).toEqual([true, false]);
});
it('offers no other copy of an image that was read and that nothing judges', () => {
  expect(remediesOf(status({ state: 'not-assessable', reason: 'no advisories', readBy: 'console' }))).toEqual([
    'assess',
  ]);
});
