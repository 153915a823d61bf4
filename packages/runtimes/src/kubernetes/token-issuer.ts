import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { issuerKeysMax } from '../limits.ts';
import type { ClusterApi } from './api.ts';

/** A public key (RFC 7517) in the members that tell it, of an algorithm that Kubernetes signs tokens with. */
export type IssuerKey =
  | { readonly kty: 'RSA'; readonly kid: string; readonly alg: 'RS256'; readonly n: string; readonly e: string }
  | {
      readonly kty: 'EC';
      readonly kid: string;
      readonly alg: 'ES256' | 'ES384' | 'ES512';
      readonly crv: 'P-256' | 'P-384' | 'P-521';
      readonly x: string;
      readonly y: string;
    };

/** Who signs the tokens of a cluster's service accounts, and by which keys their signatures are known. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly keys: readonly IssuerKey[];
}

const text = z.string().min(1).max(2_000);
const Discovery = z.object({ issuer: z.string().min(1).max(1_000) });
const Key = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), kid: text, alg: z.literal('RS256'), n: text, e: text }),
  z.object({
    kty: z.literal('EC'),
    kid: text,
    alg: z.enum(['ES256', 'ES384', 'ES512']),
    crv: z.enum(['P-256', 'P-384', 'P-521']),
    x: text,
    y: text,
  }),
]);
const KeySet = z.object({ keys: z.array(z.unknown()) });

/**
 * Asks the cluster's own API for both documents
 * (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery), and not the
 * address that the first names for the second: that one may lie outside of the cluster, and anybody could answer there.
 */
export async function readTokenIssuer(api: ClusterApi, signal: AbortSignal): Promise<TokenIssuer> {
  const discovery = Discovery.safeParse(await api.get('/.well-known/openid-configuration', signal));
  if (!discovery.success)
    throw new Fault('unsupported', 'the cluster does not say who signs its tokens', { place: api.place });
  // Asked for as JSON alone, the API answers 406.
  const set = KeySet.safeParse(await api.get('/openid/v1/jwks', signal, 'application/jwk-set+json'));
  if (!set.success) throw new Fault('unsupported', 'the cluster gives no keys of its tokens', { place: api.place });
  if (set.data.keys.length > issuerKeysMax)
    throw new Fault('limit-exceeded', `more than ${issuerKeysMax} keys of tokens`, { place: api.place });
  const keys = set.data.keys.flatMap((key) => Key.safeParse(key).data ?? []);
  if (keys.length === 0)
    throw new Fault('unsupported', 'the cluster signs its tokens in a way that is not known', { place: api.place });
  return { issuer: discovery.data.issuer, keys };
}
