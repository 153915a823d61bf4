import { expect, it } from 'vitest';
import { toFilter, toPatternTest } from './pattern.ts';

it.each([
  ['team/*', 'team/app', true],
  ['team/*', 'teams/app', false],
  ['*', 'a/b', true],
  ['*-rc*', '1.0-rc1', true],
  ['*-rc*', '1.0', false],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['x', 'x', true],
  ['.', 'x', false],
])('%s fits %s: %s', (pattern, name, expected) => expect(toPatternTest(pattern)(name)).toBe(expected));

it('answers a pattern of many stars at once', () => {
  // Trying every way to share the name among the stars would not end.
  expect(toPatternTest(`${'*a'.repeat(5_000)}*b`)('a'.repeat(20_000))).toBe(false);
});

it('lets through what is included and not excluded', () => {
  const passes = toFilter({ include: ['v*', 'latest'], exclude: ['*-rc*'] });
  expect(['v1', 'v1-rc1', 'latest', 'dev'].filter(passes)).toEqual(['v1', 'latest']);
  expect(['a', 'b-rc1'].filter(toFilter({ include: [], exclude: ['*-rc*'] }))).toEqual(['a']);
});
