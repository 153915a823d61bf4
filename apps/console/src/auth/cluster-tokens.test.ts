import { createHmac } from 'node:crypto';
import type { PublicKey } from '@hullcheck/contract';
import { type BoundTokenRequest, createTokenIssuer, signToken, type TokenIssuer } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { readClaimed, type TrustedKey, thumbprintOf, verifyPodToken } from './cluster-tokens.ts';

const nowMs = Date.parse('2026-11-30T12:00:00Z');
const audience = 'hullcheck:https://hullcheck.example.com';
const account = { namespace: 'hullcheck', serviceAccount: 'hullcheck-nodes' };
const pod = { name: 'hullcheck-nodes-x7k2p', uid: '8f0b8c1e-1c7e-4a31-8f4e-0d2f6c1b7a10' };
const node = { name: 'worker-3', uid: 'node-uid' };

const issuers = { RS256: createTokenIssuer(undefined, 'RS256'), ES256: createTokenIssuer(undefined, 'ES256') };

const keyOf = (issuer: TokenIssuer): PublicKey => issuer.keys()[0] as unknown as PublicKey;
const trust = (issuer: TokenIssuer): TrustedKey => ({
  key: keyOf(issuer),
  issuer: issuer.issuer,
  audience,
  ...account,
});
const request = { ...account, audiences: [audience], pod, node, nowMs };

describe.each(['RS256', 'ES256'] as const)('a token that a cluster signs with %s for a pod', (alg) => {
  const issuer = issuers[alg];
  const other = createTokenIssuer(issuer.issuer, alg);
  const verify = (token: string, at = nowMs) => verifyPodToken(token, trust(issuer), at);
  const made = (more: Partial<BoundTokenRequest> = {}) => issuer.token({ ...request, ...more });

  it('is known with its pod, and with its node where it names one', async () => {
    expect(readClaimed(made())).toEqual({ issuer: issuer.issuer, kid: keyOf(issuer).kid });
    expect(await verify(made())).toEqual({ kind: 'known', pod: { ...pod, node: 'worker-3' } });
    const { node: _, ...before } = request;
    expect(await verify(issuer.token(before))).toEqual({ kind: 'known', pod: { ...pod, node: null } });
  });

  it.each<readonly [string, Partial<BoundTokenRequest>, string]>([
    ['for another audience', { audiences: ['hullcheck:https://other.example.com'] }, 'audience'],
    ['for the API of the cluster', { audiences: ['https://kubernetes.default.svc'] }, 'audience'],
    ['for this console and another one', { audiences: [audience, 'hullcheck:https://other'] }, 'others besides'],
    ['for nobody', { claims: { aud: undefined } }, 'no claim aud'],
    ['of another service account', { serviceAccount: 'default' }, 'service account'],
    ['of the service account in another namespace', { namespace: 'kube-system' }, 'service account'],
    [
      'whose claims name another namespace than its subject',
      { claims: { 'kubernetes.io': { namespace: 'x', serviceaccount: { name: account.serviceAccount }, pod } } },
      'contradict',
    ],
    ['bound to no pod', { pod: null }, 'no pod'],
    ['without what Kubernetes adds', { claims: { 'kubernetes.io': undefined } }, 'no pod'],
    ['that never ends', { claims: { exp: undefined } }, 'exp'],
    ['without its time', { claims: { iat: undefined } }, 'iat'],
    ['that says no beginning', { claims: { nbf: undefined } }, 'nbf'],
    ['of tomorrow', { nowMs: nowMs + 86_400_000 }, 'time has not come'],
    ['of yesterday', { nowMs: nowMs - 86_400_000 }, 'has ended'],
    [
      'of an hour ago that is good for a year',
      { nowMs: nowMs - 3_600_000, expirationSeconds: 31_536_000 },
      'has ended',
    ],
  ])('is refused %s, and says why', async (_, more, reason) => {
    expect(await verify(made(more))).toEqual({ kind: 'refused', reason: expect.stringContaining(reason) });
  });

  it('is good as long as it says, with two minutes between the clocks and no more', async () => {
    const token = made();
    for (const seconds of [-119, 0, 600, 719])
      expect(await verify(token, nowMs + seconds * 1000), `after ${seconds} s`).toMatchObject({ kind: 'known' });
    for (const seconds of [-121, 721])
      expect(await verify(token, nowMs + seconds * 1000), `after ${seconds} s`).toMatchObject({ kind: 'refused' });
  });

  it('of another key is nobody’s, whatever its header says', async () => {
    const { kid } = keyOf(issuer);
    expect(await verify(other.token(request))).toEqual({ kind: 'foreign' });
    expect(await verify(other.token({ ...request, header: { kid } }))).toEqual({ kind: 'foreign' });
    // Its own key taken along (RFC 7515, 4.1.3 and 4.1.2): who believes it believes anybody.
    const header = { kid, jwk: other.keys()[0], jku: 'https://attacker.example.com/jwks' };
    expect(await verify(other.token({ ...request, header }))).toEqual({ kind: 'foreign' });
  });

  it.each(['none', 'None', 'HS256', 'HS512', 'RS512', 'PS256', 'ES384', 'EdDSA', ''])(
    'is nobody’s with the algorithm %j',
    async (claimed) => {
      const { kid } = keyOf(issuer);
      const claims = JSON.parse(Buffer.from(made().split('.')[1] ?? '', 'base64url').toString('utf8')) as object;
      const secrets = [issuer.publicPem(), JSON.stringify(keyOf(issuer)), ''];
      for (const secret of secrets) {
        const hmac = (input: Buffer) => createHmac('sha256', secret).update(input).digest();
        expect(await verify(signToken({ alg: claimed, kid }, claims, hmac))).toEqual({ kind: 'foreign' });
      }
      expect(await verify(signToken({ alg: claimed, kid }, claims, () => Buffer.alloc(0)))).toEqual({
        kind: 'foreign',
      });
      // A real signature under a false name of its algorithm.
      expect(await verify(made({ header: { alg: claimed } }))).toEqual({ kind: 'foreign' });
    },
  );

  it('is nobody’s once a letter of it is changed', async () => {
    const [header = '', claims = '', signature = ''] = made().split('.');
    const changed = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    changed['kubernetes.io'].pod.uid = 'another';
    const forged = Buffer.from(JSON.stringify(changed)).toString('base64url');
    expect(await verify(`${header}.${forged}.${signature}`)).toEqual({ kind: 'foreign' });
    expect(await verify(`${header}.${claims}.`)).toEqual({ kind: 'foreign' });
    expect(await verify(`${header}.${claims}.${signature.slice(0, -8)}`)).toEqual({ kind: 'foreign' });
  });

  it('is nobody’s with a critical header that is not understood (RFC 7515, 4.1.11)', async () => {
    expect(await verify(made({ header: { crit: ['exp'], exp: 1 } }))).toEqual({ kind: 'foreign' });
  });
});

