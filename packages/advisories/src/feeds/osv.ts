import {
  type Advisory,
  type AdvisoryStatus,
  type AffectedPackage,
  inRange,
  type SchemeId,
  type VersionRange,
} from '@hullcheck/core';
import * as z from 'zod';
import { archiveEntries } from './archive.ts';
import { isWebUrl, toTimestamp } from './facts.ts';
import type { FeedItem } from './feed.ts';
import { skipped } from './items.ts';
import { RANGES_MAX, VERSIONS_MAX } from './limits.ts';
import type { OsvPackages } from './osv-ecosystems.ts';
import { firstIssue } from './records.ts';
import type { SnapshotReader } from './snapshot.ts';
import { parseYaml } from './yaml.ts';

const event = z.object({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
  limit: z.string().optional(),
});

const severity = z.array(z.object({ type: z.string(), score: z.string().max(500) })).nullish();

const osvRecord = z.object({
  id: z.string().min(1).max(200),
  aliases: z.array(z.string().max(200)).max(1000).nullish(),
  published: z.string().nullish(),
  modified: z.string().nullish(),
  withdrawn: z.string().nullish(),
  severity,
  references: z.array(z.object({ type: z.string().default('WEB'), url: z.string() })).nullish(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string().min(1).max(1000) }).optional(),
        ranges: z
          .array(z.object({ type: z.string(), events: z.array(event).max(RANGES_MAX) }))
          .max(RANGES_MAX)
          .nullish(),
        versions: z.array(z.string().max(500)).max(VERSIONS_MAX).nullish(),
        severity: severity.catch(null),
        database_specific: z
          .object({
            last_known_affected_version_range: z.string().max(200).optional(),
            /** RustSec's records that are about a project and not about a flaw. */
            informational: z.string().max(40).nullish().catch(null),
          })
          .nullish()
          .catch(null),
        ecosystem_specific: z
          .object({ custom_ranges: z.array(z.unknown()).optional() })
          .nullish()
          .catch(null),
      }),
    )
    .nullish(),
  database_specific: z
    .object({ cwe_ids: z.array(z.string()).optional(), severity: z.string().max(20).optional() })
    .nullish()
    .catch(null),
});

interface OsvOf {
  readonly feed: string;
  readonly part: string;
  /** Whether listed versions that a range holds already are left out. */
  readonly repeatsRanges?: boolean;
}

/** A database of several ecosystems, whose records may name packages of more than one. */
export interface OsvDatabase extends OsvOf {
  /** Undefined for one whose packages are not taken. */
  readonly find: (osvName: string) => OsvPackages | undefined;
}

/** How one OSV ecosystem is kept here. */
export interface OsvEcosystem extends OsvOf {
  /** The source's own name of it, `PyPI`, `Go`; a repository behind it (`Packagist:https://…`) is another place for the same names. */
  readonly osvName: string;
  readonly ecosystem: string;
  readonly scheme: SchemeId;
  readonly normalize: (name: string) => string;
}

