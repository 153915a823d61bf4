import type { AffectedPackage, VersionRange } from '@hullcheck/core';
import * as z from 'zod';
import { isCveId, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { RANGES_MAX } from '../limits.ts';
import { rangesOf } from '../osv.ts';
import { firstIssue } from '../records.ts';

const event = z.object({ introduced: z.string().optional(), fixed: z.string().optional() });
const record = z.object({
  id: z.string().min(1).max(200),
  published: z.string().nullish(),
  modified: z.string().nullish(),
  withdrawn: z.string().nullish(),
  related: z.array(z.string().max(200)).max(1000).nullish(),
  severity: z.array(z.object({ type: z.string(), score: z.string().max(500) })).nullish(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string().min(1).max(1000) }),
        ranges: z
          .array(z.object({ type: z.string(), events: z.array(event).max(RANGES_MAX) }))
          .max(RANGES_MAX)
          .nullish(),
      }),
    )
    .max(100_000),
});
type OsvAffected = z.infer<typeof record>['affected'][number];

/**
 * One `UBUNTU-CVE-…` record. Each release is two ecosystems, the archive (`Ubuntu:22.04:LTS`) and what a subscription adds
 * (`Ubuntu:Pro:22.04:LTS`); as with the tracker, a fix of extended support ends a flaw that the archive leaves open.
 */
export function* ubuntuOsvItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    yield skipped(feed, place, null, 'not valid JSON');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(feed, place, null, `not an OSV record: ${firstIssue(parsed.error)}`);
    return;
  }
  const { id, severity, related, affected, ...dates } = parsed.data;
  const cve = id.replace(/^UBUNTU-/, '');
  const urgency = severity?.find(({ type }) => type === 'Ubuntu')?.score ?? null;
  const groups = Map.groupBy(
    affected,
    ({ package: { ecosystem, name } }) => `${releaseOf(ecosystem)?.release}\0${name}`,
  );
  const entries = [...groups.values()].flatMap((group) => toAffected(group, urgency));
  if (!isCveId(cve) || entries.length === 0) {
    yield skipped(feed, place, id, isCveId(cve) ? 'names no package of a release' : 'not named after a CVE');
    return;
  }
  const vectors = (severity ?? []).filter(
    ({ type, score }) => type.startsWith('CVSS_') && /^CVSS:[\w:./]+$/.test(score),
  );
  yield {
    kind: 'advisory',
    part: feed,
    advisory: {
      id: cve,
      feed,
      aliases: [],
      published: toTimestamp(dates.published),
      modified: toTimestamp(dates.modified),
      withdrawn: toTimestamp(dates.withdrawn),
      cvss: [...new Set(vectors.map(({ score }) => score))].map((vector) => ({ vector, source: 'ubuntu' })),
      references: (related ?? [])
        .filter((name) => /^USN-\d+-\d+$/.test(name))
        .slice(0, 8)
        .map((name) => ({ source: 'ubuntu', url: `https://ubuntu.com/security/notices/${name}` })),
      categories: [],
      affected: entries,
    },
  };
}

/** `Ubuntu:22.04:LTS`, `Ubuntu:25.10`, `Ubuntu:Pro:14.04:LTS`; builds for FIPS or real time are other packages. */
function releaseOf(ecosystem: string): { readonly release: string; readonly extended: boolean } | undefined {
  const [, pro, release] = /^Ubuntu:(Pro:)?(\d\d\.\d\d)(?::LTS)?$/.exec(ecosystem) ?? [];
  return release === undefined ? undefined : { release, extended: pro !== undefined };
}

function toAffected(group: readonly OsvAffected[], urgency: string | null): readonly AffectedPackage[] {
  const [first] = group;
  const release = releaseOf(first?.package.ecosystem ?? '')?.release;
  if (first === undefined || release === undefined) return [];
  const rangesIn = (extended: boolean) => {
    const entries = group.filter((one) => releaseOf(one.package.ecosystem)?.extended === extended);
    const read = entries.flatMap(({ ranges }) => (ranges ?? []).map(({ events }) => rangesOf(events)));
    return { stated: entries.length > 0, ranges: read.every((one) => one !== undefined) ? read.flat() : undefined };
  };
  const [main, pro] = [rangesIn(false), rangesIn(true)];
  const isOpen = main.ranges === undefined || main.ranges.every(({ fixed }) => fixed === null);
  const ranges: readonly VersionRange[] | undefined =
    !main.stated || (isOpen && pro.ranges?.some(({ fixed }) => fixed !== null) === true) ? pro.ranges : main.ranges;
  return [
    {
      ecosystem: `ubuntu:${release}`,
      name: first.package.name,
      nameKind: 'source',
      scheme: 'deb',
      ranges: ranges ?? [],
      versions: [],
      expression: null,
      // Without a range, or with events out of order, only that it is named is known.
      status: ranges === undefined || ranges.length === 0 ? 'undetermined' : 'affected',
      urgency,
    },
  ];
}
