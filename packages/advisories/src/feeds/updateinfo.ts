import { type AffectedPackage, compareVersions, Fault } from '@hullcheck/core';
import { isCveId, isWebUrl, toTimestamp } from './facts.ts';
import type { FeedItem } from './feed.ts';
import type { FeedIo } from './fetching.ts';
import { skipped } from './items.ts';
import { urgencyOf } from './oval-items.ts';
import { childrenOf, findChild, type XmlElement, xmlRecords } from './xml.ts';

/** The updates of one repository of rpm packages. */
export interface UpdateSource {
  readonly path: string;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  readonly feed: string;
  readonly ecosystem: string;
  /** Where the repository holds one line of versions beside others: the first version of the line that a fix is of. */
  readonly introducedOf: (fixed: string) => string | null;
  /** Beginning of the distribution's own pages, the only ones that are kept. */
  readonly site: string;
}

/** Every security update of an `updateinfo.xml` with the CVEs that it fixes. https://github.com/rpm-software-management/createrepo_c */
export async function* updateItems(source: UpdateSource, signal: AbortSignal): AsyncGenerator<FeedItem> {
  for await (const update of xmlRecords(source.bytes(), source.path, (name) => name === 'update')) {
    signal.throwIfAborted();
    // A bug's fix or a new feature concerns no flaw, and a repository has thousands.
    if (update.attributes.get('type') === 'security') yield* securityItems(update, source);
  }
}

function* securityItems(update: XmlElement, source: UpdateSource): Generator<FeedItem> {
  const { feed, path } = source;
  const id = findChild(update, 'id')?.text ?? '';
  if (!/^[A-Z][A-Za-z0-9:._-]{3,99}$/.test(id)) {
    yield skipped(feed, path, null, 'an update without an id');
    return;
  }
  const references = childrenOf(findChild(update, 'references'), 'reference');
  const named = references.flatMap(({ attributes }) => [attributes.get('id') ?? '', attributes.get('title') ?? '']);
  named.push(findChild(update, 'title')?.text ?? '');
  const cves = [...new Set(named.flatMap((text) => text.match(/CVE-\d{4}-\d{4,8}/g) ?? []))].filter(isCveId).sort();
  if (cves.length === 0) {
    yield skipped(feed, path, id, 'names no CVE', 'unsupported');
    return;
  }
  const affected = affectedBy(update, source);
  if (affected.length === 0) {
    yield skipped(feed, path, id, 'names no package');
    return;
  }
  const urls = references.map(({ attributes }) => attributes.get('href') ?? '');
  yield {
    kind: 'advisory',
    part: feed,
    advisory: {
      id,
      feed,
      aliases: cves,
      published: dateOf(update, 'issued'),
      modified: dateOf(update, 'updated'),
      withdrawn: null,
      cvss: [],
      references: urls
        .filter((url) => isWebUrl(url) && url.startsWith(source.site))
        .slice(0, 4)
        .map((url) => ({ source: feed, url })),
      categories: [],
      affected,
    },
  };
}

/** One entry a name: builds for several architectures have one version, and where they do not the newest is the fix for all. */
function affectedBy(update: XmlElement, source: UpdateSource): readonly AffectedPackage[] {
  const urgency = urgencyOf(findChild(update, 'severity')?.text);
  const fixes = new Map<string, { readonly name: string; readonly module: string | null; fixed: string }>();
  for (const collection of childrenOf(findChild(update, 'pkglist'), 'collection')) {
    const module = moduleOf(findChild(collection, 'module'));
    for (const { attributes } of childrenOf(collection, 'package')) {
      const name = attributes.get('name') ?? '';
      const fixed = versionOf(attributes);
      if (name === '' || fixed === null || attributes.get('arch') === 'src') continue;
      const key = JSON.stringify([name, module]);
      const known = fixes.get(key);
      if (known === undefined) fixes.set(key, { name, module, fixed });
      else if (compareVersions('rpm', known.fixed, fixed) === -1) known.fixed = fixed;
    }
  }
  return [...fixes.values()].map(({ name, module, fixed }) => ({
    ecosystem: source.ecosystem,
    name,
    nameKind: 'binary',
    scheme: 'rpm',
    ranges: [{ introduced: source.introducedOf(fixed), fixed, lastAffected: null }],
    versions: [],
    expression: null,
    status: 'affected',
    urgency,
    ...(module === null ? {} : { module }),
  }));
}

function versionOf(attributes: ReadonlyMap<string, string>): string | null {
  const epoch = attributes.get('epoch') ?? '0';
  const version = `${attributes.get('version') ?? ''}-${attributes.get('release') ?? ''}`;
  if (!/^[\w.+~^]+-[\w.+~^]+$/.test(version)) return null;
  return /^\d{1,9}$/.test(epoch) && epoch !== '0' ? `${epoch}:${version}` : version;
}

function moduleOf(element: XmlElement | undefined): string | null {
  const label = `${element?.attributes.get('name') ?? ''}:${element?.attributes.get('stream') ?? ''}`;
  return /^[\w.+-]+:[\w.+-]+$/.test(label) ? label : null;
}

/** `2021-07-22 03:13:55`, `2021-07-22 03:13` or the day alone. */
function dateOf(update: XmlElement, name: string): string | null {
  const text = findChild(update, name)?.attributes.get('date') ?? '';
  return toTimestamp(text) ?? toTimestamp(text.slice(0, 10));
}

/**
 * The address of a repository's `updateinfo`, which its index names with a checksum. Null where it has none, or in a form of
 * compression that is not read. Fault `feed-invalid` where the index is none.
 */
export async function findUpdateinfo(io: FeedIo, repository: string): Promise<string | null> {
  const index = `${repository}/repodata/repomd.xml`;
  const text = await io.pointer(index);
  async function* bytes() {
    yield Buffer.from(text);
  }
  let seen = false;
  for await (const data of xmlRecords(bytes(), index, (name) => name === 'data')) {
    seen = true;
    const location = findChild(data, 'location')?.attributes.get('href') ?? '';
    const isIt = data.attributes.get('type') === 'updateinfo';
    if (isIt && /^repodata\/[\w-]*updateinfo\.xml\.(?:gz|zst|bz2)$/.test(location)) return `${repository}/${location}`;
  }
  if (!seen) throw new Fault('feed-invalid', `${index} is no index of a repository`, { place: index });
  return null;
}
