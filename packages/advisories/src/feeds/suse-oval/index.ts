import { unpackedBytes } from '../decompression.ts';
import { isCveId, isWebUrl } from '../facts.ts';
import type { Feed } from '../feed.ts';
import type { OvalDialect } from '../oval-criteria.ts';
import { datedByNewest, type OvalIdentity, ovalItems, urgencyOf } from '../oval-items.ts';
import type { Snapshot } from '../snapshot.ts';
import { childrenOf, findChild, type XmlElement } from '../xml.ts';

const id = 'suse-oval';
const BASE = 'https://ftp.suse.com/pub/projects/security/oval';
/** `-affected` names what is not fixed as well. Service packs of one version share a document. */
const DOCUMENTS = [
  ...['11', '12', '15', '16.0'].map((version) => `suse.linux.enterprise.server.${version}-affected.xml.gz`),
  ...['15.0', '15.1', '15.2', '15.3', '15.4', '15.5', '15.6', '16.0'].map(
    (version) => `opensuse.leap.${version}-affected.xml.gz`,
  ),
  'opensuse.tumbleweed-affected.xml.gz',
];

/** Flaws of SUSE Linux Enterprise and openSUSE, by binary package. https://www.suse.com/support/security/oval/ */
export const suseOval: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => /\.xml(?:\.gz)?$/.test(path), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      DOCUMENTS.map((name) => ({
        url: `${BASE}/${name}`,
        path: name,
        part: id,
        bytesMax: 256 * 1024 * 1024,
        optional: true,
      })),
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => datedByNewest(documents(snapshot, signal)),
};

async function* documents(snapshot: Snapshot, signal: AbortSignal) {
  for (const file of snapshot.files) {
    const source = { path: file.path, bytes: () => unpackedBytes(file) };
    yield* ovalItems(source, { feed: id, part: id, dialect: DIALECT, identify }, signal);
  }
}

/**
 * SUSE Linux Enterprise is one distribution in many products and modules, each with a package that says its version; in an image all of
 * them are `sles` of that version. Products on top of it (SUSE Manager, storage, cloud) are others.
 */
const DIALECT: OvalDialect = {
  ecosystem: null,
  nameKind: 'binary',
  releaseOf(name, { version }) {
    if (!/(?:^|-)release$/.test(name) || version === null) return undefined;
    if (version.operation !== 'equals') return null;
    if (name === 'openSUSE-release') {
      return /^\d{8}$|^$/.test(version.value) ? 'opensuse-tumbleweed:' : `opensuse-leap:${version.value}`;
    }
    if (name === 'openSUSE-Tumbleweed-release') return 'opensuse-tumbleweed:';
    if (name === 'Leap-release') return `opensuse-leap:${version.value}`;
    const isEnterprise =
      /^(?:sles|sled|SLES_SAP|SLE_HPC|SLE_RT|SLES|SLED|sle-ha|sle-we|sle-sdk|sle-module)(?:-|$)/.test(name);
    return isEnterprise && /^\d{2}(?:\.\d)?$/.test(version.value) ? `sles:${version.value}` : null;
  },
};

/** A definition is of one CVE; its notices are references, because each fixes others too. */
function identify(_: XmlElement, metadata: XmlElement | undefined): OvalIdentity {
  const cve = findChild(metadata, 'title')?.text ?? '';
  const advisory = findChild(metadata, 'advisory');
  const urls = childrenOf(metadata, 'reference')
    .filter((reference) => reference.attributes.get('source') === 'SUSE CVE')
    .map((reference) => reference.attributes.get('ref_url') ?? '');
  return {
    id: isCveId(cve) ? cve : { refused: 'is about no CVE' },
    aliases: [],
    references: urls.filter(isWebUrl).map((url) => ({ source: 'suse', url })),
    urgency: urgencyOf(findChild(advisory, 'severity')?.text),
    published: findChild(advisory, 'issued')?.attributes.get('date') ?? null,
    modified: findChild(advisory, 'updated')?.attributes.get('date') ?? null,
  };
}
