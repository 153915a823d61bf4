import type { FoundRuntime } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { runtimesMax } from '../limits.ts';
import { reportable } from './reportable.ts';

const ofUser = (user: number, state: FoundRuntime['state']): FoundRuntime => ({
  kind: 'podman',
  api: 'docker',
  namespace: null,
  address: { kind: 'unix', path: `/run/user/${user}/podman/podman.sock` },
  state,
  info: null,
  reason: null,
  remedy: null,
});
const users = (count: number, state: FoundRuntime['state'], from = 1_000) =>
  Array.from({ length: count }, (_, at) => ofUser(from + at, state));

it('names every engine that is there where a report has room for them', () => {
  const all = users(runtimesMax, 'readable');
  expect(reportable([...all, ...users(50, 'absent', 9_000)])).toEqual(all);
});

it('names those that can be read first, and says how many it leaves out', () => {
  const named = reportable([...users(60, 'unavailable'), ...users(90, 'readable', 5_000)]);
  expect(named).toHaveLength(runtimesMax);
  expect(named.slice(0, 90)).toEqual(users(90, 'readable', 5_000));
  expect(named.at(-1)).toMatchObject({
    ...ofUser(1_009, 'unavailable'),
    reason: expect.stringMatching(/^51 engines/),
    remedy: expect.stringContaining('each of the users'),
  });
});
