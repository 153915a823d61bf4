import type { DatabaseSource, FaultCode, Problem } from '@hullcheck/core';
import type { ProxyChoice } from '@hullcheck/registry';

/** Where feeds come from: their upstream addresses, or a mirror (a folder or an address with a MANIFEST.json). */
export type FeedSource =
  | { readonly kind: 'upstream' }
  | { readonly kind: 'mirror'; readonly location: string; readonly allowPlainHttp?: boolean };

export type FeedState = 'fetching' | 'parsing' | 'loaded' | 'unchanged' | 'kept' | 'failed';

export interface BuildOptions {
  /** Snapshots, unfinished downloads and databases live here; made when missing. */
  readonly cacheDir: string;
  readonly source: FeedSource;
  /** RFC 3339, given by the caller: nothing here reads the clock. */
  readonly now: string;
  /** Ids of the feeds to take; all of the catalogue that are read by default when absent. */
  readonly feeds?: readonly string[];
  /** Beside those: ids of feeds that are not read by default. From then on the database has them, and updates renew them. */
  readonly also?: readonly string[];
  /** Only feeds whose licence lets their facts be passed on, as the starter has them. */
  readonly redistributableOnly?: boolean;
  /** Folder of the revisions; `<cacheDir>/databases` when absent. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  /** Called when a feed changes state, and every 5,000 records while it is parsed. */
  readonly onProgress?: (feedId: string, state: FeedState, records: number) => void;
  /** Feeds that may lose more than a tenth of their records; true: all. Otherwise such a feed keeps its last good data. */
  readonly allowShrink?: boolean | readonly string[];
  /** The operator's proxy for a URL; see `parseProxySettings`. */
  readonly proxy?: ProxyChoice;
  /** Networks (CIDR, `loopback`, `private`) that a source may redirect to; none by default. */
  readonly allowedNetworks?: readonly string[];
}

export interface UpdateOptions extends BuildOptions {
  /** File of the revision to start from; the newest valid one of `out` when absent. */
  readonly current?: string;
}

/** What became of one feed. `kept`: the new data was not taken and the last good one stays. */
export interface FeedReport {
  readonly id: string;
  readonly state: 'loaded' | 'unchanged' | 'kept' | 'failed';
  /** Advisories, facts and releases taken. */
  readonly records: number;
  /** Records that were not taken: unreadable ones, and those that say of no flaw which versions have it. */
  readonly skipped: number;
  /** The first 100 of them, by name. */
  readonly problems: readonly { readonly record: string | null; readonly problem: Problem }[];
  /** Why it failed or was kept. */
  readonly fault: { readonly code: FaultCode; readonly message: string } | null;
}

export interface BuildReport {
  /** The file of the revision that is in use now. */
  readonly path: string;
  readonly revision: string;
  readonly builtAt: string;
  /** No feed changed: `path` is the revision that was there before. */
  readonly unchanged: boolean;
  readonly feeds: readonly FeedReport[];
  readonly sources: readonly DatabaseSource[];
}
