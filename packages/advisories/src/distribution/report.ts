import type { KeyObject } from 'node:crypto';
import { readSources } from '../database/open.ts';
import type { BuildReport, FeedReport } from '../database/progress.ts';
import { openFile } from '../database/reading.ts';
import { feedRows } from '../database/writing.ts';

/** Where a database is taken into, and by which keys it must be signed. */
export interface TakeOptions {
  readonly cacheDir: string;
  /** Keys of which one must have signed it; none: nothing is asked of a signature. */
  readonly keys: readonly KeyObject[];
  /** File of the revision in use; the newest of the cache when absent. */
  readonly current?: string;
  readonly signal: AbortSignal;
  /** Bytes that arrived, and how many there will be. */
  readonly onProgress?: (bytes: number, bytesTotal: number) => void;
}

/**
 * What became of asking for a newer database. `outcome`: `taken`, `unchanged` (it is the one in use) or `older` (the one in use
 * was built later, and stays).
 */
export interface TakeReport extends BuildReport {
  readonly outcome: 'taken' | 'unchanged' | 'older';
  /** How it came: whole, or as the changes of that many steps. */
  readonly way: { readonly kind: 'whole' } | { readonly kind: 'changes'; readonly steps: number } | null;
  /** Bytes that were downloaded. */
  readonly bytes: number;
}

/** The report of a revision that came from elsewhere, in the form of one that was built here. */
export function reportOf(
  location: string,
  { outcome, way, bytes }: Pick<TakeReport, 'outcome' | 'way' | 'bytes'>,
): TakeReport {
  const file = openFile(location);
  try {
    const rows = feedRows(file.connection.prepare('select id, version, snapshot, records from feed order by ordinal'));
    const state = outcome === 'taken' ? 'loaded' : 'unchanged';
    const feeds = [...rows].map(
      ([id, { records }]): FeedReport => ({ id, state, records, skipped: 0, problems: [], fault: null }),
    );
    return {
      path: location,
      revision: file.revision,
      builtAt: file.builtAt,
      unchanged: outcome !== 'taken',
      feeds,
      sources: readSources(file),
      outcome,
      way,
      bytes,
    };
  } finally {
    file.connection.close();
  }
}
