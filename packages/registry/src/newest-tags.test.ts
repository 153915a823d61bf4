import { expect, it } from 'vitest';
import { newestTags } from './newest-tags.ts';

it('takes latest first, then versions from the highest, then the rest', () => {
  expect(newestTags(['1.9', 'main', '1.10', 'latest', 'v2.0.1', '1.10.1'], 10)).toEqual([
    'latest',
    'v2.0.1',
    '1.10.1',
    '1.10',
    '1.9',
    'main',
  ]);
  expect(newestTags(['1.9', '1.10', 'latest'], 2)).toEqual(['latest', '1.10']);
});

it('leaves out what only looks like a tag: signatures and attestations', () => {
  const digest = 'a'.repeat(64);
  expect(newestTags([`sha256-${digest}.sig`, `sha256-${digest}.att`, `sha256-${digest}`, 'one'], 10)).toEqual(['one']);
});
