import type { AdvisoryLookup, DatabaseSource } from '@hullcheck/core';
import type { BuildOptions, BuildReport, UpdateOptions } from './database/progress.ts';
import type { Feed } from './feeds/feed.ts';

export type * from './database/progress.ts';
export type * from './feeds/feed.ts';

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
  readonly packages: number;
  readonly facts: number;
}

export interface AdvisoryDatabase extends AdvisoryLookup {
  status(): DatabaseStatus;
  close(): void;
}

/** What differs between two revisions, so that only what changed is matched again. */
export interface ChangedKeys {
  readonly packages: readonly { readonly ecosystem: string; readonly name: string }[];
  /** CVE ids whose facts (score, EPSS, KEV, exploit, date) differ. */
  readonly facts: readonly string[];
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

export declare const feedCatalogue: readonly Feed[];
export declare const starterDatabasePath: string;
/** Read-only. Fault `database-missing` or `database-invalid` (schema mismatch, corrupt, no database), naming the file. */
export declare function openDatabase(path: string): AdvisoryDatabase;
/** Everything from the start; a feed that cannot be had is reported and missing. Fault when none could be had. */
export declare function buildDatabase(options: BuildOptions): Promise<BuildReport>;
/** Only what changed; the revision before stays until the new one verifies. */
export declare function updateDatabase(options: UpdateOptions): Promise<BuildReport>;
/** The newest valid revision of `<cacheDir>/databases`, else the starter database. Fault `database-missing` when neither is there. */
export declare function findDatabase(cacheDir: string, starterPath?: string): Promise<FoundDatabase>;
/** The starter database, unpacked once into the cache: its path. */
export declare function loadStarter(cacheDir: string, starterPath?: string): Promise<string>;
/** Compares two database files. */
export declare function changedKeys(fromPath: string, toPath: string): ChangedKeys;
/** Every page and the content hash are checked again. Fault `database-invalid` when they don't agree. */
export declare function verifyDatabase(path: string): DatabaseStatus;
/** One zstd-compressed file to carry to another machine. */
export declare function exportDatabase(
  path: string,
  to: string,
): Promise<{ readonly bytes: number; readonly sha256: string }>;
/** The reverse: verified, then placed among the revisions. A plain database file is taken too. Answers its path. */
export declare function importDatabase(from: string, cacheDir: string): Promise<string>;
