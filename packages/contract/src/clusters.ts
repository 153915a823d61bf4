import { z } from 'zod';
import { text } from './scalars.ts';

/** Bounds of what a cluster's agent tells of its cluster, and of the tokens that are checked by it. */
export const clusterLimits = {
  /** A cluster has one, and two to five while they are replaced. */
  keysMax: 20,
  /** Kubernetes makes tokens of some 1,200 characters. */
  tokenCharactersMax: 8_192,
} as const;

/** What the audience of a node's token begins with; the address of the console that it is for follows. */
export const audiencePrefix = 'hullcheck:';

const base64url = (charactersMin: number, charactersMax: number) =>
  text(charactersMax)
    .min(charactersMin)
    .regex(/^[\w-]+$/);

/** RFC 7518: public keys only, of the algorithms that Kubernetes signs with. Members that say more are not taken. */
const rsaKey = z.object({
  kty: z.literal('RSA'),
  kid: text(200).min(1),
  alg: z.literal('RS256'),
  /** 2,048 to 8,192 bits. */
  n: base64url(342, 1_366),
  e: base64url(1, 6),
});
const ellipticKey = z.object({
  kty: z.literal('EC'),
  kid: text(200).min(1),
  alg: z.enum(['ES256', 'ES384', 'ES512']),
  crv: z.enum(['P-256', 'P-384', 'P-521']),
  x: base64url(40, 90),
  y: base64url(40, 90),
});
export const publicKey = z.discriminatedUnion('kty', [rsaKey, ellipticKey]);
export type PublicKey = z.infer<typeof publicKey>;

export const clusterStatement = z.object({
  /** As the cluster's discovery document names it. Many clusters have the same. */
  issuer: text(1_000).min(1),
  keys: z
    .array(publicKey)
    .min(1)
    .max(clusterLimits.keysMax)
    // Tokens name their key: of several of one name no more than one is looked at.
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'two keys have one kid'),
  /** Whose pods enrol as agents of their nodes, by tokens that are made for this console alone. */
  nodes: z.object({
    namespace: text(63).min(1),
    serviceAccount: text(253).min(1),
    audience: text(1_000).startsWith(audiencePrefix),
  }),
});
export type ClusterStatement = z.infer<typeof clusterStatement>;
