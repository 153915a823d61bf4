import type { PublicKey } from '@hullcheck/contract';
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  exportJWK,
  importJWK,
  jwtVerify,
} from 'jose';
import { z } from 'zod';

/**
 * Tokens that a Kubernetes cluster makes for its pods (bound service account tokens:
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens).
 */

/** How far the console's clock and the cluster's may be apart. */
const CLOCK_SECONDS = 120;
/** The kubelet replaces a token of ten minutes after eight; one that was made for longer is not what the chart mounts. */
const AGE_SECONDS_MAX = 15 * 60;

/** Which cluster a token says it is of, and by which key. Said by whoever sends it: to look for keys, for nothing else. */
export interface Claimed {
  readonly issuer: string;
  readonly kid: string;
}

/** Undefined where it is no signed token, or names neither. */
export function readClaimed(token: string): Claimed | undefined {
  try {
    // Of whatever type whoever wrote the token chose.
    const kid: unknown = decodeProtectedHeader(token).kid;
    const issuer: unknown = decodeJwt(token).iss;
    return typeof kid === 'string' && typeof issuer === 'string' ? { issuer, kid } : undefined;
  } catch {
    return undefined;
  }
}

/** One key of a cluster, and whose tokens it lets in. */
export interface TrustedKey {
  readonly key: PublicKey;
  readonly issuer: string;
  readonly audience: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface KnownPod {
  readonly uid: string;
  readonly name: string;
  /** From Kubernetes 1.30 on the token says it. */
  readonly node: string | null;
}

export type Verdict =
  | { readonly kind: 'known'; readonly pod: KnownPod }
  /** Of the cluster, by its signature, but not to be let in. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody knows whose it is. */
  | { readonly kind: 'foreign' };

const Bound = z.object({
  'kubernetes.io': z.object({
    namespace: z.string(),
    serviceaccount: z.object({ name: z.string() }),
    pod: z.object({ uid: z.string().min(1).max(200), name: z.string().max(253) }),
    node: z.object({ name: z.string().min(1).max(253) }).optional(),
  }),
});

/** Whether the cluster signed it, for this console and for the one service account, at this time, for a pod. */
export async function verifyPodToken(token: string, trusted: TrustedKey, nowMs: number): Promise<Verdict> {
  const { key, issuer, audience, namespace, serviceAccount } = trusted;
  const subject = `system:serviceaccount:${namespace}:${serviceAccount}`;
  try {
    // The key's own algorithm and no other: with a public key as the secret of an HMAC anybody could sign.
    const { payload } = await jwtVerify(token, await importJWK(key, key.alg), {
      algorithms: [key.alg],
      issuer,
      audience,
      subject,
      requiredClaims: ['exp', 'nbf', 'iat'],
      clockTolerance: CLOCK_SECONDS,
      maxTokenAge: AGE_SECONDS_MAX,
      currentDate: new Date(nowMs),
    });
    const { aud } = payload;
    if (Array.isArray(aud) && aud.length > 1) return refused('it is made for others besides this console');
    const bound = Bound.safeParse(payload);
    if (!bound.success) return refused('it is bound to no pod');
    const { pod, node, ...owner } = bound.data['kubernetes.io'];
    if (owner.namespace !== namespace || owner.serviceaccount.name !== serviceAccount)
      return refused('its claims contradict each other');
    return { kind: 'known', pod: { uid: pod.uid, name: pod.name, node: node?.name ?? null } };
  } catch (error) {
    return verdictOf(error);
  }
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason };
}

/** jose looks at claims only after the signature, so what fails by a claim was signed by the cluster. */
function verdictOf(error: unknown): Verdict {
  if (error instanceof errors.JWTExpired) return refused('it has ended, or the clocks are too far apart');
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(error.reason === 'missing' ? `it has no claim ${error.claim}` : wrongClaim(error.claim));
  if (error instanceof errors.JOSEError) return { kind: 'foreign' };
  // WebCrypto refuses a key that is none.
  if (error instanceof TypeError || error instanceof DOMException) return { kind: 'foreign' };
  throw error;
}

function wrongClaim(claim: string): string {
  switch (claim) {
    case 'aud':
      return 'it is made for another audience than this console';
    case 'sub':
      return 'it is of another service account than the one whose pods enrol';
    case 'nbf':
    case 'iat':
      return 'its time has not come, or the clocks are too far apart';
    default:
      return `its claim ${claim} is not what it has to be`;
  }
}

/**
 * What tells this key from all others (RFC 7638); undefined where it is none: a point beside its curve, a modulus too short, or not
 * written as the standard writes it: with a zero before its exponent it would be another cluster's key under a thumbprint of its own.
 */
export async function thumbprintOf(key: PublicKey): Promise<string | undefined> {
  try {
    const written = await exportJWK(await importJWK(key, key.alg, { extractable: true }));
    const thumbprint = await calculateJwkThumbprint(key);
    return (await calculateJwkThumbprint(written)) === thumbprint ? thumbprint : undefined;
  } catch {
    return undefined;
  }
}
