import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { feedCatalogue } from './catalogue.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
  .map((entry) => entry.name)
  .sort();

test('every folder of feeds is in the catalogue under its own name, in order', () => {
  expect(folders.length).toBeGreaterThan(0);
  expect(feedCatalogue.map(({ id }) => id)).toEqual(folders);
});

test('every feed names its licence, a version and where a mirror has it', () => {
  for (const feed of feedCatalogue) {
    expect(feed.licence).not.toBe('');
    expect(feed.version).toBeGreaterThan(0);
    expect(feed.mirror.length).toBeGreaterThan(0);
    // Parts are shown with their feed: the feed's own id, or a name below it.
    for (const { part } of feed.mirror) expect(part === feed.id || part.startsWith(`${feed.id}/`)).toBe(true);
  }
});
