const MiB = 1024 * 1024;

/** Limits of the kept layer reports. */
export const layerCacheLimits = {
  /** A report of the largest layer of the corpus has 3 MB. A larger one than this is read again each time. */
  reportBytesMax: 64 * MiB,
  /** All reports together; the ones that were not used for longest go first. */
  totalBytesMax: 512 * MiB,
  /** What is left when some had to go, so that not every scan has to. */
  totalBytesKept: 448 * MiB,
  /** A use is noted on disk when the last one noted is older. */
  usedEveryMs: 3_600_000,
  /** What a killed process left half-written is removed after this. */
  unfinishedMs: 3_600_000,
} as const;

/** Limits of the files in which users answer findings. VEX documents have their own. */
export const ignoreLimits = {
  fileBytesMax: 4 * MiB,
  /** Rules of one file: each is held against each finding. */
  rulesMax: 20_000,
  /** A VEX document of more characters is not read a second time to say on which line its fault stands. */
  placedBytesMax: 4 * MiB,
} as const;
