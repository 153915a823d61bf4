import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MATCHERS } from './catalogue.ts';
import { GENERAL_WEAKNESSES, WEAKNESSES } from './weaknesses.ts';

it('lists every matcher of the folder under the name of its file', () => {
  const files = readdirSync(new URL('matchers', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
  expect(files.length).toBeGreaterThan(0);
  expect(MATCHERS.map((matcher) => matcher.id).sort()).toEqual(files.sort());
});

it('names each weakness once, in one of the two tables', () => {
  expect(WEAKNESSES.size).toBeGreaterThan(120);
  expect([...WEAKNESSES.keys()].filter((number) => GENERAL_WEAKNESSES.has(number))).toEqual([]);
});
