import { type Advisory, type AffectedPackage, compareVersions, type VersionRange } from '@hullcheck/core';
import { isCveId, isWebUrl, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { type Shipped, shippedProducts } from './products.ts';
import { type VexVulnerability, vexDocument } from './schema.ts';

/** One CVE in Red Hat's products. */
export function* vexItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    yield skipped(feed, place, null, 'not valid JSON');
    return;
  }
  const parsed = vexDocument.safeParse(json);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no VEX document: ${firstIssue(parsed.error)}`);
    return;
  }
  const { tracking } = parsed.data.document;
  // A record that Red Hat took back stays in the archive with its id only.
  if (tracking.status === 'deleted') return;
  const shipped = shippedProducts(parsed.data);
  for (const vulnerability of parsed.data.vulnerabilities) {
    const id = vulnerability.cve ?? tracking.id;
    if (!isCveId(id)) {
      yield skipped(feed, place, id, 'is about no CVE', 'unsupported');
      continue;
    }
    const affected = affectedBy(vulnerability, shipped);
    // Most documents are about container images, middleware and other products that no rpm of an image belongs to.
    if (affected.length === 0) continue;
    const advisory: Advisory = {
      id,
      feed,
      aliases: [],
      published: toTimestamp(vulnerability.release_date ?? tracking.initial_release_date),
      modified: toTimestamp(tracking.current_release_date),
      withdrawn: null,
      cvss: vectorsOf(vulnerability).map((vector) => ({ vector, source: feed })),
      references: referencesOf(id, vulnerability),
      categories: [vulnerability.cwe?.id ?? ''].filter((one) => /^CWE-\d{1,5}$/.test(one)),
      affected,
    };
    yield { kind: 'advisory', part: feed, advisory };
  }
}

/** What is said of one name in one release, product and module. */
interface Statement {
  readonly ecosystem: string;
  readonly product: string | null;
  readonly module: string | null;
  readonly name: string;
  readonly isSource: boolean;
  readonly fixes: Set<string>;
  status: AffectedPackage['status'] | null;
  urgency: string | null;
}

function affectedBy(
  vulnerability: VexVulnerability,
  shipped: (id: string) => Shipped | undefined,
): readonly AffectedPackage[] {
  const { product_status: status } = vulnerability;
  if (status === undefined) return [];
  const groups = new Map<string, Map<string, Statement>>();
  const ratings = ratingsOf(vulnerability);
  const abandoned = new Set(
    vulnerability.remediations.flatMap((one) => (one.category === 'no_fix_planned' ? one.product_ids : [])),
  );
  const put = (id: string, say: (statement: Statement, version: string | null) => void): void => {
    const found = shipped(id);
    if (found === undefined || /-debug(?:info|source)$/.test(found.component.name)) return;
    for (const ecosystem of found.platform.ecosystems) {
      const statement = statementOf(groups, ecosystem, found);
      statement.urgency ??= ratings(id);
      say(statement, found.component.version);
    }
  };
  for (const id of status.fixed) {
    put(id, ({ fixes }, version) => {
      if (version !== null) fixes.add(version);
    });
  }
  // Gravest last, so that it stands where a document says two things.
  for (const id of status.known_not_affected) {
    put(id, (statement, version) => {
      // With a version it is only a build that an update shipped along.
      if (version === null) statement.status = 'not-affected';
    });
  }
  const open = (id: string, kind: AffectedPackage['status']): void =>
    put(id, (statement) => {
      statement.status = kind;
    });
  for (const id of status.under_investigation) open(id, 'under-investigation');
  for (const id of status.known_affected) open(id, abandoned.has(id) ? 'will-not-fix' : 'affected');
  return [...groups.values()].flatMap((statements) => [...entriesOf([...statements.values()])]);
}

function statementOf(
  groups: Map<string, Map<string, Statement>>,
  ecosystem: string,
  { platform, component }: Shipped,
): Statement {
  const { product } = platform;
  const { module, name, isSource } = component;
  const key = JSON.stringify([ecosystem, product, module]);
  const group = groups.get(key) ?? new Map<string, Statement>();
  groups.set(key, group);
  const within = `${isSource ? 'src' : 'bin'} ${name}`;
  const known = group.get(within);
  if (known !== undefined) return known;
  const made: Statement = { ecosystem, product, module, name, isSource, fixes: new Set(), status: null, urgency: null };
  group.set(within, made);
  return made;
}

/**
 * A document names every build of every architecture; the source packages say the same in a fiftieth of the rows. Binary
 * packages are kept where no source package is named, and where they stand out from the sources. What has neither an
 * architecture nor a source beside it may be either: older documents name components.
 */
function* entriesOf(statements: readonly Statement[]): Generator<AffectedPackage> {
  const sources = statements.filter(({ isSource }) => isSource);
  const binaries = statements.filter(({ isSource }) => !isSource);
  const fixedSources = sources.filter(({ fixes }) => fixes.size > 0);
  for (const one of fixedSources.length > 0 ? fixedSources : binaries) yield* fixOf(one);
  const openSources = sources.filter(({ status }) => status !== null && status !== 'not-affected');
  for (const one of openSources) yield toEntry(one, one.isSource ? 'source' : 'binary', one.status, []);
  const said = new Set(sources.map(({ status }) => status));
  const saysAny = openSources.length > 0 || fixedSources.length > 0;
  for (const one of binaries) {
    if (one.status === null || said.has(one.status)) continue;
    if (one.status === 'not-affected') {
      if (saysAny) yield toEntry(one, 'binary', one.status, []);
      continue;
    }
    yield toEntry(one, 'binary', one.status, []);
    if (sources.length === 0) yield toEntry(one, 'source', one.status, []);
  }
}

function* fixOf(statement: Statement): Generator<AffectedPackage> {
  if (statement.fixes.size === 0) return;
  yield toEntry(statement, statement.isSource ? 'source' : 'binary', 'affected', rangesOf([...statement.fixes]));
}

/**
 * One product may have fixes of several minor releases: 7.76.1-23.el9_2.4 and then 7.76.1-26.el9_3.2. Builds of the older
 * minor release from its fix on are fixed; what is newer than all of them is not until the next fix. `el9_3` is the first
 * release tag above every `el9_2…`, so that is where the next range begins. A fix without a minor release ends nothing
 * before the newest one does.
 */
export function rangesOf(fixes: readonly string[]): readonly VersionRange[] {
  const ordered = oneOfContexts([...fixes].sort((a, b) => compareVersions('rpm', a, b) ?? (a < b ? -1 : 1)));
  const ranges: VersionRange[] = [];
  let introduced: string | null = null;
  for (const [at, fixed] of ordered.entries()) {
    const isLast = at === ordered.length - 1;
    const minor = /^(.*\.el\d+_)(\d+)(?:\.|$)/.exec(fixed);
    if (!isLast && minor === null) continue;
    ranges.push({ introduced, fixed, lastAffected: null });
    introduced = `${minor?.[1] ?? ''}${Number(minor?.[2]) + 1}`;
  }
  return ranges;
}

/**
 * A module's package is built once for each context of its stream (`…module+el8.4.0+23209+5106d2ab`, `…+23229+35c4aba7`): all of
 * them have the fix, and the number counts builds, so that the first one parts them from what was built before.
 */
function oneOfContexts(ordered: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return ordered.filter((fixed) => {
    const release = /^(.*\.module\+el[\d.]+)\+/.exec(fixed)?.[1];
    if (release === undefined) return true;
    const isFirst = !seen.has(release);
    seen.add(release);
    return isFirst;
  });
}

function toEntry(
  { ecosystem, name, product, module, urgency }: Statement,
  nameKind: 'source' | 'binary',
  status: AffectedPackage['status'] | null,
  ranges: readonly VersionRange[],
): AffectedPackage {
  return {
    ecosystem,
    name,
    nameKind,
    scheme: 'rpm',
    ranges,
    versions: [],
    expression: null,
    status: status ?? 'undetermined',
    urgency,
    ...(module === null ? {} : { module }),
    ...(product === null ? {} : { product }),
  };
}

/** Red Hat's own rating, which may differ from product to product. */
function ratingsOf({ threats }: VexVulnerability): (id: string) => string | null {
  const impacts = threats.flatMap(({ category, details, product_ids: ids }) => {
    const word = details.toLowerCase();
    const isRating = category === 'impact' && /^(?:critical|important|moderate|low)$/.test(word);
    return isRating ? [{ word, ids: new Set(ids) }] : [];
  });
  return (id) => impacts.find(({ ids }) => ids.size === 0 || ids.has(id))?.word ?? null;
}

function vectorsOf({ scores }: VexVulnerability): readonly string[] {
  const vectors = scores.flatMap(({ cvss_v2: v2, cvss_v3: v3, cvss_v4: v4 }) => [
    v4?.vectorString ?? '',
    v3?.vectorString ?? '',
    v2?.vectorString ?? '',
  ]);
  return [...new Set(vectors.filter((vector) => /^[A-Za-z0-9:./]+$/.test(vector)))].slice(0, 4);
}

function referencesOf(id: string, { remediations }: VexVulnerability): Advisory['references'] {
  const errata = remediations
    .filter(({ category, url }) => category === 'vendor_fix' && url != null && isWebUrl(url))
    .map(({ url }) => url ?? '')
    .filter((url) => url.startsWith('https://access.redhat.com/errata/'));
  const urls = [`https://access.redhat.com/security/cve/${id}`, ...new Set(errata)];
  return urls.slice(0, 8).map((url) => ({ source: 'redhat', url }));
}
