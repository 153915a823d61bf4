import { connectionInput } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import { type Draft, draftErrors, emptyDraft, inputOf } from './draft.ts';

const good: Draft = {
  ...emptyDraft(undefined),
  name: 'corp',
  url: 'https://registry.corp.example:5000',
  username: 'reader',
  secret: 'correct horse',
};

it('a good draft has no errors and is what the contract takes', () => {
  expect(draftErrors(good)).toEqual({});
  expect(connectionInput.parse(inputOf(good))).toEqual({
    kind: 'generic',
    name: 'corp',
    url: 'https://registry.corp.example:5000',
    auth: { kind: 'basic', username: 'reader', password: 'correct horse' },
    repositories: [],
    tls: { ca: null, insecureHttp: false },
    tagsMax: 20,
  });
});

it.each([
  [{ name: ' ' }, 'name'],
  [{ url: 'registry' }, 'url'],
  [{ url: 'https://u:p@registry.corp.example' }, 'url'],
  [{ url: 'http://registry.corp.example' }, 'url'],
  [{ url: 'ftp://registry.corp.example' }, 'url'],
  [{ username: '' }, 'username'],
  [{ secret: '' }, 'secret'],
  [{ auth: 'token', secret: '' }, 'secret'],
  [{ tagsMax: '0' }, 'tagsMax'],
  [{ ca: 'MIIB' }, 'ca'],
] as const)('%j is wrong in %s', (change, field) =>
  expect(Object.keys(draftErrors({ ...good, ...change }))).toEqual([field]),
);

it('plain HTTP is taken on a loopback address or when allowed', () => {
  expect(draftErrors({ ...good, url: 'http://127.0.0.1:5000' })).toEqual({});
  expect(draftErrors({ ...good, url: 'http://registry.corp.example', insecureHttp: true })).toEqual({});
});

it('a kept credential is not sent', () => {
  expect('auth' in inputOf({ ...good, auth: 'saved', secret: '' })).toBe(false);
});

it('Docker Hub needs no address', () => {
  const hub = { ...emptyDraft('docker.io'), username: 'u', secret: 's' };
  expect(draftErrors(hub)).toEqual({});
  expect(inputOf(hub).url).toBe('https://registry-1.docker.io');
});

it('patterns stand one a line or with commas', () => {
  expect(inputOf({ ...good, repositories: 'shop/*\n base/node , \n' }).repositories).toEqual(['shop/*', 'base/node']);
});
