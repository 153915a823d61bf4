import type { Advisory } from '@hullcheck/core';
import * as z from 'zod';
import { isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { affectedOutside } from '../requirement-intervals.ts';
import { parseYaml } from '../yaml.ts';

const texts = z.array(z.string().max(500)).max(1000).nullish();
const record = z.object({
  gem: z.string().min(1).max(200).optional(),
  engine: z.string().min(1).max(200).optional(),
  cve: z.string().nullish(),
  ghsa: z.string().nullish(),
  osvdb: z.string().nullish(),
  url: z.string().nullish(),
  date: z.string().nullish(),
  unaffected_versions: texts,
  patched_versions: texts,
});

/** One advisory of RubySec. https://github.com/rubysec/ruby-advisory-db#yaml-schema */
export function* rubysecItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch {
    yield skipped(feed, place, null, 'not valid YAML');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no RubySec advisory: ${firstIssue(parsed.error)}`);
    return;
  }
  const found = parsed.data;
  const name = found.gem ?? found.engine;
  const [id, ...aliases] = idsOf(found, place);
  if (name === undefined || id === undefined) {
    yield skipped(feed, place, null, 'names no gem, or has no id');
    return;
  }
  // No patched version at all means that every version is affected, as the schema says.
  const affected = affectedOutside('gem', [...(found.patched_versions ?? []), ...(found.unaffected_versions ?? [])]);
  if (affected === undefined) {
    yield skipped(feed, place, id, 'a version requirement that can not be read');
    return;
  }
  const advisory: Advisory = {
    id,
    feed,
    aliases,
    published: toTimestamp(found.date),
    modified: null,
    withdrawn: null,
    // The feed states scores without vectors; a score alone can't be checked.
    cvss: [],
    references: typeof found.url === 'string' && isWebUrl(found.url) ? [{ source: 'advisory', url: found.url }] : [],
    categories: [],
    affected: [
      {
        // `rubies/` holds the interpreters: ruby, jruby, mruby.
        ecosystem: found.gem === undefined ? 'ruby' : 'gem',
        name,
        nameKind: 'package',
        scheme: 'gem',
        versions: [],
        urgency: null,
        ...affected,
      },
    ],
  };
  yield { kind: 'advisory', part: feed, advisory };
}

/** CVE before GHSA before OSVDB; the file's name where the record states none. */
function idsOf(found: z.infer<typeof record>, place: string): readonly string[] {
  const ids: string[] = [];
  if (/^\d{4}-\d{4,8}$/.test(found.cve ?? '')) ids.push(`CVE-${found.cve}`);
  if (/^(?:[0-9a-z]{4}-){2}[0-9a-z]{4}$/.test(found.ghsa ?? '')) ids.push(`GHSA-${found.ghsa}`);
  if (/^\d+$/.test(found.osvdb ?? '')) ids.push(`OSVDB-${found.osvdb}`);
  if (ids.length > 0) return ids;
  const named = /\/((?:CVE|GHSA|OSVDB)-[^/]+)\.ya?ml$/.exec(place)?.[1];
  return named === undefined ? [] : [named];
}
