import type { AdvisoryStatus, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { isCveId, toTimestamp } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { firstIssue } from '../records.ts';
import { parsePocket } from '../ubuntu-releases.ts';

const STATUSES = {
  affected: 'affected',
  fixed: 'undetermined',
  not_affected: 'not-affected',
  under_investigation: 'under-investigation',
} as const satisfies Readonly<Record<string, AdvisoryStatus>>;

/** A package's binaries of each architecture and release are named one by one: those of a kernel are tens of thousands. */
const PRODUCTS_MAX = 500_000;

const document = z.object({
  // Canonical writes the document's own members one level deeper than OpenVEX has them.
  metadata: z
    .object({ timestamp: z.string().max(100).nullish() })
    .nullish()
    .catch(null),
  timestamp: z.string().max(100).nullish(),
  statements: z
    .array(
      z.object({
        vulnerability: z.object({ name: z.string().max(200) }),
        status: z.enum(['affected', 'fixed', 'not_affected', 'under_investigation']),
        products: z.array(z.object({ '@id': z.string().max(2000) })).max(PRODUCTS_MAX),
      }),
    )
    .max(10_000),
});
type Status = keyof typeof STATUSES;

/** What is said of one source package in one pocket. */
interface Said {
  readonly release: string;
  readonly extended: boolean;
  readonly name: string;
  /** The one that was in the archive when the document was made. */
  readonly version: string | null;
  readonly status: Status;
}

/**
 * The document of one CVE. Only source packages are read: older documents name no release for their binaries. A "fixed" build is the
 * archive's newest, not the first one with the fix (CVE-2024-6387 was fixed in jammy's 1:8.9p1-3ubuntu0.10, and the document
 * says 1:8.9p1-3ubuntu0.17): of builds below it nothing is said. As with the tracker, a fix of extended support ends a flaw that
 * the archive leaves open.
 */
export function* ubuntuVexItems(text: string, place: string, feed: string): Generator<FeedItem> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    yield skipped(feed, place, null, 'not valid JSON');
    return;
  }
  const parsed = document.safeParse(json);
  if (!parsed.success) {
    yield skipped(feed, place, null, `no OpenVEX document: ${firstIssue(parsed.error)}`);
    return;
  }
  const { statements, metadata, timestamp } = parsed.data;
  const byCve = Map.groupBy(statements, ({ vulnerability }) => vulnerability.name);
  if (byCve.size === 0) yield skipped(feed, place, null, 'makes no statement', 'unsupported');
  for (const [cve, own] of byCve) {
    const said = own.flatMap(({ status, products }) => products.flatMap((one) => sourceOf(one['@id'], status) ?? []));
    const groups = Map.groupBy(said, ({ release, name }) => `${release}\0${name}`);
    const affected = [...groups.values()].flatMap((group) => entryOf(group) ?? []);
    if (!isCveId(cve) || affected.length === 0) {
      yield skipped(
        feed,
        place,
        cve,
        isCveId(cve) ? 'names no package of a release' : 'is about no CVE',
        'unsupported',
      );
      continue;
    }
    yield {
      kind: 'advisory',
      part: feed,
      advisory: {
        id: cve,
        feed,
        aliases: [],
        published: null,
        modified: toTimestamp(metadata?.timestamp ?? timestamp),
        withdrawn: null,
        cvss: [],
        references: [{ source: 'ubuntu', url: `https://ubuntu.com/security/${cve}` }],
        categories: [],
        affected,
      },
    };
  }
}

/**
 * `pkg:deb/ubuntu/gcc-4.4@4.4.7-8ubuntu1?arch=src?distro=ubuntu/trusty`, as it is written: no purl by its second question mark.
 * Later documents have `arch=source&distro=esm-infra/xenial`, and `esm-infra-legacy/trusty` for what is paid for longer still.
 */
function sourceOf(purl: string, status: Status): Said | undefined {
  const [, name = '', version, qualifiers = ''] =
    /^pkg:deb\/ubuntu\/([a-z0-9][a-zA-Z0-9+.%-]{0,200})(?:@([^?#]{1,200}))?\?([^#]{1,500})$/.exec(purl) ?? [];
  const asked = new Map(qualifiers.split(/[?&]/).map((one) => one.split('=', 2) as [string, string | undefined]));
  if (!/^(?:src|source)$/.test(asked.get('arch') ?? '')) return undefined;
  const pocket = parsePocket(
    decode(asked.get('distro') ?? '')
      .replace(/^ubuntu\//, '')
      .replace(/^esm-infra-legacy\//, 'esm-infra/'),
  );
  if (pocket === undefined) return undefined;
  return {
    release: pocket.version,
    extended: pocket.extended,
    name: decode(name),
    version: version === undefined ? null : decode(version),
    status,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Gravest first, where a document says two things of one pocket. */
const GRAVEST: readonly Status[] = ['affected', 'under_investigation', 'fixed', 'not_affected'];

function entryOf(group: readonly Said[]): AffectedPackage | undefined {
  const of = (extended: boolean) =>
    GRAVEST.flatMap((status) => group.filter((one) => one.status === status && one.extended === extended))[0];
  const [main, extended] = [of(false), of(true)];
  const isOpen = main === undefined || main.status === 'affected' || main.status === 'under_investigation';
  const said = isOpen && extended?.status === 'fixed' ? extended : (main ?? extended);
  if (said === undefined) return undefined;
  const { release, name, version, status } = said;
  const isFixed = status === 'fixed';
  return {
    ecosystem: `ubuntu:${release}`,
    name,
    nameKind: 'source',
    scheme: 'deb',
    ranges: isFixed && version !== null ? [{ introduced: null, fixed: version, lastAffected: null }] : [],
    versions: [],
    expression: null,
    status: STATUSES[status],
    urgency: null,
  };
}
