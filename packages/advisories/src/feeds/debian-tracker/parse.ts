import type { AdvisoryStatus, AffectedPackage, VersionRange } from '@hullcheck/core';
import * as z from 'zod';
import { csvRows } from '../csv.ts';
import { unpackedBytes } from '../decompression.ts';
import type { FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { jsonMembers } from '../json-members.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { announcedFixes } from './advisory-lists.ts';
import { listedVulnerabilities } from './cve-list.ts';

const release = z.object({
  status: z.enum(['resolved', 'open', 'undetermined']),
  fixed_version: z.string().max(500).optional(),
  urgency: z.string().max(100).optional(),
  nodsa_reason: z.string().max(100).nullish(),
});
const entry = z.object({ releases: z.record(z.string(), z.unknown()) });

interface TrackerFiles {
  readonly tracker: SnapshotReader;
  readonly releases: SnapshotReader;
  /** Announced fixes, and the list of vulnerabilities. */
  readonly lists: readonly SnapshotReader[];
  readonly cves: readonly SnapshotReader[];
}

/** An advisory per source package and CVE; entries of one CVE come together again in the database. */
export async function* parseTracker(
  feed: string,
  { tracker, releases, lists, cves: cveLists }: TrackerFiles,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const numbers = await releaseNumbers(releases);
  const covered = new Set<string>();
  // What the table or an announcement says of one vulnerability in one release. The list says the same in fewer words.
  const known = new Known(numbers.values());
  for await (const [name, cves] of jsonMembers(unpackedBytes(tracker), tracker.path)) {
    signal.throwIfAborted();
    if (typeof cves !== 'object' || cves === null || name === '') {
      yield skipped(feed, tracker.path, name, 'a package without a table of vulnerabilities');
      continue;
    }
    for (const [id, value] of Object.entries(cves)) {
      const parsed = entry.safeParse(value);
      if (!parsed.success || !/^(?:CVE|TEMP)-[\w-]{4,60}$/.test(id)) {
        yield skipped(feed, tracker.path, `${name} ${id}`, 'neither an id nor a table of releases');
        continue;
      }
      const affected: AffectedPackage[] = [];
      for (const [codename, state] of Object.entries(parsed.data.releases)) {
        const read = release.safeParse(state);
        const number = numbers.get(codename);
        if (!read.success || number === undefined) {
          yield skipped(feed, tracker.path, `${name} ${id} ${codename}`, 'an unknown release or status');
          continue;
        }
        covered.add(`debian:${number} ${name}`);
        known.add(`debian:${number}`, name, id);
        affected.push(toAffected(name, `debian:${number}`, read.data));
      }
      if (affected.length > 0) {
        yield { kind: 'advisory', part: feed, advisory: plainAdvisory(feed, id, affected) };
      }
    }
  }
  for (const list of lists) {
    signal.throwIfAborted();
    yield* announcedFixes(
      feed,
      list,
      numbers,
      (ecosystem, name) => covered.has(`${ecosystem} ${name}`),
      (ecosystem, name, id) => known.add(ecosystem, name, id),
    );
  }
  for (const list of cveLists) {
    signal.throwIfAborted();
    yield* listedVulnerabilities(list, { feed, numbers, isKnown: (...key) => known.has(...key) });
  }
}

/** Releases by package and vulnerability as bits of a number: the whole tracker has half a million of these. */
class Known {
  readonly #bits: ReadonlyMap<string, number>;
  readonly #known = new Map<string, number>();

  constructor(releases: Iterable<string>) {
    this.#bits = new Map([...releases].map((release, at) => [`debian:${release}`, 2 ** at]));
  }

  add(ecosystem: string, name: string, id: string): void {
    const key = `${name} ${id}`;
    this.#known.set(key, (this.#known.get(key) ?? 0) | (this.#bits.get(ecosystem) ?? 0));
  }

  has(ecosystem: string, name: string, id: string): boolean {
    return ((this.#known.get(`${name} ${id}`) ?? 0) & (this.#bits.get(ecosystem) ?? 0)) !== 0;
  }
}

function toAffected(name: string, ecosystem: string, state: z.infer<typeof release>): AffectedPackage {
  return {
    ecosystem,
    name,
    nameKind: 'source',
    scheme: 'deb',
    ranges: toRanges(state),
    versions: [],
    expression: null,
    status: toStatus(state),
    // "not yet assigned" is the tracker's word for none.
    urgency: state.urgency === undefined || state.urgency === 'not yet assigned' ? null : state.urgency,
  };
}

/**
 * `fixed_version` 0 is how the tracker writes that the release never was affected. An open issue that the team ignores,
 * or in a package whose support ended, gets no fix; a postponed one may.
 */
function toStatus(state: z.infer<typeof release>): AdvisoryStatus {
  if (state.status === 'undetermined') return 'undetermined';
  if (state.status === 'resolved') {
    if (state.fixed_version === '0') return 'not-affected';
    return state.fixed_version === undefined ? 'undetermined' : 'affected';
  }
  return state.nodsa_reason === 'ignored' || state.urgency === 'end-of-life' ? 'will-not-fix' : 'affected';
}

function toRanges(state: z.infer<typeof release>): readonly VersionRange[] {
  const status = toStatus(state);
  if (status === 'not-affected' || status === 'undetermined') return [];
  const fixed = state.status === 'resolved' ? (state.fixed_version ?? null) : null;
  return [{ introduced: null, fixed, lastAffected: null }];
}

/** Series name to release number by distro-info's table, whose rows are shorter for young releases; `sid` has no number and stays itself. */
async function releaseNumbers(file: SnapshotReader): Promise<ReadonlyMap<string, string>> {
  const numbers = new Map<string, string>([['sid', 'sid']]);
  let head: readonly string[] | undefined;
  for await (const row of csvRows(unpackedBytes(file), file.path)) {
    if (head === undefined) {
      head = row;
      continue;
    }
    const version = row[head.indexOf('version')] ?? '';
    const series = row[head.indexOf('series')] ?? '';
    if (/^[\d.]{1,20}$/.test(version) && /^[\w-]{1,40}$/.test(series)) numbers.set(series, version);
  }
  return numbers;
}
