import { type ConnectionAuth, connectionAuth } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import {
  type ClientCertificate,
  type Credentials,
  certificateChain,
  checkClientCertificate,
  type RepositoryCredentials,
} from '@hullcheck/registry';
import type { Envelope, SealPlace } from '../auth/envelope.ts';
import type { ConnectionFields } from '../store/connection-fields.ts';
import type { ConnectionRecord, RepositoryCredentialRecord } from '../store/connections.ts';

/** What is stored of a credential: its kind, the part that may be shown, and the rest sealed. */
export type SealedAuth = Pick<ConnectionFields, 'authKind' | 'username' | 'credential'>;

/** Where the credential of a connection is sealed for. */
export const credentialPlace = (id: string): SealPlace => ({ table: 'connection', row: id, column: 'credential' });

/** Where that of a connection's repositories is: a pattern can't be given another one's. */
export const repositoryCredentialPlace = (id: string, pattern: string): SealPlace => ({
  table: 'connection_credential',
  row: `${id} ${pattern}`,
  column: 'credential',
});

export const clientKeyPlace = (id: string): SealPlace => ({ table: 'connection', row: id, column: 'tls_client_key' });

type SealedClient = Pick<ConnectionFields, 'tlsClientCertificate' | 'tlsClientKey'>;

/** With its certificates alone in the part that is not sealed. A fault where no registry could take it: of another key, ended, unreadable. */
export function checkClient(client: ClientCertificate): ClientCertificate {
  const certificate = certificateChain(client.certificate);
  checkClientCertificate(client, Date.now());
  return { certificate, key: client.key };
}

/** Faults as `checkClient`. */
export function sealClient(client: ClientCertificate | null, envelope: Envelope, id: string): SealedClient {
  if (client === null) return { tlsClientCertificate: null, tlsClientKey: null };
  const { certificate, key } = checkClient(client);
  return { tlsClientCertificate: certificate, tlsClientKey: envelope.seal(key, clientKeyPlace(id)) };
}

export function unsealClient(
  { id, tlsClientCertificate: certificate, tlsClientKey: key }: SealedClient & { readonly id: string },
  envelope: Envelope,
): ClientCertificate | null {
  if (certificate === null || key === null) return null;
  return { certificate, key: envelope.unseal(key, clientKeyPlace(id)) };
}

export function sealAuth(auth: ConnectionAuth, envelope: Envelope, place: SealPlace): SealedAuth {
  switch (auth.kind) {
    case 'anonymous':
      return { authKind: 'anonymous', username: null, credential: null };
    case 'basic':
      return { authKind: 'basic', username: auth.username, credential: envelope.seal(auth.password, place) };
    case 'token':
      return { authKind: 'token', username: null, credential: envelope.seal(auth.token, place) };
    case 'aws-key':
    case 'entra':
    case 'google-key':
    case 'machine':
      return {
        authKind: auth.kind,
        username: publicPart(auth),
        credential: envelope.seal(JSON.stringify(auth), place),
      };
  }
}

/** What a person recognises a credential by. */
function publicPart(
  auth: Extract<ConnectionAuth, { readonly kind: 'aws-key' | 'entra' | 'google-key' | 'machine' }>,
): string | null {
  switch (auth.kind) {
    case 'aws-key':
      return auth.role === null ? auth.accessKeyId : `${auth.accessKeyId} as ${auth.role.arn}`;
    case 'machine':
      return auth.role?.arn ?? auth.clientId;
    case 'entra':
      return `${auth.clientId} of ${auth.tenant}`;
    case 'google-key': {
      const email = /"client_email"\s*:\s*"([^"\\]{3,300})"/.exec(auth.keyJson)?.[1];
      return email ?? null;
    }
  }
}

export function toCredentials(auth: ConnectionAuth): Credentials | null {
  switch (auth.kind) {
    case 'anonymous':
      return null;
    case 'basic':
      return { kind: 'basic', username: auth.username, password: auth.password };
    case 'token':
      return { kind: 'bearer', token: auth.token };
    case 'aws-key':
      return {
        ...auth,
        sessionToken: auth.sessionToken ?? undefined,
        region: auth.region ?? undefined,
        role: roleOf(auth),
      };
    case 'machine':
      return { kind: 'machine', clientId: auth.clientId ?? undefined, role: roleOf(auth) };
    case 'entra':
    case 'google-key':
      return auth;
  }
}

const roleOf = ({ role }: Extract<ConnectionAuth, { readonly kind: 'aws-key' | 'machine' }>) =>
  role === null ? undefined : { arn: role.arn, externalId: role.externalId ?? undefined };

export function unsealCredentials(
  connection: SealedAuth & { readonly id: string },
  envelope: Envelope,
): Credentials | null {
  return unseal(connection, envelope, credentialPlace(connection.id));
}

export function unsealRepositoryCredentials(
  connection: ConnectionRecord,
  envelope: Envelope,
): readonly RepositoryCredentials[] {
  return connection.repositoryCredentials.map((record) => unsealRepositoryCredential(connection.id, record, envelope));
}

export function unsealRepositoryCredential(
  connectionId: string,
  record: RepositoryCredentialRecord,
  envelope: Envelope,
): RepositoryCredentials {
  const place = repositoryCredentialPlace(connectionId, record.pattern);
  return { pattern: record.pattern, credentials: unseal(fromRecord(record), envelope, place) };
}

export function fromRecord({ authKind, username, credential }: RepositoryCredentialRecord): SealedAuth {
  return { authKind, username, credential: credential === null ? null : Buffer.from(credential, 'base64') };
}

function unseal(
  { authKind, username, credential }: SealedAuth,
  envelope: Envelope,
  place: SealPlace,
): Credentials | null {
  if (authKind === 'anonymous' || credential === null) return null;
  const secret = envelope.unseal(credential, place);
  if (authKind === 'basic') return { kind: 'basic', username: username ?? '', password: secret };
  if (authKind === 'token') return { kind: 'bearer', token: secret };
  const parsed = connectionAuth.safeParse(JSON.parse(secret));
  // Without the cause: it would repeat what was sealed.
  if (!parsed.success)
    throw new Fault('unavailable', 'a saved credential is of a form that this version does not know');
  return toCredentials(parsed.data);
}
