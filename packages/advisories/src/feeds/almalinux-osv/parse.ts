import type { Advisory, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { isCveId, isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { RANGES_MAX } from '../limits.ts';
import { rangesOf } from '../osv.ts';

const event = z.object({ introduced: z.string().optional(), fixed: z.string().optional() });
const record = z.object({
  id: z.string().regex(/^AL[SBE]A-\d{4}:[A-Za-z0-9:-]+$/),
  summary: z.string().default(''),
  published: z.string().nullish(),
  modified: z.string().nullish(),
  related: z.array(z.string().max(200)).max(10_000).nullish(),
  upstream: z.array(z.string().max(200)).max(10_000).nullish(),
  references: z
    .array(z.object({ type: z.string(), url: z.string() }))
    .max(10_000)
    .nullish(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string().regex(/^AlmaLinux:\d{1,3}$/), name: z.string().min(1).max(300) }),
        ranges: z.array(z.object({ type: z.string(), events: z.array(event).max(RANGES_MAX) })).max(RANGES_MAX),
      }),
    )
    .max(100_000),
});
type Record = z.infer<typeof record>;

/** One erratum. It names the CVE ids that it fixes as related; an erratum without any fixes no flaw. */
export function* erratumItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    yield skipped(feed, place, null, 'not valid JSON');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    yield skipped(feed, place, null, `no erratum of AlmaLinux: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
    return;
  }
  const erratum = parsed.data;
  const cves = [...new Set([...(erratum.related ?? []), ...(erratum.upstream ?? [])])].filter(isCveId).sort();
  if (cves.length === 0) {
    yield skipped(feed, place, erratum.id, 'names no CVE', 'unsupported');
    return;
  }
  const modules = modulesOf(erratum.summary);
  const affected = erratum.affected.flatMap((entry) => toAffected(entry, modules, erratum.summary));
  if (affected.length === 0) {
    yield skipped(feed, place, erratum.id, 'builds of a module without the name of its stream');
    return;
  }
  const advisory: Advisory = {
    id: erratum.id,
    feed,
    aliases: cves,
    published: toTimestamp(erratum.published),
    modified: toTimestamp(erratum.modified),
    withdrawn: null,
    cvss: [],
    references: (erratum.references ?? [])
      .filter(({ type, url }) => type === 'ADVISORY' && isWebUrl(url) && url.includes('almalinux.org'))
      .slice(0, 4)
      .map(({ url }) => ({ source: 'almalinux', url })),
    categories: [],
    affected,
  };
  yield { kind: 'advisory', part: feed, advisory };
}

/** `Important: nodejs:18 security update` → `nodejs:18`: the only place where an erratum states its module stream. */
function modulesOf(summary: string): readonly string[] {
  const words = summary.slice(0, 500).split(/[\s,]+/);
  return [...new Set(words.filter((word) => /^[A-Za-z0-9][A-Za-z0-9._+-]*:[A-Za-z0-9][A-Za-z0-9._-]*$/.test(word)))];
}

function toAffected(
  entry: Record['affected'][number],
  modules: readonly string[],
  summary: string,
): readonly AffectedPackage[] {
  const ranges = entry.ranges.map(({ events }) => rangesOf(events));
  const readable = ranges.flatMap((read) => read ?? []);
  const plain: AffectedPackage = {
    ecosystem: entry.package.ecosystem.replace('AlmaLinux:', 'almalinux:'),
    name: entry.package.name,
    nameKind: 'binary',
    scheme: 'rpm',
    ranges: readable,
    versions: [],
    expression: null,
    status: ranges.includes(undefined) || readable.length === 0 ? 'undetermined' : 'affected',
    urgency: /^(Critical|Important|Moderate|Low): /.exec(summary)?.[1]?.toLowerCase() ?? null,
  };
  // Builds of modules carry `.module_el8…` (or `.module+el8…`) in their release, other builds don't.
  const isModular = readable.some(({ fixed }) => fixed !== null && /\.module[_+]/.test(fixed));
  if (!isModular) return [plain];
  return modules.map((module) => ({ ...plain, module }));
}
