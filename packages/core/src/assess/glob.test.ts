import { expect, it } from 'vitest';
import { matchesGlob, matchesWildcards } from './glob.ts';

it.each([
  ['usr/local/lib/*/METADATA', 'usr/local/lib/a/METADATA', true],
  ['/usr/local/lib/*/METADATA', 'usr/local/lib/a/METADATA', true],
  ['usr/local/lib/*/METADATA', 'usr/local/lib/a/b/METADATA', false],
  ['usr/local/lib/node_modules/**', 'usr/local/lib/node_modules/a/package.json', true],
  ['**/package.json', 'package.json', true],
  ['**/node_modules/**/package.json', 'app/node_modules/a/node_modules/b/package.json', true],
  ['a/**/b/**/c', 'a/x/b/y/b/c', true],
  ['a/**/b', 'a/x/c', false],
  ['usr/bin', 'usr/bin/tool', false],
  ['usr/?in/tool', 'usr/bin/tool', true],
  ['usr/b*n/t**l', 'usr/bin/tool', true],
  ['', 'usr', false],
])('%s fits %s: %s', (glob, path, fits) => expect(matchesGlob(glob, path)).toBe(fits));

it('takes a moment for patterns that send others round in circles', () => {
  const before = process.threadCpuUsage();
  expect(matchesWildcards(`${'*a'.repeat(2000)}b`, 'a'.repeat(8000))).toBe(false);
  expect(matchesGlob(`${'**/a/'.repeat(1000)}b`, 'a/'.repeat(3000))).toBe(false);
  expect(process.threadCpuUsage(before).user).toBeLessThan(2_000_000);
});
