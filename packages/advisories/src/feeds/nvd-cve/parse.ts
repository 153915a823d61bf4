import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { affectedByCpe, configurations } from '../cpe-configurations.ts';
import { unpackedBytes } from '../decompression.ts';
import { cweIds, isCveId, toDay, toTimestamp } from '../facts.ts';
import type { FactsPart, FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { jsonMembers } from '../json-members.ts';
import { firstIssue } from '../records.ts';
import { firstScore, type StatedVector } from '../scores.ts';
import type { SnapshotReader } from '../snapshot.ts';

const LIST = 'vulnerabilities';

const metrics = z
  .array(z.object({ source: z.string(), type: z.string(), cvssData: z.object({ vectorString: z.string() }) }))
  .default([]);
const record = z.object({
  cve: z.object({
    id: z.string(),
    published: z.string().optional(),
    lastModified: z.string().optional(),
    vulnStatus: z.string().optional(),
    cveTags: z.array(z.object({ tags: z.array(z.string()).default([]) })).default([]),
    metrics: z
      .object({
        cvssMetricV40: metrics,
        cvssMetricV31: metrics,
        cvssMetricV30: metrics,
        cvssMetricV2: metrics,
      })
      .partial()
      .default({}),
    weaknesses: z.array(z.object({ description: z.array(z.object({ value: z.string() })) })).default([]),
    configurations: configurations.default([]),
  }),
});
type Cve = z.infer<typeof record>['cve'];

/**
 * Files of NVD's feeds or answers of its API (2.0), which have one shape: a list that no memory should hold at once. The file of
 * the last days is read first, and what it has is not taken from the year's file, which may be of the day before.
 */
export async function* nvdItems(
  files: readonly SnapshotReader[],
  feed: string,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const isNews = (file: SnapshotReader) => file.path.includes('modified');
  const news = new Set<string>();
  let newest: string | null = null;
  for (const file of [...files.filter(isNews), ...files.filter((one) => !isNews(one))]) {
    let listed = false;
    for await (const [key, value] of jsonMembers(unpackedBytes(file), file.path, LIST)) {
      signal.throwIfAborted();
      if (key === 'timestamp' && typeof value === 'string') {
        const stated = toTimestamp(value);
        if (stated !== null && (newest === null || stated > newest)) newest = stated;
      }
      if (key !== LIST) continue;
      listed = true;
      const parsed = record.safeParse(value);
      if (!parsed.success || !isCveId(parsed.data.cve.id)) {
        const why = parsed.success ? 'not a CVE id' : `no record of NVD: ${firstIssue(parsed.error)}`;
        yield skipped(feed, file.path, nameOf(value), why);
        continue;
      }
      const { cve } = parsed.data;
      if (isNews(file)) news.add(cve.id);
      else if (news.has(cve.id)) continue;
      yield* itemsOf(cve, feed);
    }
    if (!listed) throw new Fault('feed-invalid', `${file.path} lists no vulnerabilities`, { place: file.path });
  }
  if (newest !== null) yield { kind: 'dated', part: feed, updatedAt: newest };
}

function* itemsOf(cve: Cve, feed: string): Generator<FeedItem> {
  yield { kind: 'facts', part: feed, facts: toFacts(cve) };
  if (cve.vulnStatus === 'Rejected') return;
  const affected = affectedByCpe(cve.configurations);
  if (affected.length === 0) return;
  const advisory = {
    ...plainAdvisory(feed, cve.id, affected),
    published: toTimestamp(cve.published),
    modified: toTimestamp(cve.lastModified),
  };
  yield { kind: 'advisory', part: feed, advisory };
}

function toFacts(cve: Cve): FactsPart {
  const published = toTimestamp(cve.published);
  const asOf = toDay(cve.lastModified ?? cve.published);
  const disputed = cve.cveTags.some(({ tags }) => tags.includes('disputed'));
  const is = cve.vulnStatus === 'Rejected' ? 'rejected' : disputed ? 'disputed' : 'published';
  const cvss = firstScore(vectorsOf(cve));
  const categories = cweIds(cve.weaknesses.flatMap((one) => one.description.map(({ value }) => value)).join(' '));
  return {
    id: cve.id,
    ...(published === null ? {} : { published }),
    ...(cvss === undefined ? {} : { cvss }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(asOf === null ? {} : { state: { is, asOf } }),
  };
}

/** NVD's own (primary) before others', but version 2 last: it rates most of what has both a step apart from the later ones. */
function vectorsOf({ metrics: given }: Cve): readonly (readonly StatedVector[])[] {
  const later = [...(given.cvssMetricV40 ?? []), ...(given.cvssMetricV31 ?? []), ...(given.cvssMetricV30 ?? [])];
  const groups = [later, given.cvssMetricV2 ?? []].flatMap((all) => [
    all.filter(({ type }) => type === 'Primary'),
    all.filter(({ type }) => type !== 'Primary'),
  ]);
  return groups.map((group) => group.map(({ source, cvssData }) => ({ vector: cvssData.vectorString, source })));
}

function nameOf(value: unknown): string | null {
  return z.object({ cve: z.object({ id: z.string().max(30) }) }).safeParse(value).data?.cve.id ?? null;
}
