import { Fault, type FaultCode, type FaultOptions } from '@hullcheck/core';

/** What a registry said, finer than a fault's code: stable, for machines and for the page's hint. */
export type RegistryReason =
  | 'NETWORK'
  | 'TLS'
  | 'TIMEOUT'
  | 'ADDRESS_REFUSED'
  | 'PLAIN_HTTP_REFUSED'
  | 'REDIRECT_REFUSED'
  | 'REDIRECT_TARGET_REFUSED'
  | 'TOO_MANY_REQUESTS_SPENT'
  | 'CREDENTIALS_REQUIRED'
  | 'CREDENTIALS_REFUSED'
  | 'CHALLENGE_UNSUPPORTED'
  | 'REALM_REFUSED'
  | 'TOKEN_INVALID'
  | 'NO_ACCESS_TO_REPOSITORY'
  | 'NO_ACCESS_TO_CATALOG'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'NOT_A_REGISTRY'
  | 'NAME_UNKNOWN'
  | 'SERVER_ERROR'
  | 'ANSWER_INVALID'
  | 'ANSWER_TOO_LARGE'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'SCHEMA1_UNSUPPORTED'
  | 'LISTING_ENDLESS'
  | 'LISTING_UNSUPPORTED'
  /** The vendor says that the signature's time is not now. */
  | 'CLOCK_SKEW'
  /** Cloud accounts: this key may not do it, or the service is not switched on. */
  | 'PERMISSION_MISSING'
  | 'SERVICE_DISABLED'
  /** The console's own machine has no identity in that cloud, or does not give it. */
  | 'MACHINE_IDENTITY';

export interface RegistryFaultOptions extends FaultOptions {
  readonly httpStatus?: number;
  /** Origin of the token server that somebody would have to vouch for. */
  readonly realm?: string;
}

export class RegistryFault extends Fault {
  readonly reason: RegistryReason;
  readonly httpStatus: number | undefined;
  readonly realm: string | undefined;

  constructor(code: FaultCode, reason: RegistryReason, message: string, options: RegistryFaultOptions = {}) {
    super(code, message, options);
    this.reason = reason;
    this.httpStatus = options.httpStatus;
    this.realm = options.realm;
  }
}

const TLS_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'EPROTO',
]);

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
  // A proxy that refuses the tunnel (407, 502).
  'UND_ERR_ABORTED',
]);

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
]);

/** The first known code of the error, its causes and the errors it gathers (dual-stack connects give an AggregateError). */
export function networkCode(thrown: unknown): string | undefined {
  const waiting: unknown[] = [thrown];
  const seen = new Set<unknown>();
  for (let next = waiting.shift(); next !== undefined && seen.size < 32; next = waiting.shift()) {
    if (!(next instanceof Error) || seen.has(next)) continue;
    seen.add(next);
    const code: unknown = Reflect.get(next, 'code');
    if (typeof code === 'string' && (isTlsCode(code) || NETWORK_CODES.has(code))) return code;
    if (next instanceof AggregateError) waiting.push(...next.errors);
    waiting.push(next.cause);
  }
  return undefined;
}

/** Whether trying again can help: the connection broke, rather than was refused or distrusted. */
export function isTransient(fault: unknown): boolean {
  const code = networkCode(fault);
  return code !== undefined && TRANSIENT_CODES.has(code);
}

/** A thrown error of connection, TLS or stream as the fault it means (section 1.12: DNS and TCP, then TLS, then HTTP). */
export function networkFault(thrown: unknown, place: string, signal: AbortSignal): Fault {
  if (thrown instanceof Fault) return thrown;
  if (signal.aborted) return abortFault(signal, place);
  const code = networkCode(thrown);
  if (code === undefined) return new Fault('internal', 'the request failed', { place, cause: thrown });
  if (isTlsCode(code)) {
    const hint = TLS_HINTS[code];
    return new RegistryFault('ssl-handshake', 'TLS', `TLS with the registry failed (${code})`, {
      place,
      cause: thrown,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const reason = /TIMEOUT|TIMEDOUT/.test(code) ? 'TIMEOUT' : 'NETWORK';
  const hint = NETWORK_HINTS[code];
  return new RegistryFault('unreachable', reason, `the registry could not be reached (${code})`, {
    place,
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The end that the caller's signal asked for: a deadline is `timed-out`, anything else `cancelled`. */
export function abortFault(signal: AbortSignal, place: string): Fault {
  const reason: unknown = signal.reason;
  if (reason instanceof Fault) return reason;
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new RegistryFault('timed-out', 'TIMEOUT', 'the registry did not answer in time', { place })
    : new Fault('cancelled', 'cancelled', { place });
}

function isTlsCode(code: string): boolean {
  return TLS_CODES.has(code) || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');
}

const SELF_SIGNED = 'Give the certificate of the authority that signed the registry as an extra CA.';
const CLIENT_WANTED = 'The registry wants a valid client certificate of an authority that it knows.';
const TLS_HINTS: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: SELF_SIGNED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: SELF_SIGNED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: SELF_SIGNED,
  ERR_SSL_WRONG_VERSION_NUMBER: 'The port speaks plain HTTP: use http:// if that is meant.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'The port does not speak TLS: use http:// if that is meant.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host name.',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: CLIENT_WANTED,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: CLIENT_WANTED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'The registry says that the client certificate has ended.',
  // OpenSSL 3 writes these two with a slash.
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': CLIENT_WANTED,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_WANTED,
  'ERR_SSL_SSL/TLS_ALERT_UNKNOWN_CA': CLIENT_WANTED,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_WANTED,
};
const NETWORK_HINTS: { readonly [code: string]: string } = {
  ENOTFOUND: 'The host name does not resolve.',
  ECONNREFUSED: 'Nothing listens on that port.',
  UND_ERR_SOCKET: 'The other side closed the connection; a TLS port that is spoken to in plain HTTP does that.',
};
