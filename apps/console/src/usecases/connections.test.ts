import { connectionInput } from '@hullcheck/contract';
import { createMachineIdentity } from '@hullcheck/registry';
import { expect, it } from 'vitest';
import { makeCertificate } from '../auth/certificate.ts';
import { createEnvelope } from '../auth/envelope.ts';
import { sealClient } from './connection-credentials.ts';
import { createConnection } from './connections.ts';

const envelope = createEnvelope(Buffer.alloc(32, 7));
const caller = { version: '0' };

it.each(['https://user:CANARY@gitlab.example.com', 'https://gitlab.example.com/?private_token=CANARY', 'ftp://a'])(
  'takes no secret in the address of an API, which every viewer sees: %s',
  async (apiUrl) => {
    const auth = { kind: 'token', token: 'x' };
    const input = connectionInput.parse({ kind: 'gitlab', name: 'x', url: 'https://r.example.com', apiUrl, auth });
    // Refused before anything is written.
    const written = createConnection(undefined as never, envelope, 'scope', input, caller);
    await expect(written).rejects.toMatchObject({ code: 'invalid-input', place: 'apiUrl' });
  },
);

it.each([
  ['plain HTTP', { url: 'http://r.example.com' }, 'url', 'write https'],
  ['whatever this machine speaks', { url: 'localhost:5000' }, 'url', 'write https'],
  [
    'plain HTTP where there is no TLS',
    { url: 'r.example.com', insecure: true },
    'insecureHttp',
    'not allow plain HTTP',
  ],
  ['plain HTTP behind https', { url: 'https://r.example.com', insecure: true }, 'insecureHttp', 'not allow plain HTTP'],
])(
  'shows no client certificate over %s',
  async (_, { url, insecure = false }: { url: string; insecure?: boolean }, place, reason) => {
    const tls = { insecureHttp: insecure, clientCertificate: { certificate: 'x', key: 'x' } };
    const input = connectionInput.parse({ kind: 'generic', name: 'x', url, auth: { kind: 'anonymous' }, tls });
    const message = expect.stringContaining(reason);
    const written = createConnection(undefined as never, envelope, 'scope', input, caller);
    await expect(written).rejects.toMatchObject({ code: 'invalid-input', place, message });
  },
);

it('keeps of a client certificate no more in the clear than its chain', () => {
  const { certificate, key } = makeCertificate(['client'], Date.now());
  const sealed = sealClient({ certificate: `Bag Attributes\n${certificate}# CANARY\n`, key }, envelope, 'id');
  expect(sealed.tlsClientCertificate).toBe(certificate);
});

it('takes no key as the certificate of an authority, which is not sealed', async () => {
  const ca = '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nCANARY';
  const auth = { kind: 'anonymous' };
  const input = connectionInput.parse({ kind: 'generic', name: 'x', url: 'https://r.example.com', auth, tls: { ca } });
  const written = createConnection(undefined as never, envelope, 'scope', input, caller);
  const message = expect.not.stringContaining('CANARY');
  await expect(written).rejects.toMatchObject({ code: 'invalid-input', place: 'tls.ca', message });
});

const ecr = {
  kind: 'ecr',
  name: 'ours',
  url: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  auth: { kind: 'machine' },
};
const machine = createMachineIdentity({ clouds: ['aws'], environment: {} });

it.each([
  ['the operator allows none', {}, caller],
  ['another cloud is allowed', { kind: 'acr', url: 'https://contoso.azurecr.io' }, { ...caller, machine }],
  ['the kind has none', { kind: 'harbor' }, { ...caller, machine }],
  ['an API is named', { apiUrl: 'https://evil.example' }, { ...caller, machine }],
  ['plain HTTP is allowed', { tls: { insecureHttp: true } }, { ...caller, machine }],
  ['an authority is trusted', { tls: { ca: '-----BEGIN CERTIFICATE-----' } }, { ...caller, machine }],
  [
    'it is for single repositories',
    { auth: { kind: 'anonymous' }, repositoryCredentials: [{ pattern: 'a', auth: ecr.auth }] },
    caller,
  ],
])("takes no identity of the console's machine where %s", async (_, more, by) => {
  const input = connectionInput.parse({ ...ecr, ...more });
  const written = createConnection(undefined as never, envelope, 'scope', input, by);
  await expect(written).rejects.toMatchObject({ code: 'invalid-input', place: 'auth' });
});
