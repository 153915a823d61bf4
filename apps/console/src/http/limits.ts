/** Bounds of requests. Uploads have their own (usecases/limits.ts). */
export const httpLimits = {
  jsonBodyBytesMax: 1024 * 1024,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  /** A connection on which nothing moves. */
  idleTimeoutMs: 120_000,
  keepAliveTimeoutMs: 10_000,
  parameterCharactersMax: 400,
  drainMs: 30_000,
  /** What `Retry-After` says when the database is away. */
  retrySeconds: 5,
  /** Requests of agents: a report of a thousand containers takes some 5 MB of memory. */
  agents: { insideMax: 32, againMs: 10_000 },
} as const;

export const signInLimits = {
  perAccountAndAddress: { failuresMax: 5, windowSeconds: 15 * 60 },
  perAccount: { failuresMax: 50, windowSeconds: 15 * 60 },
  perAddress: { failuresMax: 20, windowSeconds: 60 },
} as const;
