import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { csvRecords, csvRows } from '../csv.ts';
import { unpackedBytes, unpackedText } from '../decompression.ts';
import { cweIds, isCveId, toDay, toTimestamp } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';

const id = 'cisa-kev';

const catalogue = z.object({
  dateReleased: z.string(),
  vulnerabilities: z.array(z.unknown()),
});
const vulnerability = z.object({
  cveID: z.string(),
  dateAdded: z.string(),
  knownRansomwareCampaignUse: z.string().nullish(),
  cwes: z.array(z.string()).nullish(),
});

/** CISA's catalogue of vulnerabilities that are known to be exploited: what is in it is attacked. */
export const cisaKev: Feed = {
  id,
  version: 1,
  licence: 'CC0-1.0',
  redistributable: true,
  mirror: [
    { part: id, entry: id, takes: (path) => path.endsWith('/known_exploited_vulnerabilities.json'), extent: 'whole' },
  ],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
          path: 'known_exploited_vulnerabilities.json',
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
    return file.path.endsWith('.csv') ? parseTable(file) : parseCatalogue(file);
  },
};

async function* parseCatalogue(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const read = catalogue.safeParse(parseJson(await unpackedText(file)));
  if (!read.success) throw new Fault('feed-invalid', `${file.path} is not the catalogue`, { place: file.path });
  const released = toTimestamp(read.data.dateReleased);
  if (released !== null) yield { kind: 'dated', part: id, updatedAt: released };
  for (const [at, value] of read.data.vulnerabilities.entries()) {
    const entry = vulnerability.safeParse(value).data;
    const cwes = (entry?.cwes ?? []).join(' ');
    yield toItem(file, `vulnerabilities[${at}]`, { ...entry, cwes });
  }
}

/** The same catalogue as a table, which CISA keeps beside it and in its repository; it states no date of its own. */
async function* parseTable(file: SnapshotReader): AsyncGenerator<FeedItem> {
  for await (const { line, record } of csvRecords(csvRows(unpackedBytes(file), file.path))) {
    if (line === 2 && record?.has('cveID') !== true) {
      throw new Fault('feed-invalid', `${file.path} is not the catalogue`, { place: file.path });
    }
    yield toItem(file, `line ${line}`, {
      cveID: record?.get('cveID'),
      dateAdded: record?.get('dateAdded'),
      knownRansomwareCampaignUse: record?.get('knownRansomwareCampaignUse'),
      cwes: record?.get('cwes') ?? '',
    });
  }
}

interface Entry {
  readonly cveID?: string | undefined;
  readonly dateAdded?: string | undefined;
  readonly knownRansomwareCampaignUse?: string | null | undefined;
  readonly cwes: string;
}

function toItem(file: SnapshotReader, place: string, entry: Entry): FeedItem {
  const { cveID = '', knownRansomwareCampaignUse, cwes } = entry;
  const addedAt = toDay(entry.dateAdded);
  if (!isCveId(cveID) || addedAt === null) {
    return skipped(id, file.path, cveID === '' ? place : cveID, 'lacks a CVE id or its date');
  }
  const kev = { addedAt, ransomware: knownRansomwareCampaignUse === 'Known' };
  return { kind: 'facts', part: id, facts: { id: cveID, kev, exploit: 'attacked', categories: cweIds(cwes) } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
