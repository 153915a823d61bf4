import type { Advisory } from '@hullcheck/core';
import * as z from 'zod';
import { isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { parseTomlBlock } from '../front-matter.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { affectedOutside } from '../requirement-intervals.ts';

const texts = z.array(z.string().max(500)).max(1000).default([]);
const record = z.object({
  advisory: z.object({
    id: z.string().regex(/^RUSTSEC-\d{4}-\d{4}$/),
    package: z.string().min(1).max(200),
    collection: z.string().optional(),
    date: z.union([z.string(), z.date()]).transform(String),
    url: z.string().optional(),
    aliases: texts,
    cvss: z.string().optional(),
    informational: z.string().max(40).optional(),
    withdrawn: z.union([z.string(), z.date()]).transform(String).optional(),
  }),
  versions: z.object({ patched: texts, unaffected: texts }),
});

/** One advisory of RustSec: Markdown that opens with a block of TOML. https://github.com/rustsec/advisory-db#advisory-format */
export function* rustsecItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = parseTomlBlock(text);
  } catch {
    yield skipped(feed, place, null, 'its front block is not valid TOML');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no RustSec advisory: ${firstIssue(parsed.error)}`);
    return;
  }
  const { advisory, versions } = parsed.data;
  const affected = affectedOutside('cargo', [...versions.patched, ...versions.unaffected]);
  if (affected === undefined) {
    yield skipped(feed, place, advisory.id, 'a version requirement that can not be read');
    return;
  }
  yield { kind: 'advisory', part: feed, advisory: toAdvisory(advisory, affected, feed) };
}

function toAdvisory(
  advisory: z.infer<typeof record>['advisory'],
  affected: NonNullable<ReturnType<typeof affectedOutside>>,
  feed: string,
): Advisory {
  const { url, cvss } = advisory;
  return {
    id: advisory.id,
    feed,
    aliases: [...new Set(advisory.aliases)].sort(),
    published: toTimestamp(advisory.date),
    modified: null,
    withdrawn: toTimestamp(advisory.withdrawn),
    cvss: cvss !== undefined && /^CVSS:[A-Za-z0-9:./]+$/.test(cvss) ? [{ vector: cvss, source: feed }] : [],
    references: url !== undefined && isWebUrl(url) ? [{ source: 'advisory', url }] : [],
    categories: [],
    affected: [
      {
        // The other collection is `rust`: the toolchain and its standard library.
        ecosystem: advisory.collection === 'rust' ? 'rust' : 'cargo',
        name: advisory.package,
        nameKind: 'package',
        scheme: 'cargo',
        versions: [],
        // What is no flaw of the version at hand (`unmaintained`, `unsound`, `notice`) is told apart by this word.
        urgency: advisory.informational ?? null,
        ...affected,
      },
    ],
  };
}
