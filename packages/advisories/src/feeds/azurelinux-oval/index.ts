import { archiveEntries } from '../archive.ts';
import { unpackedBytes } from '../decompression.ts';
import { isCveId } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { OvalSource } from '../oval.ts';
import { datedByNewest, type OvalFeed, type OvalIdentity, ovalItems, urgencyOf } from '../oval-items.ts';
import type { Snapshot } from '../snapshot.ts';
import { childrenOf, findChild, type XmlElement } from '../xml.ts';

const id = 'azurelinux-oval';
/** Each document is of one release, which only its name says. */
const RELEASES: ReadonlyMap<string, string> = new Map([
  ['azurelinux-3.0-oval.xml', 'azurelinux:3.0'],
  ['cbl-mariner-2.0-oval.xml', 'mariner:2.0'],
  ['cbl-mariner-1.0-oval.xml', 'mariner:1.0'],
]);

/** Flaws of Azure Linux and of CBL-Mariner before it, by source package. */
export const azurelinuxOval: Feed = {
  id,
  version: 1,
  licence: 'MIT',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [...RELEASES.keys()].map((name) => ({
        url: `https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/${name}`,
        path: name,
        part: id,
        bytesMax: 256 * 1024 * 1024,
        optional: true,
      })),
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => datedByNewest(snapshotItems(snapshot, signal)),
};

async function* snapshotItems(snapshot: Snapshot, signal: AbortSignal): AsyncGenerator<FeedItem> {
  for (const file of snapshot.files) {
    if (file.path.endsWith('.xml')) {
      yield* documentItems({ path: file.path, bytes: () => unpackedBytes(file) }, signal);
      continue;
    }
    for await (const { path, bytes } of archiveEntries(file, (name) => name.endsWith('-oval.xml'))) {
      const place = `${file.path}/${path}`;
      if (bytes === undefined) yield skipped(id, place, null, 'the document is too large', 'limit-exceeded');
      else yield* documentItems({ path: place, bytes: () => once(bytes) }, signal);
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* documentItems(source: OvalSource, signal: AbortSignal) {
  const ecosystem = RELEASES.get(source.path.slice(source.path.lastIndexOf('/') + 1));
  if (ecosystem === undefined) {
    yield skipped(id, source.path, null, 'a document of no release that is known', 'unsupported');
    return;
  }
  const feed: OvalFeed = {
    feed: id,
    part: id,
    dialect: { ecosystem, releaseOf: () => undefined, nameKind: 'source' },
    identify,
  };
  yield* ovalItems(source, feed, signal);
}

/** One definition is of one CVE and one package; the database joins what is said of one CVE. */
function identify(_: XmlElement, metadata: XmlElement | undefined): OvalIdentity {
  const named = childrenOf(metadata, 'reference').map((reference) => reference.attributes.get('ref_id') ?? '');
  const cve = named.find(isCveId);
  const date = findChild(metadata, 'advisory_date')?.text ?? null;
  return {
    id: cve ?? { refused: 'names no CVE' },
    aliases: [],
    references: [],
    urgency: urgencyOf(findChild(metadata, 'severity')?.text),
    published: date,
    modified: null,
  };
}
