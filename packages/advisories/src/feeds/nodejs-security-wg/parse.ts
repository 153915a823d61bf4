import type { Advisory, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { archiveEntries } from '../archive.ts';
import { isCveId, isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { toRanges } from './ranges.ts';

const coreEntry = z.object({
  cve: z.array(z.string()).default([]),
  vulnerable: z.string().max(1000),
  patched: z.string().max(1000).nullish(),
  ref: z.string().nullish(),
  severity: z.string().max(40).nullish(),
  publish_date: z.string().nullish(),
});
const npmEntry = z.object({
  id: z.number(),
  module_name: z.string().min(1).max(300),
  cves: z.array(z.string()).nullish(),
  vulnerable_versions: z.string().max(1000),
  patched_versions: z.string().max(1000).nullish(),
  publish_date: z.string().nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
  cvss_vector: z.string().max(300).nullish(),
  references: z.array(z.string()).or(z.string()).nullish().catch(null),
});

interface Parts {
  readonly feed: string;
  readonly core: string;
  readonly npm: string;
}

/** `vuln/core/index.json` and `vuln/npm/<id>.json`; what lies beside them (tools, assessments of dependencies) is not taken. */
export async function* parseWorkingGroup(
  parts: Parts,
  file: SnapshotReader,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const isCore = (path: string) => path.endsWith('/vuln/core/index.json');
  const isNpm = (path: string) => /\/vuln\/npm\/\d+\.json$/.test(path);
  // The npm part ended when npm's own advisories replaced it: its date is that of its newest record, and its silence
  // about later vulnerabilities proves nothing.
  let newest = '';
  for await (const { path, bytes } of archiveEntries(file, (name) => isCore(name) || isNpm(name))) {
    signal.throwIfAborted();
    const part = isCore(path) ? parts.core : parts.npm;
    const place = `${file.path}/${path}`;
    let document: unknown;
    try {
      document = JSON.parse(Buffer.from(bytes ?? new Uint8Array(0)).toString('utf8'));
    } catch {
      yield skipped(part, place, null, 'not valid JSON');
      continue;
    }
    if (isCore(path)) {
      for (const [key, value] of Object.entries(document ?? {})) yield* coreItems(parts, place, key, value);
      continue;
    }
    for (const item of npmItems(parts, place, document)) {
      if (item.kind === 'advisory') {
        const modified = item.advisory.modified ?? item.advisory.published ?? '';
        if (modified > newest) newest = modified;
      }
      yield item;
    }
  }
  if (newest !== '') yield { kind: 'dated', part: parts.npm, updatedAt: newest, extent: 'excerpt' };
}

function* coreItems(parts: Parts, place: string, key: string, value: unknown): Generator<FeedItem> {
  const parsed = coreEntry.safeParse(value);
  if (!parsed.success) {
    yield skipped(parts.core, place, key, 'not an entry of the core index');
    return;
  }
  const entry = parsed.data;
  const affected = toAffected('nodejs', 'node', entry.vulnerable, entry.patched, entry.severity ?? null);
  if (affected.length === 0) {
    yield skipped(parts.core, place, key, `unreadable range "${entry.vulnerable}"`, 'undetermined-version');
    return;
  }
  const facts: Partial<Advisory> = {
    published: toTimestamp(entry.publish_date),
    references: webReferences([entry.ref ?? '']),
  };
  yield* perCve(parts.feed, parts.core, entry.cve, `NSWG-CORE-${key}`, affected, facts);
}

/**
 * Names of npm differ by case, and are taken as they are written. Of the frozen list two were never those of the package that is
 * meant: `jQuery` ended at 1.7.4, and its advisory names 3.4.0 of `jquery` as the fix; `Morris.js` is `morris.js` in the registry.
 */
const MISSPELT: ReadonlySet<string> = new Set(['jQuery', 'Morris.js']);

function* npmItems(parts: Parts, place: string, document: unknown): Generator<FeedItem> {
  const parsed = npmEntry.safeParse(document);
  if (!parsed.success) {
    yield skipped(parts.npm, place, null, 'not an npm advisory');
    return;
  }
  const entry = parsed.data;
  const { module_name: name, vulnerable_versions: vulnerable, patched_versions: patched } = entry;
  const names = MISSPELT.has(name) ? [name, name.toLowerCase()] : [name];
  const affected = names.flatMap((one) => toAffected('npm', one, vulnerable, patched, null));
  if (affected.length === 0) {
    const detail = `unreadable range "${entry.vulnerable_versions}"`;
    yield skipped(parts.npm, place, String(entry.id), detail, 'undetermined-version');
    return;
  }
  const references = Array.isArray(entry.references) ? entry.references : (entry.references ?? '').split(/\s+/);
  const facts: Partial<Advisory> = {
    published: toTimestamp(entry.publish_date ?? entry.created_at),
    modified: toTimestamp(entry.updated_at),
    references: webReferences(references),
    cvss: /^CVSS:3\.[01]\/[A-Z:/]+$/.test(entry.cvss_vector ?? '')
      ? [{ vector: entry.cvss_vector ?? '', source: parts.feed }]
      : [],
  };
  yield* perCve(parts.feed, parts.npm, entry.cves ?? [], `NSWG-ECO-${entry.id}`, affected, facts);
}

/** One entry may stand for several CVE ids: they are separate vulnerabilities, so each gets the advisory. Without any, the entry's own id. */
function* perCve(
  feed: string,
  part: string,
  cves: readonly string[],
  ownId: string,
  affected: readonly AffectedPackage[],
  facts: Partial<Advisory>,
): Generator<FeedItem> {
  const ids = [...new Set(cves.map((cve) => cve.trim()).filter(isCveId))];
  for (const id of ids.length > 0 ? ids : [ownId]) {
    const aliases = ids.length === 1 ? [ownId] : [];
    yield { kind: 'advisory', part, advisory: { ...plainAdvisory(feed, id, affected), aliases, ...facts } };
  }
}

function toAffected(
  ecosystem: string,
  name: string,
  vulnerable: string,
  patched: string | null | undefined,
  urgency: string | null,
): readonly AffectedPackage[] {
  const read = toRanges(vulnerable, patched ?? '');
  if (read === undefined) return [];
  const base = {
    ecosystem,
    name,
    nameKind: 'package',
    scheme: 'npm',
    versions: [],
    status: 'affected',
    urgency,
  } as const;
  return [
    ...(read.ranges.length > 0 ? [{ ...base, ranges: read.ranges, expression: null }] : []),
    ...(read.expression === null ? [] : [{ ...base, ranges: [], expression: read.expression }]),
  ];
}

function webReferences(urls: readonly string[]): Advisory['references'] {
  return urls
    .filter(isWebUrl)
    .slice(0, 8)
    .map((url) => ({ source: 'web', url }));
}
