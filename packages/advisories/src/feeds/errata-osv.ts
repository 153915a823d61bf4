import type { Advisory, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { isCveId, isWebUrl, toTimestamp } from './facts.ts';
import type { FeedItem } from './feed.ts';
import { skipped } from './items.ts';
import { RANGES_MAX } from './limits.ts';
import { rangesOf } from './osv.ts';
import { firstIssue, recordItems } from './records.ts';
import type { SnapshotReader } from './snapshot.ts';

const event = z.object({ introduced: z.string().optional(), fixed: z.string().optional() });
const record = z.object({
  id: z.string().regex(/^[A-Z]{4}-\d{4}:[A-Za-z0-9:-]+$/),
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
        package: z.object({ ecosystem: z.string().max(100), name: z.string().min(1).max(300) }),
        ranges: z.array(z.object({ type: z.string(), events: z.array(event).max(RANGES_MAX) })).max(RANGES_MAX),
      }),
    )
    .max(100_000),
});
type Record = z.infer<typeof record>;

/** A distribution of the RHEL family that publishes its errata in OSV's form. */
export interface ErrataSource {
  readonly feed: string;
  /** As OSV writes it, without the release: `AlmaLinux`, `Rocky Linux`. */
  readonly osvName: string;
  /** os-release's ID. */
  readonly distribution: string;
  readonly nameKind: 'source' | 'binary';
  /** Beginning of the distribution's own pages, the only ones that are kept. */
  readonly site: string;
}

/** The errata of the archives; a record that cannot be read is skipped. `wanted` tells them by their names. */
export function errataItems(
  files: readonly SnapshotReader[],
  source: ErrataSource,
  wanted: (path: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  return recordItems(files, wanted, source.feed, signal, (text, place) => erratumItems(text, place, source));
}

/** One erratum. It names the CVE ids that it fixes as related; an erratum without any fixes no flaw. */
export function* erratumItems(text: string, place: string, source: ErrataSource): Generator<FeedItem> {
  const { feed, osvName } = source;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    yield skipped(feed, place, null, 'not valid JSON');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no erratum of ${osvName}: ${firstIssue(parsed.error)}`);
    return;
  }
  const erratum = parsed.data;
  const cves = [...new Set([...(erratum.related ?? []), ...(erratum.upstream ?? [])])].filter(isCveId).sort();
  if (cves.length === 0) {
    yield skipped(feed, place, erratum.id, 'names no CVE', 'unsupported');
    return;
  }
  const modules = modulesOf(erratum.summary);
  const affected = erratum.affected.flatMap((entry) => toAffected(entry, modules, erratum.summary, source));
  if (affected.length === 0) {
    yield skipped(
      feed,
      place,
      erratum.id,
      `names no package of ${osvName}, or builds of a module without the name of its stream`,
    );
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
      .filter(({ type, url }) => type !== 'REPORT' && isWebUrl(url) && url.startsWith(source.site))
      .slice(0, 4)
      .map(({ url }) => ({ source: source.distribution, url })),
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

/** `Rocky Linux:8` → `8`. */
function releaseOf(ecosystem: string, osvName: string): string | undefined {
  const release = ecosystem.startsWith(`${osvName}:`) ? ecosystem.slice(osvName.length + 1) : '';
  return /^\d{1,3}$/.test(release) ? release : undefined;
}

function toAffected(
  entry: Record['affected'][number],
  modules: readonly string[],
  summary: string,
  source: ErrataSource,
): readonly AffectedPackage[] {
  const release = releaseOf(entry.package.ecosystem, source.osvName);
  if (release === undefined) return [];
  const ranges = entry.ranges.map(({ events }) => rangesOf(events));
  const readable = ranges.flatMap((read) => read ?? []);
  const plain: AffectedPackage = {
    ecosystem: `${source.distribution}:${release}`,
    name: entry.package.name,
    nameKind: source.nameKind,
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