/** Every OSV record of the archives, JSON or YAML by its name. A record that cannot be read is skipped, never the archive. */
export async function* osvItems(
  files: readonly SnapshotReader[],
  ecosystem: OsvEcosystem | OsvDatabase,
  wanted: (path: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  for (const file of files) {
    for await (const entry of archiveEntries(file, wanted)) {
      signal.throwIfAborted();
      const place = `${file.path}/${entry.path}`;
      if (entry.bytes === undefined) {
        yield skipped(ecosystem.part, place, null, 'the record is too large', 'limit-exceeded');
        continue;
      }
      const text = Buffer.from(entry.bytes).toString('utf8');
      yield* osvRecordItems(text, entry.path.endsWith('.json') ? 'json' : 'yaml', place, ecosystem);
    }
  }
}

/** One OSV document (https://ossf.github.io/osv-schema/). */
export function* osvRecordItems(
  text: string,
  format: 'json' | 'yaml',
  place: string,
  source: OsvEcosystem | OsvDatabase,
): Generator<FeedItem> {
  const { part, feed } = source;
  let document: unknown;
  try {
    document = format === 'json' ? JSON.parse(text) : parseYaml(text);
  } catch {
    yield skipped(part, place, null, `not valid ${format.toUpperCase()}`);
    return;
  }
  const parsed = osvRecord.safeParse(document);
  if (!parsed.success) {
    yield skipped(part, place, null, `not an OSV record: ${firstIssue(parsed.error)}`);
    return;
  }
  const record = parsed.data;
  const urgency = record.database_specific?.severity?.toLowerCase() ?? null;
  const affected: AffectedPackage[] = [];
  for (const entry of record.affected ?? []) {
    const packages = entry.package === undefined ? undefined : packagesOf(entry.package.ecosystem, source);
    if (entry.package === undefined || packages === undefined) continue;
    const informational = entry.database_specific?.informational ?? null;
    const found = toAffected(entry.package.name, entry, packages, source.repeatsRanges === true);
    affected.push({ ...found, urgency: informational ?? urgency });
  }
  if (affected.length === 0) {
    yield skipped(
      part,
      place,
      record.id,
      `names no package of ${'osvName' in source ? source.osvName : 'an ecosystem that is read'}`,
    );
    return;
  }
  const advisory: Advisory = {
    id: record.id,
    feed,
    aliases: [...new Set(record.aliases ?? [])].sort(),
    published: toTimestamp(record.published),
    modified: toTimestamp(record.modified),
    withdrawn: toTimestamp(record.withdrawn),
    cvss: [...new Set([record, ...(record.affected ?? [])].flatMap(vectorsOf))].map((vector) => ({
      vector,
      source: feed,
    })),
    references: (record.references ?? [])
      .filter(({ type, url }) => (type === 'ADVISORY' || type === 'FIX') && isWebUrl(url))
      .slice(0, 8)
      .map(({ type, url }) => ({ source: type.toLowerCase(), url })),
    categories: categoriesOf(record),
    affected,
  };
  yield { kind: 'advisory', part, advisory };
}

type OsvRecord = z.infer<typeof osvRecord>;
type OsvAffected = NonNullable<OsvRecord['affected']>[number];

/** Bitnami gives severity by package, the others by record. */
function vectorsOf(entry: Pick<OsvRecord, 'severity'>): readonly string[] {
  return (entry.severity ?? [])
    .filter(({ type, score }) => type.startsWith('CVSS_') && /^[A-Za-z0-9:./]+$/.test(score))
    .map(({ score }) => score);
}

/** A `MAL-` record is about a package that is malicious in itself, in whatever words it says so: CWE-506. */
function categoriesOf(record: OsvRecord): readonly string[] {
  const stated = (record.database_specific?.cwe_ids ?? []).filter((id) => /^CWE-\d{1,5}$/.test(id));
  return record.id.startsWith('MAL-') ? [...new Set(['CWE-506', ...stated])] : stated;
}

/** By the name of the ecosystem without what stands behind it. */
function packagesOf(ecosystem: string, source: OsvEcosystem | OsvDatabase): OsvPackages | undefined {
  const [name = ''] = ecosystem.split(':', 1);
  if ('find' in source) return source.find(name);
  return name === source.osvName ? source : undefined;
}

function toAffected(name: string, entry: OsvAffected, ecosystem: OsvPackages, repeats: boolean): AffectedPackage {
  const comparable = (entry.ranges ?? []).filter(({ type }) => type !== 'GIT');
  const ranges: VersionRange[] = [];
  let ordered = true;
  for (const { events } of comparable) {
    const read = rangesOf(events);
    if (read === undefined) ordered = false;
    else ranges.push(...read.map((range) => withLastKnown(range, entry)));
  }
  return {
    ecosystem: ecosystem.ecosystem,
    name: ecosystem.normalize(name),
    nameKind: 'package',
    scheme: ecosystem.scheme,
    ranges,
    versions: (entry.versions ?? []).filter((version) => !(repeats && isRepeated(version, ranges, ecosystem))),
    expression: null,
    status: statusOf(entry, ranges, ordered),
    urgency: null,
  };
}

/**
 * GitHub's reviewers state the end of what is affected also where no version fixes it; in OSV's form that is left of the
 * range and stands beside it. https://github.com/github/advisory-database
 */
function withLastKnown(range: VersionRange, entry: OsvAffected): VersionRange {
  if (range.fixed !== null || range.lastAffected !== null || entry.ranges?.length !== 1) return range;
  const stated = entry.database_specific?.last_known_affected_version_range ?? '';
  const [, operator, version = ''] = /^(<=?) *([^\s,<>=]+)$/.exec(stated.trim()) ?? [];
  if (operator === undefined) return range;
  return operator === '<' ? { ...range, fixed: version } : { ...range, lastAffected: version };
}

/** OSV lists every published version that a range holds: thousands of texts that say the same again. */
function isRepeated(version: string, ranges: readonly VersionRange[], { scheme }: OsvPackages): boolean {
  return ranges.some((range) => inRange(scheme, version, range) === true);
}

/**
 * `undetermined` where the record cannot say which versions: only commits, events out of order, or a range of all
 * versions that only stands in for one in numbers which are not this ecosystem's (Go's `custom_ranges`: the module's
 * releases have no canonical version, so "all" would call every pseudo-version affected for ever).
 */
function statusOf(entry: OsvAffected, ranges: readonly VersionRange[], ordered: boolean): AdvisoryStatus {
  if (!ordered) return 'undetermined';
  const versions = entry.versions ?? [];
  if (ranges.length === 0 && versions.length === 0) return 'undetermined';
  const custom = entry.ecosystem_specific?.custom_ranges ?? [];
  const boundless = ranges.every((range) => range.fixed === null && range.lastAffected === null);
  return custom.length > 0 && boundless && versions.length === 0 ? 'undetermined' : 'affected';
}

/**
 * Events in their order as half-open ranges; undefined when they do not alternate, because sorting them would need the
 * order of versions. A second end without a start (a fix on another branch) adds nothing. `0` is "from the first".
 */
export function rangesOf(events: readonly z.infer<typeof event>[]): readonly VersionRange[] | undefined {
  const ranges: VersionRange[] = [];
  let introduced: string | null | undefined;
  for (const { introduced: start, fixed, last_affected: last } of events) {
    if (start !== undefined) {
      if (introduced !== undefined) return undefined;
      introduced = start === '0' ? null : start;
    }
    if (introduced === undefined) continue;
    if (fixed !== undefined) ranges.push({ introduced, fixed, lastAffected: null });
    else if (last !== undefined) ranges.push({ introduced, fixed: null, lastAffected: last });
    else continue;
    introduced = undefined;
  }
  if (introduced !== undefined) ranges.push({ introduced, fixed: null, lastAffected: null });
  return ranges;
}
