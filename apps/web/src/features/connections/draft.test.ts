import { type ConnectionRow, connectionChange, connectionInput, connectionKinds } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import {
  copyOf,
  type Draft,
  draftOf,
  emptyDraft,
  inputOf,
  kindOfRegistry,
  ofKind,
  signInAs,
  startOf,
} from './draft.ts';
import { draftErrors } from './draft-errors.ts';

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
    apiUrl: null,
    namespaces: [],
    auth: { kind: 'basic', username: 'reader', password: 'correct horse' },
    repositoryCredentials: [],
    repositories: [],
    excludeRepositories: [],
    tls: { ca: null, insecureHttp: false, clientCertificate: null },
    allowedAddresses: [],
    trustedRealms: [],
    tagsMax: 20,
    tags: { include: [], exclude: [] },
    platforms: [],
    everyMinutes: 60,
    attachedSboms: false,
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
  [{ clientCertificate: '-----BEGIN CERTIFICATE-----' }, 'clientKey'],
  [{ clientKey: '-----BEGIN EC PRIVATE KEY-----' }, 'clientCertificate'],
  [{ ca: '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----' }, 'ca'],
  [{ platforms: 'arm64' }, 'platforms'],
  [{ apiUrl: 'https://u:p@api.example' }, 'apiUrl'],
  [{ kind: 'gitlab' }, 'namespaces'],
] as const)('%j is wrong in %s', (change, field) =>
  expect(Object.keys(draftErrors({ ...good, ...change }))).toEqual([field]),
);

it('a client certificate is entered without its key, and shown over TLS only', () => {
  const certificate = '-----BEGIN CERTIFICATE-----\n';
  const key = '-----BEGIN PRIVATE KEY-----\n';
  const draft = { ...good, clientCertificate: certificate, clientKey: key };
  expect(draftErrors(draft)).toEqual({});
  expect(draftErrors({ ...draft, clientCertificate: certificate + key })).toEqual({
    clientCertificate: expect.stringContaining('private key'),
  });
  expect(draftErrors({ ...draft, clientKey: certificate })).toEqual({
    clientKey: expect.stringContaining('under Client certificate'),
  });
  for (const head of ['-----BEGIN ENCRYPTED PRIVATE KEY-----', `${key}Proc-Type: 4,ENCRYPTED`])
    expect(draftErrors({ ...draft, clientKey: head })).toEqual({ clientKey: expect.stringContaining('passphrase') });
  const refused = { clientCertificate: expect.stringContaining('TLS only') };
  expect(draftErrors({ ...draft, insecureHttp: true })).toEqual(refused);
  expect(draftErrors({ ...good, keepsClient: true, insecureHttp: true })).toEqual(refused);
});

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

it.each([
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
  ['contoso.azurecr.io', 'acr'],
  ['europe-west1-docker.pkg.dev', 'google-artifact-registry'],
  ['eu.gcr.io', 'google-artifact-registry'],
  ['ghcr.io', 'ghcr'],
  ['registry.redhat.io', 'red-hat'],
  ['docker.io', 'docker-hub'],
  ['registry.example.com', 'generic'],
  ['notgcr.io', 'generic'],
])('the registry %s is a %s', (registry, kind) => expect(kindOfRegistry(registry)).toBe(kind));

it('every kind begins with a credential that it takes, and its form makes what the contract takes', () => {
  const filled = {
    ...good,
    secret: '{"type": "service_account"}',
    tenant: 'contoso',
    namespaces: 'acme',
    account: '123456789012',
    region: 'eu-west-1',
  };
  for (const { id, auths } of connectionKinds) {
    for (const auth of auths) {
      const draft: Draft = {
        ...filled,
        ...startOf(id, ''),
        account: filled.account,
        region: filled.region,
        auth,
        username: 'READER1',
        ...(startOf(id, '').url === '' ? { url: 'registry.example.com' } : {}),
      };
      expect(draftErrors(draft), `${id} ${auth}`).toEqual({});
      expect(connectionInput.parse(inputOf(draft))).toMatchObject({ kind: id, auth: { kind: auth } });
    }
  }
});

it('an ECR is named by account and region, an ACR by its name', () => {
  const ecr = { ...good, ...startOf('ecr', ''), account: '123456789012', region: 'cn-north-1' };
  expect(inputOf(ecr).url).toBe('https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn');
  expect(draftErrors({ ...ecr, username: 'AKID', account: '12' })).toHaveProperty('account');
  expect(inputOf({ ...good, ...startOf('acr', ''), url: 'Contoso' }).url).toBe('https://contoso.azurecr.io');
});

