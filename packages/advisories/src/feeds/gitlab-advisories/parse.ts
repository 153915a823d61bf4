import type { AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { parseYaml } from '../yaml.ts';
import { packageOfSlug } from './package-of-slug.ts';
import { affectedOf } from './ranges.ts';

const record = z.object({
  identifier: z.string().regex(/^[A-Za-z][\w.-]{2,100}$/),
  identifiers: z.array(z.string().max(200)).max(1000).nullish(),
  package_slug: z.string().min(3).max(1000),
  affected_range: z.string().max(10_000),
  date: z.string().nullish(),
  pubdate: z.string().nullish(),
  urls: z.array(z.string()).max(1000).nullish(),
  cwe_ids: z.array(z.string()).max(100).nullish(),
  cvss_v2: z.string().max(500).nullish(),
  cvss_v3: z.string().max(500).nullish(),
  cvss_v4: z.string().max(500).nullish(),
});

/** OWASP's "using components with known vulnerabilities", on every record: it says nothing of the flaw. */
const OF_ALL = new Set(['CWE-1035', 'CWE-937']);

/** One file. https://gitlab.com/gitlab-org/advisories-community/-/blob/main/ci/schema/schema.json */
export function gitlabItem(text: string, place: string, feed: string): FeedItem {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch {
    return skipped(feed, place, null, 'not valid YAML');
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    return skipped(feed, place, null, `no advisory: ${firstIssue(parsed.error)}`);
  }
  const found = parsed.data;
  const named = packageOfSlug(found.package_slug);
  if (named === undefined) {
    return skipped(feed, place, found.identifier, `a package of no known kind: ${found.package_slug}`, 'unsupported');
  }
  const ranges = affectedOf(found.affected_range, named.scheme);
  if (ranges === undefined) {
    return skipped(feed, place, found.identifier, `a range that can not be read: ${found.affected_range}`);
  }
  const affected = ranges.map(
    (range): AffectedPackage => ({ ...named, nameKind: 'package', status: 'affected', urgency: null, ...range }),
  );
  const aliases = (found.identifiers ?? []).filter((name) => name !== found.identifier && /^[A-Z][\w.-]+$/.test(name));
  return {
    kind: 'advisory',
    part: feed,
    advisory: {
      ...plainAdvisory(feed, found.identifier, affected),
      aliases: [...new Set(aliases)].sort(),
      published: toTimestamp(found.pubdate),
      modified: toTimestamp(found.date),
      cvss: [found.cvss_v4, found.cvss_v3, found.cvss_v2]
        .filter((vector) => typeof vector === 'string' && /^[A-Za-z0-9:./]+$/.test(vector))
        .map((vector) => ({ vector: vector ?? '', source: feed })),
      references: (found.urls ?? [])
        .filter(isWebUrl)
        .slice(0, 8)
        .map((url) => ({ source: 'gitlab', url })),
      categories: (found.cwe_ids ?? []).filter((id) => /^CWE-\d{1,5}$/.test(id) && !OF_ALL.has(id)),
    },
  };
}
