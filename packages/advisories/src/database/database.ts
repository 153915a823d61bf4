import type { AdvisoryLookup, DatabaseSource } from '@hullcheck/core';

/** The state of one database file, for `db status` and the console's page. */
export interface DatabaseStatus {
  readonly path: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  readonly revision: string;
  /** RFC 3339. */
  readonly builtAt: string;
  readonly sources: readonly DatabaseSource[];
  readonly advisories: number;
  /** Pairs of ecosystem and name. */
  readonly packages: number;
  /** CVE ids of which something is known. */
  readonly facts: number;
}

export interface AdvisoryDatabase extends AdvisoryLookup {
  status(): DatabaseStatus;
  close(): void;
}

/** What differs between two revisions, so that only what changed is matched again. */
export interface ChangedKeys {
  /** Names as the source writes them, and Go's also in lower case, as purls have them. */
  readonly packages: readonly { readonly ecosystem: string; readonly name: string }[];
  /** CVE ids whose facts (score, EPSS, KEV, exploit, date) differ. */
  readonly facts: readonly string[];
  /** Products (`vendorProductKey`) of which their vendors state something else. */
  readonly products: readonly string[];
  /** Releases whose end of life differs. */
  readonly releases: readonly { readonly distribution: string; readonly release: string }[];
}

export interface FoundDatabase {
  readonly path: string;
  readonly revision: string;
  readonly origin: 'cache' | 'starter';
  /** Files of the folder that were passed over, and why. */
  readonly passedOver: readonly { readonly path: string; readonly reason: string }[];
}
