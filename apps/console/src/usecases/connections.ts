import { randomUUID } from 'node:crypto';
import {
  type ConnectionChange,
  type ConnectionInput,
  type ConnectionKind,
  type ConnectionTrial,
  kindOf,
} from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { isLoopbackHost, isPrivateAddress, isRepositoryName, probeConnection } from '@hullcheck/registry';
import type { Envelope } from '../auth/envelope.ts';
import {
  type ConnectionFields,
  type ConnectionRecord,
  deleteConnection,
  findConnection,
  insertConnection,
  markSyncQueued,
  updateConnection,
  writeRepositoryCredentials,
} from '../store/connections.ts';
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
import {
  type ConnectionTarget,
  openTarget,
  parseRegistryUrl,
  type RegistryCaller,
  unconfirmedAddresses,
} from './registry-access.ts';

/** Tries it without saving anything. `saved`: the connection whose credential is used where none is given. */
export async function testConnection(
  input: ConnectionChange,
  saved: ConnectionRecord | undefined,
  envelope: Envelope,
  caller: RegistryCaller,
  signal: AbortSignal,
): Promise<ConnectionTrial> {
  checkInput(input, saved, caller);
  if (saved !== undefined && (input.auth === undefined || keepsClient(saved, input))) requireSamePlace(saved, input);
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
    const report = await probeConnection(client, { repositories: named }, signal);
    const privateAddresses = report.code === 'ADDRESS_REFUSED' ? await unconfirmedAddresses(target) : [];
    return {
      status: report.status,
      partial: report.partial ?? null,
      code: report.code,
      detail:
        privateAddresses.length === 0
          ? report.detail
          : `The registry is in a private network (${privateAddresses.join(', ')}). Confirm that this connection may go there.`,
      retryAt: report.retryAtMs === undefined ? null : new Date(report.retryAtMs).toISOString(),
      privateAddresses: [...privateAddresses],
    };
  } finally {
    await client.close();
  }
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
  if (input.auth === undefined || keepsClient(before, input)) requireSamePlace(before, input);
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

/** A saved credential goes on being used only where it was given for: same registry, same API, no less protected. */
function requireSamePlace(before: ConnectionRecord, input: ConnectionChange): void {
  const hasSecret =
    before.authKind !== 'anonymous' || before.repositoryCredentials.length > 0 || before.tlsClientKey !== null;
  if (!hasSecret) return;
  const moved =
    parseRegistryUrl(input.url, input.kind).client !== parseRegistryUrl(before.url, before.kind).client ||
    input.apiUrl !== before.apiUrl ||
    input.kind !== before.kind ||
    (input.tls.insecureHttp && !before.insecureHttp) ||
    (input.tls.ca !== undefined && input.tls.ca !== before.tlsCa);
  if (moved) throw new Fault('invalid-input', 'the address changed: enter the credential again', { place: 'auth' });
}

const keepsClient = (before: ConnectionRecord, { tls }: ConnectionChange): boolean =>
  before.tlsClientKey !== null && tls.clientCertificate === undefined;

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

/** What the saved connection has for these repositories, where it may go on being used. */
function keptFor(pattern: string, before: ConnectionRecord | undefined, input: ConnectionChange) {
  const record = before?.repositoryCredentials.find((one) => one.pattern === pattern);
  if (before === undefined || record === undefined)
    throw new Fault('invalid-input', 'enter the credential of these repositories', { place: pattern.slice(0, 100) });
  requireSamePlace(before, input);
  return { id: before.id, record };
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

function targetOf(input: ConnectionChange, before: ConnectionRecord | undefined): ConnectionTarget {
  return {
    kind: input.kind,
    url: input.url.trim(),
    apiUrl: input.apiUrl,
    namespaces: input.namespaces,
    repositories: input.repositories,
    tlsCa: input.tls.ca === undefined ? (before?.tlsCa ?? null) : input.tls.ca,
    insecureHttp: input.tls.insecureHttp,
    allowedAddresses: input.allowedAddresses,
  };
}

function checkInput(input: ConnectionChange, before: ConnectionRecord | undefined, caller: RegistryCaller): void {
  const refuse = (message: string, place: string) =>
    new Fault('invalid-input', message, { place: place.slice(0, 120) });
  const kind = kindOf(input.kind);
  for (const { auth } of [input, ...input.repositoryCredentials]) {
    if (auth !== undefined && !kind.auths.includes(auth.kind))
      throw refuse(`${kind.name} takes no credential of this kind`, 'auth');
    if (auth?.kind === 'machine') requireMachine(kind, targetOf(input, before), caller);
  }
  // It is kept in the clear: whoever entered a key there would not know where it went.
  if (input.tls.ca?.includes('PRIVATE KEY-----') === true)
    throw refuse('the text of the certificate authority holds a private key', 'tls.ca');
  const patterns = [
    ...input.repositories,
    ...input.excludeRepositories,
    ...input.repositoryCredentials.map(({ pattern }) => pattern),
  ];
  const wrong = patterns.find((name) => !isRepositoryName(name.replaceAll('*', 'x')));
  if (wrong !== undefined) throw refuse('this is no name of a repository', `repositories: ${wrong}`);
  if (new Set(input.repositoryCredentials.map(({ pattern }) => pattern)).size !== input.repositoryCredentials.length)
    throw refuse('a pattern stands twice', 'repositoryCredentials');
  if (input.tls.clientCertificate != null || (before !== undefined && keepsClient(before, input))) {
    const { client, hostname } = parseRegistryUrl(input.url, input.kind);
    // Without a scheme the client takes what this machine speaks: plain HTTP without a word, and without the certificate.
    if (client.startsWith('http:') || (isLoopbackHost(hostname) && !client.startsWith('https:')))
      throw refuse('a client certificate is shown over TLS only: write https', 'url');
    if (input.tls.insecureHttp)
      throw refuse('a client certificate is shown over TLS only: do not allow plain HTTP', 'insecureHttp');
  }
  const open = input.allowedAddresses.find((address) => !isPrivateAddress(address));
  if (open !== undefined) throw refuse('this address is not one of a private network', `allowedAddresses: ${open}`);
  if (input.apiUrl !== null) {
    const url = URL.parse(input.apiUrl);
    const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
    if (url === null || !/^https?:$/.test(url.protocol) || !isPlain)
      throw refuse('this is no address of an API: write https://host', 'apiUrl');
  }
}

/**
 * The machine's identity is its operator's: an administrator uses it where that was allowed, and with it nothing of the connection
 * that could lead its tokens elsewhere. The registry's host is judged where the identity is used.
 */
function requireMachine({ machine }: ConnectionKind, target: ConnectionTarget, caller: RegistryCaller): void {
  if (machine === undefined || caller.machine?.clouds.includes(machine) !== true)
    throw new Fault('invalid-input', "the identity of the console's machine may not be used", {
      place: 'auth',
      hint: `The operator of the console allows it with HULLCHECK_MACHINE_IDENTITY=${machine ?? 'aws'}.`,
    });
  if (target.apiUrl !== null || target.insecureHttp || target.tlsCa !== null)
    throw new Fault(
      'invalid-input',
      "the identity of the console's machine is used with the cloud's own address and certificate only",
      {
        place: 'auth',
      },
    );
}

function throwDuplicate(error: unknown, name: string): never {
  if (isDuplicate(error)) throw new Fault('conflict', 'another connection has this name', { place: name });
  throw error;
}
