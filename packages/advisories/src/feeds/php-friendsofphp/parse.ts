import type { Advisory, AffectedPackage, VersionRange } from '@hullcheck/core';
import * as z from 'zod';
import { isCveId, isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { parseYaml } from '../yaml.ts';

const record = z.object({
  reference: z.string().regex(/^composer:\/\/[^/\s]+\/[^/\s]+$/),
  cve: z.string().nullish(),
  link: z.string().nullish(),
  branches: z
    .record(z.string(), z.object({ time: z.string().nullish(), versions: z.array(z.string().max(200)).max(100) }))
    .refine((branches) => Object.keys(branches).length <= 1000),
});

/**
 * One advisory of FriendsOfPHP: per branch the constraints that an affected version meets, all of them.
 * https://github.com/FriendsOfPHP/security-advisories#contributing
 */
export function* friendsOfPhpItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch {
    yield skipped(feed, place, null, 'not valid YAML');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no advisory on a package: ${firstIssue(parsed.error)}`);
    return;
  }
  const { reference, link, branches } = parsed.data;
  const cve = parsed.data.cve ?? '';
  const name = reference.slice('composer://'.length).toLowerCase();
  // Without a CVE the record has no id but its file: `symfony/http-kernel/CVE-…` or `typo3/cms/2014-10-22-1`.
  const id = isCveId(cve) ? cve : `FOP/${name}/${place.slice(place.lastIndexOf('/') + 1).replace(/\.yaml$/, '')}`;
  const affected = toAffected(name, Object.values(branches));
  if (affected === undefined) {
    yield skipped(feed, place, id, 'a version constraint that can not be read');
    return;
  }
  const times = Object.values(branches).flatMap(({ time }) => toTimestamp(time) ?? []);
  const advisory: Advisory = {
    id,
    feed,
    aliases: [],
    published: times.sort()[0] ?? null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: typeof link === 'string' && isWebUrl(link) ? [{ source: 'advisory', url: link }] : [],
    categories: [],
    affected: [affected],
  };
  yield { kind: 'advisory', part: feed, advisory };
}

function toAffected(
  name: string,
  branches: readonly { readonly versions: readonly string[] }[],
): AffectedPackage | undefined {
  const ranges: VersionRange[] = [];
  const expressions: string[] = [];
  for (const { versions } of branches) {
    const clauses = versions.flatMap((text) => text.split(',')).map((text) => CLAUSE.exec(text.trim()));
    if (clauses.length === 0 || clauses.includes(null)) return undefined;
    const bounds = clauses.map((clause) => ({ operator: clause?.[1] ?? '', version: clause?.[2] ?? '' }));
    const range = toRange(bounds);
    if (range === undefined) expressions.push(bounds.map(({ operator, version }) => `${operator}${version}`).join(','));
    else ranges.push(range);
  }
  if (ranges.length === 0 && expressions.length === 0) return undefined;
  return {
    ecosystem: 'composer',
    name,
    nameKind: 'package',
    scheme: 'composer',
    ranges,
    versions: [],
    expression: expressions.length === 0 ? null : expressions.join(' || '),
    status: 'affected',
    urgency: null,
  };
}

const CLAUSE = /^(>=|<=|>|<|==|=|!=)\s*([0-9A-Za-z][0-9A-Za-z.+-]*)$/;

/** At most one start (`>=`) and one end; anything else stays in the words of the source. */
function toRange(bounds: readonly { readonly operator: string; readonly version: string }[]): VersionRange | undefined {
  let range: VersionRange = { introduced: null, fixed: null, lastAffected: null };
  for (const { operator, version } of bounds) {
    if (operator === '>=' && range.introduced === null) range = { ...range, introduced: version };
    else if (operator === '<' && range.fixed === null && range.lastAffected === null)
      range = { ...range, fixed: version };
    else if (operator === '<=' && range.fixed === null && range.lastAffected === null) {
      range = { ...range, lastAffected: version };
    } else return undefined;
  }
  return range;
}
