import { expect, test } from 'vitest';
import { feedCatalogue } from '../feeds/catalogue.ts';
import { chooseFeeds } from './choose-feeds.ts';

const upstream = { source: { kind: 'upstream' } } as const;
const unusual = feedCatalogue.filter(({ byDefault }) => byDefault === false).map(({ id }) => id);
const chosen = (...given: Parameters<typeof chooseFeeds>) => chooseFeeds(...given).map(({ id }) => id);

test('feeds that others make unnecessary are read when they are named, known already, or offered by a mirror', () => {
  expect(unusual).toContain('redhat-oval');
  const usual = feedCatalogue.map(({ id }) => id).filter((id) => !unusual.includes(id));
  expect(chosen(upstream, undefined)).toEqual(usual);
  expect(chosen({ ...upstream, also: ['redhat-oval'] }, undefined)).toHaveLength(usual.length + 1);
  expect(chosen(upstream, new Set(['redhat-oval']))).toContain('redhat-oval');
  expect(chosen({ ...upstream, feeds: ['redhat-oval'] }, undefined)).toEqual(['redhat-oval']);
  expect(chosen({ ...upstream, feeds: ['epss'] }, new Set(['redhat-oval']))).toEqual(['epss']);
  const mirror = { kind: 'mirror', location: '/feeds' } as const;
  expect(chosen({ source: mirror }, undefined)).toEqual(feedCatalogue.map(({ id }) => id));
});

test.each([{ feeds: ['oval'] }, { also: ['oval'] }, { allowShrink: ['oval'] }])(
  'a feed that is none is refused: %o',
  (named) => {
    expect(() => chooseFeeds({ ...upstream, ...named }, undefined)).toThrow('there is no feed "oval"');
  },
);
