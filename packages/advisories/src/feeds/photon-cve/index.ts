import type { AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedText } from '../decompression.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import type { SnapshotReader } from '../snapshot.ts';

const id = 'photon-cve';
const RELEASES = ['1.0', '2.0', '3.0', '4.0', '5.0', '6.0'];

const record = z.object({
  cve_id: z.string().regex(/^(?:CVE|BDSA)-\d{4}-\d{4,8}$/),
  pkg: z.string().min(1).max(300),
  aff_ver: z.string().max(500).nullish(),
  res_ver: z.string().max(300).nullish(),
  status: z.string().max(100),
});

/** Flaws of Photon OS by package, one list a release. */
export const photonCve: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /cve_data_photon\d\.0\.json$/.test(path), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      RELEASES.map((release) => ({
        url: `https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon${release}.json`,
        path: `cve_data_photon${release}.json`,
        part: id,
        bytesMax: 64 * 1024 * 1024,
        optional: true,
      })),
      [{ id, extent: 'whole' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      signal.throwIfAborted();
      yield* listItems(file);
    }
  },
};

async function* listItems(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const release = /cve_data_photon(\d\.0)\.json$/.exec(file.path)?.[1];
  if (release === undefined) {
    yield skipped(id, file.path, null, 'a list of no release that is known', 'unsupported');
    return;
  }
  let list: unknown;
  try {
    list = JSON.parse(await unpackedText(file));
  } catch {
    yield skipped(id, file.path, null, 'not valid JSON');
    return;
  }
  if (!Array.isArray(list)) {
    yield skipped(id, file.path, null, 'no list of flaws');
    return;
  }
  for (const one of list) yield* recordItems(one, `photon:${release}`, file.path);
}

function* recordItems(json: unknown, ecosystem: string, place: string): Generator<FeedItem> {
  const parsed = record.safeParse(json);
  if (!parsed.success) {
    yield skipped(id, place, null, `no flaw: ${firstIssue(parsed.error)}`);
    return;
  }
  const { cve_id: flaw, pkg, status } = parsed.data;
  // The list says the same by silence.
  if (status.toLowerCase() === 'not affected') return;
  const fixed = versionOf(parsed.data.res_ver);
  const before = /^all versions before (\S+) are vulnerable$/.exec(parsed.data.aff_ver ?? '')?.[1];
  if (status.toLowerCase() === 'fixed' && fixed === null) {
    yield skipped(id, place, flaw, `${pkg} is fixed, in no version that is named`, 'unsupported');
    return;
  }
  const base: Omit<AffectedPackage, 'nameKind'> = {
    ecosystem,
    name: pkg,
    scheme: 'rpm',
    ranges: [{ introduced: null, fixed: fixed ?? versionOf(before), lastAffected: null }],
    versions: [],
    expression: null,
    status: 'affected',
    urgency: null,
  };
  // Lists name source packages, and here and there one of their parts.
  const affected = (['source', 'binary'] as const).map((nameKind) => ({ ...base, nameKind }));
  yield { kind: 'advisory', part: id, advisory: plainAdvisory(id, flaw, affected) };
}

function versionOf(text: string | null | undefined): string | null {
  return text != null && /^(?:\d+:)?\d[\w.+~^]*-\w[\w.+~^]*$/.test(text) ? text : null;
}
