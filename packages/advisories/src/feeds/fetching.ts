import type { Snapshot, SnapshotManifest, SnapshotPart } from './snapshot.ts';

/** One file to download. `url` is a constant of the feed, never made from foreign text. */
export interface Download {
  readonly url: string;
  readonly path: string;
  readonly part: string;
  readonly bytesMax: number;
  /** The upstream may not have it (a release that has no such list): then it is left out. */
  readonly optional?: boolean;
}

/** What a feed may do on the network: conditional, resumable, bounded downloads that become one snapshot. */
export interface FeedIo {
  /**
   * `unchanged` when the upstream says so for every file. A part without a date of its own gets the newest
   * Last-Modified of its files, or `now`.
   */
  download(
    files: readonly Download[],
    parts: readonly (Pick<SnapshotPart, 'id' | 'extent'> & { readonly updatedAt?: string })[],
    previous: SnapshotManifest | undefined,
  ): Promise<Snapshot | 'unchanged'>;
}
