import type { SupportLine } from '@hullcheck/core';
import { unpackedBytes } from '../decompression.ts';
import { isWebUrl, toDay } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { textLines } from '../text-lines.ts';

/**
 * Lists of source packages, columns separated by spaces: a name or `beginning.*`, the last version, the day, a reason. Of the
 * limited ones a name and a reason. Reasons are prose, only addresses in them are taken.
 * https://manpages.debian.org/check-support-status, whose rule this is: the version does not count, the day does.
 */
export async function* parseSupportLists(
  files: readonly SnapshotReader[],
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const releases = new Map<string, SupportLine[]>();
  let part = files[0]?.part ?? '';
  const limited: SupportLine[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    part = file.part;
    const release = /\.deb(\d{1,3})$/.exec(file.path)?.[1];
    const lines: SupportLine[] = [];
    let number = 0;
    for await (const text of textLines(unpackedBytes(file), file.path)) {
      number += 1;
      if (/^\s*(?:#|$)/.test(text)) continue;
      const line = release === undefined ? readLimited(text) : readEnded(text);
      if (line === undefined) yield skipped(part, file.path, `line ${number}`, 'no source package with a day');
      else lines.push(line);
    }
    if (release === undefined) limited.push(...lines);
    else releases.set(release, lines);
  }
  // The package has one limited list and is made for each release anew: the list is of the release it was made for.
  const newest = [...releases.keys()].sort((a, b) => Number(b) - Number(a))[0];
  for (const [release, lines] of releases) {
    const all = release === newest ? [...lines, ...limited] : lines;
    if (all.length === 0) continue;
    yield {
      kind: 'package-support',
      part,
      support: { key: `debian:${release}`, title: `Debian ${release}`, lines: all },
    };
  }
}

function readEnded(text: string): SupportLine | undefined {
  const [, pattern = '', day, reason = ''] = /^(\S+)\s+\S+\s+(\d{4}-\d{2}-\d{2})(?:\s+(.*))?$/.exec(text.trim()) ?? [];
  const covers = toCovered(pattern);
  const from = toDay(day);
  if (covers === undefined || from === null) return undefined;
  return { covers, status: 'ended', from, extended: null, reference: referenceOf(reason) };
}

function readLimited(text: string): SupportLine | undefined {
  const [, pattern = '', reason = ''] = /^(\S+)(?:\s+(.*))?$/.exec(text.trim()) ?? [];
  const covers = toCovered(pattern);
  if (covers === undefined) return undefined;
  return { covers, status: 'limited', from: null, extended: null, reference: referenceOf(reason) };
}

/** Names are patterns of Perl upstream; the only ones used are plain names and `beginning.*`. Others are skipped by name. */
function toCovered(pattern: string): string | undefined {
  const [, name, rest] = /^([a-z0-9][a-z0-9+.-]*?)(\.\*)?$/.exec(pattern) ?? [];
  return name === undefined ? undefined : `${name}${rest === undefined ? '' : '*'}`;
}

function referenceOf(reason: string): string | null {
  const url = /https:\/\/[^\s;,)]+/.exec(reason)?.[0];
  if (url !== undefined && isWebUrl(url)) return url;
  const bug = /#(\d{3,8})\b/.exec(reason)?.[1];
  return bug === undefined ? null : `https://bugs.debian.org/${bug}`;
}
