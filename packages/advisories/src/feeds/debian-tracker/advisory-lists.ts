import type { Advisory } from '@hullcheck/core';
import { unpackedText } from '../decompression.ts';
import { isCveId } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';

/** Images as we know them began in 2013: what was fixed for Debian 7 and before is left out. */
export const FIRST_RELEASE = 8;

/**
 * The lists of DSA and DLA announcements: which version fixed which CVE ids in a release. They say nothing of what is
 * not fixed, so they speak only where the tracker's table is silent: for releases that it no longer has and, in an
 * excerpt, for other packages.
 *
 * ```
 * [21 Aug 2026] DSA-6457-1 openjdk-21 - security update
 * 	{CVE-2026-60589 CVE-2026-61308}
 * 	[trixie] - openjdk-21 21.0.12.1+1-1~deb13u1
 * ```
 */
export async function* announcedFixes(
  feed: string,
  file: SnapshotReader,
  numbers: ReadonlyMap<string, string>,
  isCovered: (ecosystem: string, name: string) => boolean,
  onFix: (ecosystem: string, name: string, id: string) => void,
): AsyncGenerator<FeedItem> {
  let announcement = '';
  let cves: readonly string[] = [];
  for (const line of (await unpackedText(file)).split('\n')) {
    const head = /^\[\d{2} \w{3} \d{4}\] (D[SL]A-\d{1,5}(?:-\d{1,3})?) /.exec(line);
    if (head !== null) {
      announcement = head[1] ?? '';
      // Some correct an earlier announcement and name no vulnerability.
      cves = [];
    } else if (line.startsWith('[')) {
      yield skipped(file.part, file.path, line, 'not the head of an announcement');
      announcement = '';
      cves = [];
    } else if (/^\s+\{/.test(line)) {
      cves = line.split(/[\s{}]+/).filter(isCveId);
    } else if (/^\s+\[/.test(line)) {
      yield* fixItems(feed, file, line, announcement, cves, numbers, isCovered, onFix);
    }
  }
}

function* fixItems(
  feed: string,
  file: SnapshotReader,
  line: string,
  announcement: string,
  cves: readonly string[],
  numbers: ReadonlyMap<string, string>,
  isCovered: (ecosystem: string, name: string) => boolean,
  onFix: (ecosystem: string, name: string, id: string) => void,
): Generator<FeedItem> {
  const match = /^\s+\[([a-z]+)\] - ([a-z0-9][a-z0-9.+-]*)\s+(\S+)/.exec(line);
  const number = numbers.get(match?.[1] ?? '');
  const [, , name = '', fixed = ''] = match ?? [];
  if (match === null || number === undefined) {
    yield skipped(file.part, file.path, `${announcement} ${line.trim()}`, 'not a release with a package and a version');
    return;
  }
  const ecosystem = `debian:${number}`;
  // `<end-of-life>`, `<not-affected>` and the like stand in place of a version.
  if (Number(number) < FIRST_RELEASE || fixed.startsWith('<')) return;
  for (const id of cves) onFix(ecosystem, name, id);
  if (isCovered(ecosystem, name)) return;
  for (const id of cves) {
    const advisory: Advisory = {
      ...plainAdvisory(feed, id, [
        {
          ecosystem,
          name,
          nameKind: 'source',
          scheme: 'deb',
          ranges: [{ introduced: null, fixed, lastAffected: null }],
          versions: [],
          expression: null,
          status: 'affected',
          urgency: null,
        },
      ]),
      references: [{ source: 'debian', url: `https://security-tracker.debian.org/tracker/${announcement}` }],
    };
    yield { kind: 'advisory', part: file.part, advisory };
  }
}
