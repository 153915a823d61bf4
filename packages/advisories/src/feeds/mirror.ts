/** One part of a snapshot as a mirror (MANIFEST.json) offers it. */
export interface MirrorPart {
  readonly part: string;
  /** `id` of the entry in MANIFEST.json. */
  readonly entry: string;
  /** Which files of the entry, by their path in the mirror. */
  readonly takes: (path: string) => boolean;
  /** Whether the mirror's files are all that the source had on that day. */
  readonly extent: 'whole' | 'excerpt';
  /** Which of the dates in the entry's `snapshotDate` is the date of these files; 0 when absent, the last one when there are fewer. */
  readonly dateAt?: number;
}
