/**
 * The operation can't go on. One closed list of codes for the whole product: `faults.ts` of the console maps it to
 * HTTP status, the command line to exit codes, and a test proves that both are total.
 */
export type FaultCode =
  | 'not-an-image' // the bytes are no archive, layout or manifest of an image
  | 'truncated'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'limit-exceeded'
  | 'unsupported' // compression, media type, schema 1
  | 'not-found'
  | 'authorization-failed'
  | 'ssl-handshake'
  | 'rate-limited'
  | 'unreachable'
  | 'address-refused' // the egress policy refuses this address
  | 'timed-out'
  | 'reader-crashed'
  | 'cancelled'
  | 'runtime-unavailable'
  | 'runtime-forbidden' // the socket is there, this user may not open it
  | 'database-missing'
  | 'database-invalid'
  | 'feed-invalid'
  | 'feed-shrank'
  | 'invalid-input' // a flag, a body, a reference
  | 'unauthenticated'
  | 'forbidden'
  | 'conflict'
  | 'storage-full'
  | 'unavailable' // PostgreSQL is away; try again
  | 'internal';

export interface FaultOptions {
  readonly cause?: unknown;
  /** Where: a path, a host, a reference. Shown to the user. Never a credential. */
  readonly place?: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** For rate limits: epoch milliseconds at which to try again. */
  readonly retryAtMs?: number;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly place: string | undefined;
  readonly hint: string | undefined;
  readonly retryAtMs: number | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = options.place;
    this.hint = options.hint;
    this.retryAtMs = options.retryAtMs;
  }
}

/** The thrown value as a Fault: itself if it is one, else `internal` with the value as cause. */
export function toFault(thrown: unknown, message = 'unexpected error'): Fault {
  if (thrown instanceof Fault) return thrown;
  return new Fault('internal', message, { cause: thrown });
}
