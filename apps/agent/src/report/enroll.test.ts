import { Fault } from '@hullcheck/core';
import { createTokenIssuer } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { refusedMsMax } from '../limits.ts';
import { checkAudience, mayPass } from './enroll.ts';

const server = new URL('https://hullcheck.example.com:8480');
const audience = 'hullcheck:https://hullcheck.example.com:8480';
const issuer = createTokenIssuer();
const made = (audiences: unknown) =>
  issuer.token({
    namespace: 'hullcheck',
    serviceAccount: 'hullcheck-nodes',
    audiences: [],
    pod: { name: 'p', uid: 'u' },
    claims: { aud: audiences },
  });

it('sends a console only what is made for it', () => {
  expect(() => checkAudience(made([audience]), server)).not.toThrow();
  expect(() => checkAudience(made(audience), server)).not.toThrow();
});

it.each([
  ['the API of the cluster', ['https://kubernetes.default.svc.cluster.local']],
  ['another console', ['hullcheck:https://other.example.com']],
  ['the console at another port', ['hullcheck:https://hullcheck.example.com']],
  ['this console and the API', [audience, 'https://kubernetes.default.svc']],
  ['nobody', []],
  ['nobody that it says', undefined],
  ['no text', [[audience]]],
])('keeps a token for %s to itself', (_, audiences) => {
  const token = made(audiences);
  let message = '';
  try {
    checkAudience(token, server);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('not made for this console');
  expect(message).not.toContain(token.split('.')[2]);
});

it.each(['', 'hce_token', 'a.b.c', '..', 'e30.bnVsbA.x'])('keeps %j to itself, which is no token', (text) => {
  expect(() => checkAudience(text, server)).toThrow('not made for this console');
});

it.each([
  ['a console that is away, however long', new Fault('unreachable', 'away'), refusedMsMax * 10, true],
  ['a pod that is not reported yet', new Fault('unavailable', 'not yet', { retryAtMs: 1 }), refusedMsMax * 10, true],
  ['a cluster that is not known yet', new Fault('unauthenticated', 'no', { retryAtMs: 1 }), refusedMsMax - 1, true],
  ['a cluster that is still not known', new Fault('unauthenticated', 'no', { retryAtMs: 1 }), refusedMsMax, false],
  ['a refusal for good', new Fault('unauthenticated', 'no'), 0, false],
  ['a fault of its own', new Fault('internal', 'broken'), 0, false],
])('tries again, or not, after %s', (_, fault, sinceStartMs, again) => {
  expect(mayPass(fault, sinceStartMs)).toBe(again);
});
