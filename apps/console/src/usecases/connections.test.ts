import { connectionInput } from '@hullcheck/contract';
import { createMachineIdentity } from '@hullcheck/registry';
import { expect, it } from 'vitest';
import { createEnvelope } from '../auth/envelope.ts';
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
