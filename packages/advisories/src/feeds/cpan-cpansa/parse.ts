import type { Advisory, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedBytes } from '../decompression.ts';
import { isCveId, isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { jsonMembers } from '../json-members.ts';
import { firstIssue } from '../records.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { affectedOf } from './ranges.ts';

const texts = z.array(z.string().max(500)).max(10_000);
const meta = z.object({ epoch: z.number().int().positive().max(8_640_000_000_000) });
const distributions = z.record(
  z.string(),
  z.object({
    advisories: z.array(z.unknown()),
    // Of a few releases no version is known.
    versions: z.array(z.object({ version: z.string().max(500) }).catch({ version: '' })).default([]),
  }),
);
const record = z.object({
  id: z.string().regex(/^CPANSA-[\w.-]{1,200}$/),
  cves: texts.nullish(),
  affected_versions: texts.nullish(),
  fixed_versions: texts.nullish(),
  severity: z.string().max(20).nullish(),
  reported: z.string().nullish(),
  references: texts.nullish(),
});

/** One file of all advisories by distribution. https://github.com/briandfoy/cpan-security-advisory#readme */
export async function* cpansaItems(
  files: readonly SnapshotReader[],
  feed: string,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  for (const file of files) {
    for await (const [key, value] of jsonMembers(unpackedBytes(file), file.path)) {
      signal.throwIfAborted();
      if (key === 'meta') {
        const stated = meta.safeParse(value);
        const updatedAt = stated.success ? new Date(stated.data.epoch * 1000).toISOString() : undefined;
        if (updatedAt !== undefined) yield { kind: 'dated', part: feed, updatedAt: updatedAt.replace('.000Z', 'Z') };
      }
      if (key !== 'dists') continue;
      const read = distributions.safeParse(value);
      if (!read.success) yield skipped(feed, file.path, key, 'no table of distributions');
      for (const [name, { advisories, versions }] of Object.entries(read.data ?? {})) {
        const released = versions.map(({ version }) => version);
        for (const advisory of advisories) yield cpansaItem(advisory, { name, released }, file.path, feed);
      }
    }
  }
}

/** One advisory on one distribution. A few ids stand there several times, each time with other versions. */
function cpansaItem(
  value: unknown,
  distribution: { readonly name: string; readonly released: readonly string[] },
  place: string,
  feed: string,
): FeedItem {
  const parsed = record.safeParse(value);
  if (!parsed.success) {
    const detail = `no advisory on ${distribution.name}: ${firstIssue(parsed.error)}`;
    return skipped(feed, place, null, detail);
  }
  const { id, cves, severity, reported, references } = parsed.data;
  const { affected_versions, fixed_versions } = parsed.data;
  const versions = affectedOf(affected_versions ?? [], fixed_versions ?? [], distribution.released);
  if (versions === undefined) return skipped(feed, place, id, 'a range of versions that can not be read');
  const affected: AffectedPackage = {
    ecosystem: 'cpan',
    name: distribution.name,
    nameKind: 'package',
    scheme: 'cpan',
    urgency: severity === null || severity === undefined || severity === '' ? null : severity.toLowerCase(),
    ...versions,
  };
  const advisory: Advisory = {
    id,
    feed,
    aliases: [...new Set((cves ?? []).filter(isCveId))].sort(),
    published: toTimestamp(reported),
    modified: null,
    withdrawn: null,
    cvss: [],
    references: (references ?? [])
      .filter(isWebUrl)
      .slice(0, 8)
      .map((url) => ({ source: 'cpansa', url })),
    categories: [],
    affected: [affected],
  };
  return { kind: 'advisory', part: feed, advisory };
}