const row: ConnectionRow = {
  ...connectionInput.parse(inputOf({ ...good, repositories: 'a/*', platforms: 'linux/arm64' })),
  id: '00000000-0000-4000-8000-000000000001',
  auth: { kind: 'basic', username: 'reader' },
  repositoryCredentials: [{ pattern: 'a/secret', auth: { kind: 'token', username: null } }],
  tls: { ca: true, insecureHttp: false, clientCertificate: null },
  status: { status: 'connected', partial: null, code: 'OK', detail: '', retryAt: null, checkedAt: null, okAt: null },
  rateLimit: null,
  sync: { activity: 'idle', at: null, next: null, repositories: 0, images: 0, error: null },
  createdAt: '2026-01-01T00:00:00Z',
};

it('a change sends no secret that stays, and no certificate that stays', () => {
  const input = connectionChange.parse(inputOf(draftOf(row)));
  expect(input).not.toHaveProperty('auth');
  expect(input.tls).not.toHaveProperty('ca');
  expect(input.repositoryCredentials).toEqual([{ pattern: 'a/secret' }]);
  expect(inputOf({ ...draftOf(row), keepsCa: false }).tls.ca).toBeNull();
});

it('a copy has all but the name and what is secret, and asks for both', () => {
  const copy = copyOf(row);
  expect(copy).toMatchObject({ url: row.url, repositories: 'a/*', platforms: 'linux/arm64', name: '', secret: '' });
  expect(Object.keys(draftErrors(copy)).sort()).toEqual(['name', 'ofRepositories', 'secret']);
});

it("the machine's identity needs no secret, and may take on a role or name one of several identities", () => {
  const base: Draft = { ...good, ...startOf('ecr', ''), auth: 'machine', username: '', secret: '' };
  const ecr: Draft = { ...base, account: '123456789012', region: 'eu-west-1' };
  expect(draftErrors(ecr)).toEqual({});
  expect(inputOf(ecr).auth).toEqual({ kind: 'machine', role: null, clientId: null });
  const role = { arn: 'arn:aws:iam::210987654321:role/reader', externalId: 'x' };
  expect(inputOf({ ...ecr, roleArn: role.arn, externalId: 'x' }).auth).toEqual({
    kind: 'machine',
    role,
    clientId: null,
  });
  expect(Object.keys(draftErrors({ ...ecr, roleArn: 'reader' }))).toEqual(['roleArn']);
  const acr: Draft = { ...good, ...startOf('acr', 'contoso'), auth: 'machine', username: 'id-1', secret: '' };
  expect(inputOf(acr).auth).toEqual({ kind: 'machine', role: null, clientId: 'id-1' });
  expect(Object.keys(draftErrors({ ...acr, username: 'two words' }))).toEqual(['username']);
});

it('another way to sign in takes no secret along, and the identity of a machine no name', () => {
  const acr: Draft = {
    ...good,
    ...startOf('acr', 'contoso'),
    tenant: 'contoso',
    roleArn: 'arn',
    sessionToken: 'token',
  };
  const left = { secret: '', tenant: '', roleArn: '', sessionToken: '' };
  expect(signInAs('entra', acr)).toMatchObject({ ...left, auth: 'entra', username: 'reader' });
  const machine = { ...acr, ...signInAs('machine', acr) };
  expect(inputOf(machine).auth).toEqual({ kind: 'machine', role: null, clientId: null });
  expect(signInAs('basic', { ...machine, username: 'id-1' })).toMatchObject({ username: '' });
});

it("with the machine's identity goes no authority of one's own and no plain HTTP", () => {
  const acr = { ...good, ...startOf('acr', 'contoso'), auth: 'machine' as const, username: '', insecureHttp: true };
  expect(inputOf({ ...acr, ca: '-----BEGIN CERTIFICATE-----' }).tls).toMatchObject({ ca: null, insecureHttp: false });
  expect(draftErrors({ ...acr, ca: 'MIIB' })).toEqual({});
  expect(Object.keys(draftErrors({ ...acr, url: 'http://contoso.azurecr.io' }))).toEqual(['url']);
});

it('another kind of registry takes along nothing that its form does not show', () => {
  const filled: Draft = {
    ...good,
    clientCertificate: '-----BEGIN CERTIFICATE-----',
    clientKey: '-----BEGIN PRIVATE KEY-----',
    ca: '-----BEGIN CERTIFICATE-----',
    insecureHttp: true,
    allowedAddresses: ['10.0.0.1'],
    trustedRealms: ['https://sso.example.net'],
    repositoryCredentials: draftOf(row).repositoryCredentials,
  };
  const hub: Draft = { ...filled, ...ofKind('docker-hub', filled), auth: 'anonymous' };
  expect(draftErrors({ ...hub, repositoryCredentials: [] })).toEqual({});
  expect(inputOf(hub)).toMatchObject({
    auth: { kind: 'anonymous' },
    tls: { ca: null, insecureHttp: false, clientCertificate: null },
    allowedAddresses: [],
    trustedRealms: [],
    repositoryCredentials: [{ pattern: 'a/secret', auth: { kind: 'basic', username: '', password: '' } }],
  });
});
