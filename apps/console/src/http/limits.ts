/** Bounds of requests. Uploads have their own (usecases/limits.ts). */
export const httpLimits = {
  jsonBodyBytesMax: 1024 * 1024,
  /** From its first byte to its last: one that drips keeps nobody waiting any longer. */
  jsonBodyMs: 2 * 60_000,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  /** A connection on which nothing moves. */
  idleTimeoutMs: 120_000,
  keepAliveTimeoutMs: 10_000,
  parameterCharactersMax: 400,
  drainMs: 30_000,
  /** What `Retry-After` says when the database is away. */
  retrySeconds: 5,
  /** An agent has two connections, and may repeat itself. Parsed, a body takes some five times its bytes. */
  reports: { insideMax: 200, perCallerMax: 12, bytesMax: 64 * 1024 * 1024, againMs: 10_000, againMaxMs: 5 * 60_000 },
  /** What agents read: a person may wait for it, so it has places of its own. */
  readings: { insideMax: 50, perCallerMax: 12, bytesMax: 64 * 1024 * 1024, againMs: 5_000, againMaxMs: 60_000 },
} as const;

export const signInLimits = {
  perAccountAndAddress: { failuresMax: 5, windowSeconds: 15 * 60 },
  perAccount: { failuresMax: 50, windowSeconds: 15 * 60 },
  perAddress: { failuresMax: 20, windowSeconds: 60 },
} as const;

/** Enrolment tokens that are wrong. Whoever has a right one is never kept waiting, so all addresses together may have a limit. */
export const enrollLimits = {
  perAddress: { failuresMax: 20, windowSeconds: 60 },
  all: { failuresMax: 200, windowSeconds: 60 },
} as const;
