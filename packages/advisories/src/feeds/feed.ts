import type {
  Advisory,
  PackageSupport,
  Problem,
  ReleaseSupport,
  VexStatement,
  VulnerabilityFacts,
} from '@hullcheck/core';
import type { FeedIo } from './fetching.ts';
import type { MirrorPart } from './mirror.ts';
import type { Snapshot, SnapshotManifest } from './snapshot.ts';

/** What one feed knows of one CVE: only the parts it states. Parts of several feeds are merged when they are looked up. */
export type FactsPart = Pick<VulnerabilityFacts, 'id'> & Partial<Omit<VulnerabilityFacts, 'id'>>;

/**
 * One thing that a feed says. `part` names the part of the snapshot, and so the source entry, that said it: the feed's id,
 * or a name below it (`alpine-secdb/excerpt`).
 */
export type FeedItem =
  | { readonly kind: 'advisory'; readonly part: string; readonly advisory: Advisory }
  | { readonly kind: 'facts'; readonly part: string; readonly facts: FactsPart }
  /** What a vendor states of its own products. Every product must have a key (`vendorProductKey`), or nobody can ask for it. */
  | { readonly kind: 'statement'; readonly part: string; readonly statement: VexStatement }
  | { readonly kind: 'support'; readonly part: string; readonly support: ReleaseSupport }
  /** How long packages are cared for: all of one key at once. */
  | { readonly kind: 'package-support'; readonly part: string; readonly support: PackageSupport }
  /** The data states its own date (RFC 3339), better than the date of the file; or it has a part with an extent of its own. */
  | { readonly kind: 'dated'; readonly part: string; readonly updatedAt: string; readonly extent?: 'whole' | 'excerpt' }
  /** A record that was not taken. `path` of the problem names the file; `record` the entry in it. */
  | { readonly kind: 'skipped'; readonly part: string; readonly record: string | null; readonly problem: Problem };

/**
 * One advisory source. Network and parsing are apart: replay, mirrors, air gap and tests are the same path through
 * `parse`. `id` is the folder's name and is what the database stores; `version` rises when `parse` answers otherwise.
 */
export interface Feed {
  readonly id: string;
  readonly version: number;
  /** SPDX expression, or one sentence where the source has no licence text. */
  readonly licence: string;
  /** Whether its facts may be part of the starter database that is committed beside the source. */
  readonly redistributable: boolean;
  /**
   * False where others of the catalogue say the same, better or in fewer bytes: its own address is asked only when the feed is named
   * or the database has it already; a mirror that offers it is read. Absent: true.
   */
  readonly byDefault?: boolean;
  /** The files of a mirror (MANIFEST.json) that make the same snapshot, in parts with an extent each. */
  readonly mirror: readonly MirrorPart[];
  /**
   * Of a feed with statements: whether a product (`vendorProductKey`) is its vendor's. Depends on nothing but the key, since the
   * console keeps apart what lies in such a product whatever is stated of it today. Absent: it states nothing.
   */
  readonly answersFor?: (product: string) => boolean;
  /** Network only: a new snapshot, or `unchanged` when the upstream says so. */
  fetch(io: FeedIo, previous: SnapshotManifest | undefined): Promise<Snapshot | 'unchanged'>;
  /** No network, no clock, no database. Throws a Fault only where the snapshot as a whole is unreadable. */
  parse(snapshot: Snapshot, signal: AbortSignal): AsyncIterable<FeedItem>;
}
