import { randomUUID } from 'node:crypto';
import type { ConnectionChange, ConnectionInput, ConnectionTrial } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { probeConnection, type RegistryClient } from '@hullcheck/registry';
import type { Envelope } from '../auth/envelope.ts';
import {
  type ConnectionFields,
  deleteConnection,
  insertConnection,
  updateConnection,
  writeRepositoryCredentials,
} from '../store/connection-fields.ts';
import { markSyncQueued } from '../store/connection-syncs.ts';
import { type ConnectionRecord, findConnection } from '../store/connections.ts';
import { type Database, isDuplicate, type Transaction } from '../store/database.ts';
import { enqueue } from '../store/queue.ts';
import type { ScopeView } from '../store/scope.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { createWork } from '../store/work-items.ts';
import {
  checkClient,
  credentialPlace,
  fromRecord,
  repositoryCredentialPlace,
  type SealedAuth,
  sealAuth,
  sealClient,
  toCredentials,
  unsealClient,
  unsealCredentials,
  unsealRepositoryCredential,
} from './connection-credentials.ts';
import { checkInput, keptFor, requireOwnPlace, targetOf } from './connection-input.ts';
import { openTarget, parseRegistryUrl, type RegistryCaller, unconfirmedAddresses } from './registry-access.ts';

/** Tries it without saving anything. `saved`: the connection whose credential is used where none is given. */
export async function testConnection(
  input: ConnectionChange,
  saved: ConnectionRecord | undefined,
  envelope: Envelope,
  caller: RegistryCaller,
  signal: AbortSignal,
): Promise<ConnectionTrial> {
  checkInput(input, saved, caller);
  if (saved !== undefined) requireOwnPlace(saved, input);
  const all =
    input.auth !== undefined
      ? toCredentials(input.auth)
      : saved === undefined
        ? null
        : unsealCredentials(saved, envelope);
  const repositories = input.repositoryCredentials.map(({ pattern, auth }) => {
    if (auth !== undefined) return { pattern, credentials: toCredentials(auth) };
    const { id, record } = keptFor(pattern, saved, input);
    return unsealRepositoryCredential(id, record, envelope);
  });
  const target = targetOf(input, saved);
  const given = input.tls.clientCertificate;
  const kept = given === undefined && saved !== undefined ? unsealClient(saved, envelope) : null;
  const certificate = given == null ? kept : checkClient(given);
  const client = openTarget(target, { all, client: certificate, repositories }, caller);
  try {
    const named = input.repositories.filter((name) => !name.includes('*'));
    const report = await probeConnection(client, { repositories: named, followsBlob: true }, signal);
    const { realm, refusedHost } = report;
    const privateAddresses =
      realm === undefined && refusedHost !== undefined ? await unconfirmedAddresses(target, refusedHost) : [];
    return {
      status: report.status,
      partial: report.partial ?? null,
      code: report.code,
      detail: wantsConfirmation(realm, privateAddresses, client) ?? report.detail,
      retryAt: report.retryAtMs === undefined ? null : new Date(report.retryAtMs).toISOString(),
      privateAddresses: [...privateAddresses],
      tokenServers: realm === undefined ? [] : [realm],
    };
  } finally {
    await client.close();
  }
}

/** What an administrator may open, in a sentence. */
function wantsConfirmation(
  realm: string | undefined,
  privateAddresses: readonly string[],
  client: RegistryClient,
): string | undefined {
  if (realm !== undefined) {
    const found = `The registry names a token server on another host (${realm}). Confirm that this connection may go there with its credential.`;
    return [found, client.advice('REALM_REFUSED') ?? []].flat().join(' ');
  }
  if (privateAddresses.length === 0) return undefined;
  return `The registry is in a private network (${privateAddresses.join(', ')}). Confirm that this connection may go there.`;
}

