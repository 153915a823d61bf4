import { randomUUID } from 'node:crypto';
import type { ConnectionInput, ConnectionTest } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { type Credentials, isRepositoryName, probeConnection } from '@hullcheck/registry';
import type { Envelope } from '../auth/envelope.ts';
import {
  type ConnectionFields,
  type ConnectionRecord,
  deleteConnection,
  findConnection,
  insertConnection,
  markSyncQueued,
  updateConnection,
} from '../store/connections.ts';
import { type Database, isDuplicate, type Transaction } from '../store/database.ts';
import { enqueue } from '../store/queue.ts';
import type { ScopeView } from '../store/scope.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { createWork } from '../store/work-items.ts';
import { credentialPlace, openTarget, parseRegistryUrl, type RegistryCaller } from './registry-access.ts';

type Auth = ConnectionInput['auth'];

/** Tries it without saving anything. */
export async function testConnection(
  input: ConnectionInput,
  caller: RegistryCaller,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  checkRepositories(input.repositories);
  const client = openTarget(targetOf(input), credentialsOf(input.auth), caller);
  try {
    const report = await probeConnection(
      client,
      { repositories: input.repositories.filter((name) => !name.includes('*')) },
      signal,
    );
    return { status: report.status, partial: report.partial ?? null, detail: report.detail };
  } finally {
    await client.close();
  }
}

export async function createConnection(
  transaction: Transaction,
  envelope: Envelope,
  scopeId: string,
  input: ConnectionInput,
): Promise<string> {
  const id = randomUUID();
  const fields = fieldsOf(input, sealed(envelope, id, input.auth));
  await insertConnection(transaction, id, scopeId, fields).catch((error: unknown) => throwDuplicate(error, input.name));
  await requestSync(transaction, id, input.name);
  return id;
}

/** Without `auth` the saved credential stays, unless the address changed: it must never reach a host it was not given for. */
export async function changeConnection(
  transaction: Transaction,
  view: ScopeView,
  envelope: Envelope,
  id: string,
  input: Omit<ConnectionInput, 'auth'> & { readonly auth?: Auth | undefined },
): Promise<void> {
  const before = await findConnection(transaction, view, id);
  if (before === undefined) throw new Fault('not-found', 'there is no such connection');
  const after = parseRegistryUrl(input.url, input.kind);
  const was = parseRegistryUrl(before.url, before.kind);
  let credential: Pick<ConnectionFields, 'authKind' | 'username' | 'credential'>;
  if (input.auth !== undefined) credential = sealed(envelope, id, input.auth);
  else {
    const moved =
      after.client !== was.client ||
      input.kind !== before.kind ||
      (input.tls.insecureHttp && !before.insecureHttp) ||
      input.tls.ca !== before.tlsCa;
    if (moved && before.authKind !== 'anonymous') {
      throw new Fault('invalid-input', 'the address changed: enter the credential again', { place: 'auth' });
    }
    credential = before;
  }
  const fields = fieldsOf({ ...input, auth: { kind: 'anonymous' } }, credential);
  await updateConnection(transaction, view, id, fields).catch((error: unknown) => throwDuplicate(error, input.name));
  await requestSync(transaction, id, input.name);
}

export async function removeConnection(transaction: Transaction, view: ScopeView, id: string): Promise<void> {
  const images = await deleteConnection(transaction, view, id);
  if (images === undefined) throw new Fault('not-found', 'there is no such connection');
  await refreshSummaries(transaction, images);
}

export async function requestSync(transaction: Transaction, id: string, name: string): Promise<void> {
  await markSyncQueued(transaction, id);
  const workId = await createWork(transaction, 'sync-connection', `Read the repositories of ${name}`);
  await enqueue(transaction, 'sync-connection', { connectionId: id, workId }, { key: `sync:${id}` });
}

export async function loadConnection(
  database: Database | Transaction,
  view: ScopeView,
  id: string,
): Promise<ConnectionRecord> {
  const found = await findConnection(database, view, id);
  if (found === undefined) throw new Fault('not-found', 'there is no such connection');
  return found;
}

function fieldsOf(
  input: ConnectionInput,
  credential: Pick<ConnectionFields, 'authKind' | 'username' | 'credential'>,
): ConnectionFields {
  checkRepositories(input.repositories);
  const { registry } = parseRegistryUrl(input.url, input.kind);
  return {
    kind: input.kind,
    name: input.name,
    url: input.kind === 'docker-hub' ? 'https://docker.io' : input.url.trim(),
    registry,
    repositories: input.repositories,
    tlsCa: input.tls.ca,
    insecureHttp: input.tls.insecureHttp,
    tagsMax: input.tagsMax,
    authKind: credential.authKind,
    username: credential.username,
    credential: credential.credential,
  };
}

function targetOf(input: ConnectionInput) {
  return {
    kind: input.kind,
    url: input.url,
    repositories: input.repositories,
    tlsCa: input.tls.ca,
    insecureHttp: input.tls.insecureHttp,
  };
}

function sealed(
  envelope: Envelope,
  id: string,
  auth: Auth,
): Pick<ConnectionFields, 'authKind' | 'username' | 'credential'> {
  switch (auth.kind) {
    case 'anonymous':
      return { authKind: 'anonymous', username: null, credential: null };
    case 'basic':
      return {
        authKind: 'basic',
        username: auth.username,
        credential: envelope.seal(auth.password, credentialPlace(id)),
      };
    case 'token':
      return { authKind: 'token', username: null, credential: envelope.seal(auth.token, credentialPlace(id)) };
  }
}

function credentialsOf(auth: Auth): Credentials | null {
  if (auth.kind === 'anonymous') return null;
  return auth.kind === 'basic'
    ? { kind: 'basic', username: auth.username, password: auth.password }
    : { kind: 'bearer', token: auth.token };
}

function checkRepositories(names: readonly string[]): void {
  const wrong = names.find((name) => !isRepositoryName(name.replaceAll('*', 'x')));
  if (wrong !== undefined)
    throw new Fault('invalid-input', 'this is no name of a repository', {
      place: `repositories: ${wrong.slice(0, 100)}`,
    });
}

function throwDuplicate(error: unknown, name: string): never {
  if (isDuplicate(error)) throw new Fault('conflict', 'another connection has this name', { place: name });
  throw error;
}
