import type { Advisory, AffectedPackage } from '@hullcheck/core';
import { toTimestamp } from './facts.ts';
import type { FeedItem } from './feed.ts';
import { skipped } from './items.ts';
import { type OvalSource, readOval } from './oval.ts';
import { affectedOf, type OvalDialect } from './oval-criteria.ts';
import { findChild, type XmlElement } from './xml.ts';

/** What a distribution's definitions are called and refer to. */
export interface OvalIdentity {
  /** Undefined: the definition is not one that this feed reads; the text says why. */
  readonly id: string | { readonly refused: string };
  readonly aliases: readonly string[];
  readonly references: Advisory['references'];
  readonly urgency: string | null;
  readonly published: string | null;
  readonly modified: string | null;
  readonly cvss?: Advisory['cvss'];
  readonly categories?: Advisory['categories'];
}

export interface OvalFeed {
  readonly feed: string;
  readonly part: string;
  readonly dialect: OvalDialect;
  readonly identify: (definition: XmlElement, metadata: XmlElement | undefined) => OvalIdentity;
  /** What a definition says of packages outside of its criteria; the entries as they are where absent. */
  readonly refine?: (affected: readonly AffectedPackage[], definition: XmlElement) => readonly AffectedPackage[];
}

/** Every definition of a document. One that cannot be read is skipped; a broken document is a Fault. */
export async function* ovalItems(source: OvalSource, feed: OvalFeed, signal: AbortSignal): AsyncGenerator<FeedItem> {
  const document = await readOval(source);
  for await (const definition of document.definitions) {
    signal.throwIfAborted();
    const name = definition.attributes.get('id') ?? null;
    const identity = feed.identify(definition, findChild(definition, 'metadata'));
    const { id } = identity;
    if (typeof id !== 'string') {
      yield skipped(feed.part, source.path, name, id.refused, 'unsupported');
      continue;
    }
    const named = affectedOf(definition, document, feed.dialect, identity.urgency);
    const affected = feed.refine?.(named, definition) ?? named;
    if (affected.length === 0) {
      yield skipped(feed.part, source.path, name, `names no package of a release that is known (${id})`, 'unsupported');
      continue;
    }
    const advisory: Advisory = {
      id,
      feed: feed.feed,
      aliases: identity.aliases,
      published: toTimestamp(identity.published),
      modified: toTimestamp(identity.modified),
      withdrawn: null,
      cvss: identity.cvss ?? [],
      references: identity.references,
      categories: identity.categories ?? [],
      affected,
    };
    yield { kind: 'advisory', part: feed.part, advisory };
  }
  const made = toTimestamp(document.timestamp);
  if (made !== null) yield { kind: 'dated', part: feed.part, updatedAt: made };
}

/** Of the dates that several documents of a part state the newest one, last: documents of ended releases are never made anew. */
export async function* datedByNewest(items: AsyncIterable<FeedItem>): AsyncGenerator<FeedItem> {
  const newest = new Map<string, Extract<FeedItem, { kind: 'dated' }>>();
  for await (const item of items) {
    if (item.kind !== 'dated') yield item;
    else if (item.updatedAt > (newest.get(item.part)?.updatedAt ?? '')) newest.set(item.part, item);
  }
  yield* newest.values();
}

/** The vendor's word for severity, where it is one of the usual. */
export function urgencyOf(text: string | undefined): string | null {
  const word = text?.trim().toLowerCase() ?? '';
  return /^(?:critical|important|high|moderate|medium|low|none)$/.test(word) && word !== 'none' ? word : null;
}
