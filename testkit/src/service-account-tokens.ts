import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

export interface BoundTokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audiences: readonly string[];
  readonly pod: { readonly name: string; readonly uid: string } | null;
  /** From Kubernetes 1.30 on the token names it. */
  readonly node?: { readonly name: string; readonly uid: string };
  readonly expirationSeconds?: number;
  readonly nowMs?: number;
  /** Over the claims as Kubernetes makes them: what a hostile one has instead. */
  readonly claims?: object;
  readonly header?: object;
}

export type PublicIssuerKey = JsonWebKey & { readonly kid: string; readonly alg: string };

interface Signer {
  readonly alg: 'RS256' | 'ES256';
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON Web Signature as it is asked for, right or wrong. */
export function signToken(header: object, claims: object, signature: (input: Buffer) => Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`;
}

/**
 * What an API server does for service accounts: makes bound tokens
 * (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens) and publishes the keys by
 * which they are known.
 */
export function createTokenIssuer(
  issuer = 'https://kubernetes.default.svc.cluster.local',
  alg: Signer['alg'] = 'RS256',
) {
  let signers: readonly Signer[] = [makeSigner(alg)];
  const current = (): Signer => {
    const [first] = signers;
    if (first === undefined) throw new Error('an issuer without a key');
    return first;
  };
  return {
    issuer,
    discovery: (server: string) => ({
      issuer,
      jwks_uri: `${server}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(signers.map((signer) => signer.alg))],
    }),
    keys: (): readonly PublicIssuerKey[] =>
      signers.map((signer) => ({
        use: 'sig',
        ...signer.publicKey.export({ format: 'jwk' }),
        kid: signer.kid,
        alg: signer.alg,
      })),
    /** PEM of the public key: what a confused verifier takes for the secret of an HMAC. */
    publicPem: () => current().publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    /** Signs with another key from now on; the old one is still published, until `retire`. */
    rotate() {
      signers = [makeSigner(alg), ...signers];
    },
    retire() {
      signers = signers.slice(0, 1);
    },
    token(request: BoundTokenRequest): string {
      const { kid, privateKey } = current();
      const { namespace, serviceAccount, pod, node, expirationSeconds = 600, nowMs = Date.now() } = request;
      const now = Math.floor(nowMs / 1000);
      const claims = {
        aud: request.audiences,
        exp: now + expirationSeconds,
        iat: now,
        iss: issuer,
        jti: 'ba7ae1ad-6a3b-4b2f-9b49-8a4b2f6f4a11',
        'kubernetes.io': {
          namespace,
          ...(node === undefined ? {} : { node }),
          ...(pod === null ? {} : { pod }),
          serviceaccount: { name: serviceAccount, uid: '6f0b8c1e-1c7e-4a31-8f4e-0d2f6c1b7a10' },
        },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
        ...request.claims,
      };
      // ECDSA as JWS has it (RFC 7518, 3.4): both numbers one after the other, not DER.
      return signToken({ alg, kid, ...request.header }, claims, (input) =>
        sign('sha256', input, { key: privateKey, ...(alg === 'ES256' ? { dsaEncoding: 'ieee-p1363' as const } : {}) }),
      );
    },
  };
}
export type TokenIssuer = ReturnType<typeof createTokenIssuer>;

/** The key's id as Kubernetes makes it: the hash of the public key's DER. */
function makeSigner(alg: Signer['alg']): Signer {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = createHash('sha256')
    .update(pair.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { alg, kid, ...pair };
}
