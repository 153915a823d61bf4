import { Fault } from '@hullcheck/core';
import { feedCatalogue } from '../feeds/catalogue.ts';
import type { Feed } from '../feeds/feed.ts';
import type { BuildOptions } from './progress.ts';

/** Fault `invalid-input` for the first id that is no feed's. */
export function checkFeedIds(ids: readonly string[]): void {
  const unknown = ids.find((id) => !feedCatalogue.some((feed) => feed.id === id));
  if (unknown === undefined) return;
  throw new Fault('invalid-input', `there is no feed "${unknown}"`, {
    hint: `Feeds: ${feedCatalogue.map(({ id }) => id).join(', ')}.`,
  });
}

/**
 * The feeds that a build asks, in the catalogue's order: those that were named, else all but the ones that others make unnecessary; of
 * these the ones that were asked for beside the others, that the last revision has, or that a mirror may offer. Fault
 * `invalid-input` for a name that is none.
 */
export function chooseFeeds(
  options: Pick<BuildOptions, 'feeds' | 'also' | 'allowShrink' | 'redistributableOnly' | 'source'>,
  previous: { has(id: string): boolean } | undefined,
): readonly Feed[] {
  const { feeds: ids, also = [], allowShrink, redistributableOnly = false, source } = options;
  checkFeedIds([...(ids ?? []), ...also, ...(typeof allowShrink === 'object' ? allowShrink : [])]);
  const isUsual = ({ id, byDefault = true }: Feed) =>
    byDefault || source.kind === 'mirror' || also.includes(id) || previous?.has(id) === true;
  return feedCatalogue.filter(
    (feed) =>
      (ids === undefined ? isUsual(feed) : ids.includes(feed.id)) && (feed.redistributable || !redistributableOnly),
  );
}
