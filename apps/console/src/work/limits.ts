export const workLimits = {
  /** Two missed beats and a little; with the janitor's own pace a dead worker's jobs run again within 90 s. */
  beatEveryMs: 15_000,
  silentSeconds: 45,
  janitorEveryMs: 15_000,
  /** How long running jobs may go on after a stop was asked for. */
  drainMs: 5_000,
  /** How long a stop waits for the queue to say how its last jobs ended. */
  tellMs: 2_000,
  tellPollMs: 20,
  /** After PostgreSQL went away. */
  restartAfterMs: 1_000,
  /** Parts of uploads that nobody writes to any more. */
  orphanAgeMs: 60 * 60_000,
  /** For rows that nothing needs, in each round of the janitor. */
  cleanMs: 2_000,
  /** How long ending a silent host waits for reports, which wait behind it. */
  silentWaitMs: 1_000,
  /** After `analyze` failed: on a table that is too large for its time, it would fail the same way every round. */
  statisticsPause: { share: 20, leastMs: 60_000 },
} as const;

/** Rows that nothing needs (store/orphans.ts). A step takes some 25 ms (2 million occurrences, measured). */
export const cleaningLimits = {
  idsMax: 5_000,
  orphansMax: 500,
  verdictsMax: 20_000,
  waitMs: 1_000,
  roundSeconds: 60 * 60,
  unusedSeconds: 24 * 60 * 60,
} as const;

/** What is older than it is kept (store/retention.ts). */
export const retentionLimits = {
  idsMax: 5_000,
  rowsMax: 2_000,
  hostImagesMax: 200,
  agentsMax: 20,
  assessedMax: 200,
  imagesMax: 50,
  packagesMax: 20_000,
  waitMs: 1_000,
  reportsWaitMs: 200,
  roundSeconds: 60 * 60,
} as const;
