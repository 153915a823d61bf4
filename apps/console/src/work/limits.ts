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
} as const;
