import type { AffectedPackage } from '@hullcheck/core';
import { unpackedBytes } from '../decompression.ts';
import { isCveId, isWebUrl } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import type { OvalDialect } from '../oval-criteria.ts';
import { datedByNewest, type OvalIdentity, ovalItems, urgencyOf } from '../oval-items.ts';
import type { Snapshot } from '../snapshot.ts';
import { childrenOf, findChild, type XmlElement } from '../xml.ts';

const id = 'oracle-oval';
const FIRST_YEAR = 2007;
const LAST_YEAR = 2040;

/** Oracle Linux's errata, by binary package. One document a year: the one of all years takes ten times the memory. */
export const oracleOval: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.xml(?:\.bz2|\.gz)?$/.test(path), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      Array.from({ length: LAST_YEAR - FIRST_YEAR + 1 }, (_, at) => ({
        url: `https://linux.oracle.com/security/oval/com.oracle.elsa-${FIRST_YEAR + at}.xml.bz2`,
        path: `com.oracle.elsa-${FIRST_YEAR + at}.xml.bz2`,
        part: id,
        bytesMax: 64 * 1024 * 1024,
        // Years to come.
        optional: true,
      })),
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => datedByNewest(documents(snapshot, signal)),
};

async function* documents(snapshot: Snapshot, signal: AbortSignal): AsyncGenerator<FeedItem> {
  for (const file of snapshot.files) {
    const source = { path: file.path, bytes: () => unpackedBytes(file) };
    for await (const item of ovalItems(source, { feed: id, part: id, dialect: DIALECT, identify }, signal)) {
      if (item.kind !== 'advisory') yield item;
      else yield { ...item, advisory: { ...item.advisory, affected: item.advisory.affected.map(withVariant) } };
    }
  }
}

/** Builds for Ksplice and FIPS have versions above all ordinary ones, which their fixes must not be held against. */
function withVariant(entry: AffectedPackage): AffectedPackage {
  const fixes = entry.ranges.map(({ fixed }) => fixed ?? '');
  if (fixes.some((fixed) => /\.ksplice\d*\./.test(fixed))) return { ...entry, product: 'ksplice' };
  return fixes.some((fixed) => fixed.endsWith('_fips')) ? { ...entry, product: 'fips' } : entry;
}

/** `oraclelinux-release` is asked for its version and, in a test of its own, for the machine's architecture. */
const DIALECT: OvalDialect = {
  ecosystem: null,
  nameKind: 'binary',
  releaseOf(name, state, comment) {
    if (!/^(?:oraclelinux|enterprise)-release$/.test(name) || state.version === null) return undefined;
    // The pattern (`^8`) says the same in a form that is harder to read.
    const release =
      /^Oracle Linux (\d{1,2}) is installed$/.exec(comment)?.[1] ?? /^\^(\d{1,2})$/.exec(state.version.value)?.[1];
    return release === undefined ? null : `ol:${release}`;
  },
};

/** An erratum with every CVE that it fixes. */
function identify(_: XmlElement, metadata: XmlElement | undefined): OvalIdentity {
  const references = childrenOf(metadata, 'reference');
  const named = references.map((reference) => reference.attributes.get('ref_id') ?? '');
  const advisory = findChild(metadata, 'advisory');
  const listed = childrenOf(advisory, 'cve').map(({ text }) => text);
  const cves = [...new Set([...named, ...listed].filter(isCveId))].sort();
  const erratum = named.find((name) => /^ELSA-\d{4}-\d{1,8}(?:-\d{1,3})?$/.test(name));
  const url = references
    .map((reference) => reference.attributes.get('ref_url') ?? '')
    .find((one) => one.includes('/errata/ELSA-'));
  return {
    id:
      erratum === undefined
        ? { refused: 'names no erratum' }
        : cves.length === 0
          ? { refused: 'names no CVE' }
          : erratum,
    aliases: cves,
    references: url === undefined || !isWebUrl(url) ? [] : [{ source: 'oracle', url }],
    urgency: urgencyOf(findChild(advisory, 'severity')?.text),
    published: findChild(advisory, 'issued')?.attributes.get('date') ?? null,
    modified: null,
  };
}
