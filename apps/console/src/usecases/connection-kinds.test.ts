import {
  type ConnectionAuth,
  connectionAuth,
  connectionKinds,
  machineClouds as contractClouds,
} from '@hullcheck/contract';
import { findVendor, machineClouds, vendors } from '@hullcheck/registry';
import { expect, it } from 'vitest';
import { createEnvelope } from '../auth/envelope.ts';
import { credentialPlace, sealAuth, toCredentials, unsealCredentials } from './connection-credentials.ts';

const auths: readonly ConnectionAuth[] = [
  { kind: 'anonymous' },
  { kind: 'basic', username: 'reader', password: 'CANARY' },
  { kind: 'token', token: 'CANARY' },
  connectionAuth.parse({
    kind: 'aws-key',
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'CANARY',
    role: { arn: 'arn:aws:iam::123456789012:role/reader', externalId: null },
  }),
  { kind: 'entra', tenant: 'contoso', clientId: 'app', clientSecret: 'CANARY' },
  {
    kind: 'machine',
    role: { arn: 'arn:aws:iam::123456789012:role/reader', externalId: 'hullcheck-7' },
    clientId: null,
  },
  { kind: 'google-key', keyJson: '{"client_email": "reader@x.example", "private_key": "CANARY"}' },
];

it('the kinds of connections are the vendors of the registry package', () => {
  expect(connectionKinds.map(({ id }) => id)).toEqual(vendors.map(({ id }) => id));
});

it('the clouds of machines are those of the registry package, and each kind that takes them names its own', () => {
  expect(contractClouds).toEqual(machineClouds);
  for (const kind of connectionKinds)
    expect('machine' in kind, kind.id).toBe((kind.auths as readonly string[]).includes('machine'));
});

it('a form promises dates where the vendor has them', () => {
  for (const { id, newest } of connectionKinds)
    expect(findVendor(id)?.listTagDates === null ? 'name' : 'pushed', id).toBe(newest.by);
});

it('a vendor takes every credential that its form offers', () => {
  for (const kind of connectionKinds)
    for (const offered of kind.auths) {
      const credentials = toCredentials(auths.find((auth) => auth.kind === offered) ?? { kind: 'anonymous' });
      if (credentials !== null)
        expect(findVendor(kind.id)?.accepts, `${kind.id} ${offered}`).toContain(credentials.kind);
    }
});

it('every credential comes out of its envelope as it went in, and shows nothing of its secret outside', () => {
  const envelope = createEnvelope(Buffer.alloc(32, 7));
  const id = '00000000-0000-4000-8000-000000000001';
  for (const auth of auths) {
    const sealed = sealAuth(auth, envelope, credentialPlace(id));
    expect(JSON.stringify({ ...sealed, credential: sealed.credential?.toString('latin1') })).not.toContain('CANARY');
    expect(unsealCredentials({ id, ...sealed }, envelope)).toEqual(toCredentials(auth));
    if (sealed.credential !== null)
      expect(() => unsealCredentials({ id: `${id.slice(0, -1)}2`, ...sealed }, envelope)).toThrow();
  }
});