export async function createConnection(
  transaction: Transaction,
  envelope: Envelope,
  scopeId: string,
  input: ConnectionInput,
  caller: RegistryCaller,
): Promise<string> {
  checkInput(input, undefined, caller);
  const id = randomUUID();
  const fields = fieldsOf(input, undefined, {
    ...sealAuth(input.auth, envelope, credentialPlace(id)),
    ...sealClient(input.tls.clientCertificate, envelope, id),
  });
  await insertConnection(transaction, id, scopeId, fields).catch((error: unknown) => throwDuplicate(error, input.name));
  await writeRepositoryCredentials(transaction, id, sealRepositories(id, input, undefined, envelope));
  await requestSync(transaction, id, input.name);
  return id;
}

/** Without `auth` the saved credential stays, unless the address changed: it must never reach a host it was not given for. */
export async function changeConnection(
  transaction: Transaction,
  view: ScopeView,
  envelope: Envelope,
  id: string,
  input: ConnectionChange,
  caller: RegistryCaller,
): Promise<void> {
  const before = await findConnection(transaction, view, id);
  if (before === undefined) throw new Fault('not-found', 'there is no such connection');
  checkInput(input, before, caller);
  requireOwnPlace(before, input);
  const given = input.tls.clientCertificate;
  const sealed = {
    ...(input.auth === undefined ? before : sealAuth(input.auth, envelope, credentialPlace(id))),
    ...(given === undefined ? clientOf(before) : sealClient(given, envelope, id)),
  };
  await updateConnection(transaction, view, id, fieldsOf(input, before, sealed)).catch((error: unknown) =>
    throwDuplicate(error, input.name),
  );
  await writeRepositoryCredentials(transaction, id, sealRepositories(id, input, before, envelope));
  await requestSync(transaction, id, input.name);
}

export async function removeConnection(transaction: Transaction, view: ScopeView, id: string): Promise<void> {
  const images = await deleteConnection(transaction, view, id);
  if (images === undefined) throw new Fault('not-found', 'there is no such connection');
  await refreshSummaries(transaction, images);
}

export async function requestSync(transaction: Transaction, id: string, name: string): Promise<void> {
  await markSyncQueued(transaction, id);
  const key = `sync:${id}`;
  const workId = await createWork(transaction, 'sync-connection', key, `Read the repositories of ${name}`);
  await enqueue(transaction, 'sync-connection', { connectionId: id, workId }, { key });
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

const clientOf = ({ tlsClientCertificate, tlsClientKey }: ConnectionRecord) => ({ tlsClientCertificate, tlsClientKey });

function sealRepositories(
  id: string,
  input: ConnectionChange,
  before: ConnectionRecord | undefined,
  envelope: Envelope,
) {
  return input.repositoryCredentials.map(({ pattern, auth }): SealedAuth & { readonly pattern: string } => {
    if (auth !== undefined) return { pattern, ...sealAuth(auth, envelope, repositoryCredentialPlace(id, pattern)) };
    return { pattern, ...fromRecord(keptFor(pattern, before, input).record) };
  });
}

function fieldsOf(
  input: ConnectionChange,
  before: ConnectionRecord | undefined,
  sealed: SealedAuth & Pick<ConnectionFields, 'tlsClientCertificate' | 'tlsClientKey'>,
): ConnectionFields {
  const target = targetOf(input, before);
  return {
    ...target,
    name: input.name,
    url: input.kind === 'docker-hub' ? 'https://docker.io' : target.url,
    registry: parseRegistryUrl(input.url, input.kind).registry,
    excludeRepositories: input.excludeRepositories,
    tagsMax: input.tagsMax,
    tagsInclude: input.tags.include,
    tagsExclude: input.tags.exclude,
    platforms: input.platforms.toSorted(),
    everyMinutes: input.everyMinutes,
    attachedSboms: input.attachedSboms,
    authKind: sealed.authKind,
    username: sealed.username,
    credential: sealed.credential,
    tlsClientCertificate: sealed.tlsClientCertificate,
    tlsClientKey: sealed.tlsClientKey,
  };
}

function throwDuplicate(error: unknown, name: string): never {
  if (isDuplicate(error)) throw new Fault('conflict', 'another connection has this name', { place: name });
  throw error;
}
