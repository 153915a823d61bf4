import type { Advisory, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { parseTomlBlock } from '../front-matter.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';

const record = z.object({
  advisory: z.object({
    id: z.string().regex(/^HSEC-\d{4}-\d{4,}$/),
    cwe: z.array(z.number().int().positive().max(99_999)).max(100).default([]),
    aliases: z.array(z.string().max(200)).max(100).default([]),
    date: z.union([z.string(), z.date()]).transform(String).optional(),
  }),
  affected: z
    .array(
      z.object({
        package: z.string().min(1).max(200).optional(),
        'ghc-component': z.string().optional(),
        cvss: z.string().optional(),
        versions: z
          .array(z.object({ introduced: z.string().max(100), fixed: z.string().max(100).optional() }))
          .max(1000),
      }),
    )
    .max(1000),
  references: z
    .array(z.object({ type: z.string(), url: z.string() }))
    .max(1000)
    .default([]),
});

/** One advisory of the Haskell Security Response Team. https://github.com/haskell/security-advisories/blob/main/CONTRIBUTING.md */
export function* hsecItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = parseTomlBlock(text);
  } catch {
    yield skipped(feed, place, null, 'its front block is not valid TOML');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no HSEC advisory: ${firstIssue(parsed.error)}`);
    return;
  }
  const { advisory, affected, references } = parsed.data;
  const packages = affected.flatMap((entry) => toAffected(entry) ?? []);
  if (packages.length === 0) {
    yield skipped(feed, place, advisory.id, 'names no package of Hackage');
    return;
  }
  const item: Advisory = {
    id: advisory.id,
    feed,
    aliases: [...new Set(advisory.aliases)].sort(),
    published: toTimestamp(advisory.date),
    modified: null,
    withdrawn: null,
    cvss: affected.flatMap(({ cvss }) =>
      cvss !== undefined && /^CVSS:[A-Za-z0-9:./]+$/.test(cvss) ? [{ vector: cvss, source: feed }] : [],
    ),
    references: references
      .filter(({ type, url }) => (type === 'ADVISORY' || type === 'FIX') && isWebUrl(url))
      .slice(0, 8)
      .map(({ type, url }) => ({ source: type.toLowerCase(), url })),
    categories: advisory.cwe.map((number) => `CWE-${number}`),
    affected: packages,
  };
  yield { kind: 'advisory', part: feed, advisory: item };
}

/** Versions by the Package Versioning Policy: numbers and dots. Components of the compiler itself are no packages of Hackage. */
function toAffected(entry: z.infer<typeof record>['affected'][number]): AffectedPackage | undefined {
  if (entry.package === undefined || entry.versions.length === 0) return undefined;
  return {
    ecosystem: 'hackage',
    name: entry.package,
    nameKind: 'package',
    scheme: 'pvp',
    ranges: entry.versions.map(({ introduced, fixed }) => ({
      introduced: introduced === '0' ? null : introduced,
      fixed: fixed ?? null,
      lastAffected: null,
    })),
    versions: [],
    expression: null,
    status: 'affected',
    urgency: null,
  };
}
