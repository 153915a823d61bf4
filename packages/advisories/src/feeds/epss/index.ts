import { Fault } from '@hullcheck/core';
import { csvRecords, csvRows } from '../csv.ts';
import { unpackedBytes } from '../decompression.ts';
import { isCveId, toDay, toTimestamp } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';

const id = 'epss';

/** FIRST's exploit prediction scores: the probability of exploitation within 30 days, with the model and the day. */
export const epss: Feed = {
  id,
  version: 1,
  licence: 'EPSS data of FIRST: free to use, with attribution; no licence text with the mirrored part',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.csv'), extent: 'excerpt' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz',
          path: 'epss_scores.csv.gz',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse(snapshot) {
    const [file] = snapshot.files;
    if (file === undefined) throw new Fault('feed-invalid', 'the snapshot is empty', { place: id });
    return parseScores(file, snapshot.manifest.parts[0]?.updatedAt ?? null);
  },
};

/**
 * Upstream's first line is `#model_version:v2025.03.14,score_date:2026-08-22T…`, and stood without a date at times; a mirror's rows
 * may carry a day each instead. The model stays with every score: another one shifts them all.
 */
async function* parseScores(file: SnapshotReader, snapshotDate: string | null): AsyncGenerator<FeedItem> {
  const rows = csvRows(unpackedBytes(file), file.path);
  const first = await rows.next();
  const head = first.done === true ? [] : first.value;
  let model: string | null = null;
  let day = toDay(snapshotDate);
  const stated = /^#model_version:([\w.-]{1,40})(?:,score_date:(\S{10,40}))?$/.exec(head.join(','));
  if (stated !== null) {
    model = stated[1] ?? null;
    const updatedAt = toTimestamp(stated[2]);
    if (updatedAt !== null) {
      day = toDay(updatedAt);
      yield { kind: 'dated', part: id, updatedAt };
    }
  }
  const names = stated === null ? head : ((await rows.next()).value ?? []);
  if (names[0] !== 'cve' || names[1] !== 'epss') {
    throw new Fault('feed-invalid', `${file.path} does not have the columns cve and epss`, { place: file.path });
  }
  async function* table(): AsyncGenerator<readonly string[]> {
    yield names;
    yield* rows;
  }
  for await (const { line, record } of csvRecords(table())) {
    const cve = record?.get('cve') ?? '';
    const probability = toProbability(record?.get('epss') ?? '');
    const date = toDay(record?.get('observed')) ?? day;
    if (!isCveId(cve) || probability === undefined || date === null) {
      yield skipped(id, file.path, cve === '' ? `line ${line}` : cve, 'lacks a CVE id, a probability or a day');
      continue;
    }
    yield { kind: 'facts', part: id, facts: { id: cve, epss: { probability, date, model } } };
  }
}

function toProbability(text: string): number | undefined {
  if (!/^[01](?:\.\d{1,12})?(?:e-\d{1,2})?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 1 ? value : undefined;
}
