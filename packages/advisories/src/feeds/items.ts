import type { Advisory, AffectedPackage, ProblemCode } from '@hullcheck/core';
import { shown } from './facts.ts';
import type { FeedItem } from './feed.ts';

/** A record that was not taken, with the reason. */
export function skipped(
  part: string,
  path: string,
  record: string | null,
  detail: string,
  code: ProblemCode = 'unreadable',
): FeedItem {
  return { kind: 'skipped', part, record, problem: { code, path, layer: null, detail: shown(detail) } };
}

/** An advisory that says nothing beside who is affected. */
export function plainAdvisory(feed: string, id: string, affected: readonly AffectedPackage[]): Advisory {
  return {
    id,
    feed,
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected,
  };
}
