import { expect, it } from 'vitest';
import { judgeRealm } from './realm.ts';

const takes = (realm: string, registry: string, trusted: readonly string[] = []) =>
  judgeRealm(realm, new URL(registry), trusted).takesCredentials;

it.each([
  ['https://auth.docker.io/token', 'https://registry-1.docker.io'],
  ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com'],
  ['https://quay.io/v2/auth', 'https://quay.io'],
  ['https://registry.example.com/token', 'https://registry.example.com:5050'],
  ['https://auth.corp.co.uk/token', 'https://registry.corp.co.uk'],
  ['https://sso.redhat.com/auth', 'https://registry.redhat.io'],
  ['http://127.0.0.1:5058/token', 'http://127.0.0.1:5000'],
])('credentials may go to %s for %s', (realm, registry) => {
  expect(takes(realm, registry)).toBe(true);
});

it.each([
  ['https://evil.example/token', 'https://registry.example.com'],
  ['https://evil.co.uk/token', 'https://registry.co.uk'],
  ['https://evil.id.au/token', 'https://registry.id.au'],
  ['https://evil.com./token', 'https://registry.corp.com.'],
  ['https://auth.corp.com./token', 'https://registry.corp.com'],
  ['https://evil.azurecr.io/token', 'https://mine.azurecr.io'],
  ['https://evil.eu-west-1.amazonaws.com/', 'https://1.dkr.ecr.eu-west-1.amazonaws.com'],
  ['https://evil.ngrok-free.app/token', 'https://mine.ngrok-free.app'],
  ['https://evil.web.app/token', 'https://mine.web.app'],
  ['https://evil.tail1.ts.net/token', 'https://mine.tail2.ts.net'],
  ['https://evil.lambda-url.eu-west-1.on.aws/', 'https://mine.lambda-url.eu-west-1.on.aws'],
  ['https://evil.ocir.io/token', 'https://mine.ocir.io'],
  ['https://registry.example.com.evil.net/', 'https://registry.example.com'],
  ['https://evilexample.com/token', 'https://example.com'],
  ['https://127.0.0.2/token', 'https://127.0.0.1'],
  ['http://auth.corp.lan/token', 'http://registry.corp.lan'],
])('credentials stay away from %s for %s', (realm, registry) => {
  expect(takes(realm, registry)).toBe(false);
});

it('an operator may trust an origin, exactly', () => {
  expect(takes('https://sso.other.net/t', 'https://registry.example.com', ['https://sso.other.net'])).toBe(true);
  expect(takes('https://sso.other.net:8443/t', 'https://registry.example.com', ['https://sso.other.net'])).toBe(false);
});

it.each([
  'http://registry.example.com/token',
  'ftp://registry.example.com/token',
  'file:///etc/passwd',
  'https://user:pass@registry.example.com/token',
  'token',
  '',
])('refuses the realm %j altogether', (realm) => {
  expect(() => judgeRealm(realm, new URL('https://registry.example.com'), [])).toThrow('refused');
});