it('takes nothing for a token that is none', async () => {
  const rsa = issuers.RS256;
  const huge = rsa.token({ ...request, claims: { padding: 'x'.repeat(1_000_000) } });
  for (const text of ['', '.', '..', 'a.b.c', 'hce_token', '{}', 'e30.e30.', `${'A'.repeat(100_000)}.e30.x`])
    expect([readClaimed(text), await verifyPodToken(text, trust(rsa), nowMs)]).toEqual([
      undefined,
      { kind: 'foreign' },
    ]);
  // What is large and right is right; the contract bounds what comes this far.
  expect(await verifyPodToken(huge, trust(rsa), nowMs)).toMatchObject({ kind: 'known' });
});

it('knows a key by what it is, and that a broken one is none', async () => {
  const key = keyOf(issuers.ES256);
  const print = await thumbprintOf(key);
  expect(print).toMatch(/^[\w-]{43}$/);
  expect(await thumbprintOf({ ...key, kid: 'another name' })).toBe(print);
  expect(await thumbprintOf(keyOf(issuers.RS256))).not.toBe(print);
  const broken = { ...key, x: Buffer.alloc(32, 1).toString('base64url') } as PublicKey;
  expect(await thumbprintOf(broken)).toBeUndefined();
  expect(await thumbprintOf({ ...key, alg: 'ES384' } as PublicKey)).toBeUndefined();
});

it('knows no key that is written in another way than the standard’s: it would pass for another key', async () => {
  const key = keyOf(issuers.RS256) as PublicKey & { readonly kty: 'RSA' };
  expect(key.e).toBe('AQAB');
  expect(await thumbprintOf(key)).toBeDefined();
  expect(await thumbprintOf({ ...key, e: 'AAEAAQ' })).toBeUndefined();
  const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(key.n, 'base64url')]).toString('base64url');
  expect(await thumbprintOf({ ...key, n: padded })).toBeUndefined();
});

it.each([
  [{ kid: 1 }, { iss: 'https://issuer' }],
  [{ kid: [] }, { iss: 'https://issuer' }],
  [{ kid: 'k' }, { iss: 5 }],
  [{ kid: 'k' }, { iss: null }],
])('takes nothing of a token that names %j and %j', (header, claims) => {
  const parts = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  expect(readClaimed(`${parts.join('.')}.x`)).toBeUndefined();
});
