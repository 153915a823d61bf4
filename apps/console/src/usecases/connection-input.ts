import { type ConnectionChange, type ConnectionKind, kindOf } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { isLoopbackHost, isPrivateAddress, isRepositoryName } from '@hullcheck/registry';
import type { ConnectionRecord } from '../store/connections.ts';
import { type ConnectionTarget, parseRegistryUrl, type RegistryCaller } from './registry-access.ts';

/** What is saved and not given anew goes on being used only where it was given for. */
export function requireOwnPlace(before: ConnectionRecord, input: ConnectionChange): void {
  if (input.auth === undefined || keepsClient(before, input)) requireSamePlace(before, input);
  if (input.auth === undefined && before.authKind !== 'anonymous') requireSameRealms(before, input);
}

/** Same registry, same API, no less protected. */
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

/** The token servers that were confirmed when it was given. A client certificate is shown to none. */
function requireSameRealms(before: ConnectionRecord, input: ConnectionChange): void {
  if (input.trustedRealms.every((realm) => before.trustedRealms.includes(realm))) return;
  throw new Fault('invalid-input', 'another token server is allowed: enter the credential again', { place: 'auth' });
}

const keepsClient = (before: ConnectionRecord, { tls }: ConnectionChange): boolean =>
  before.tlsClientKey !== null && tls.clientCertificate === undefined;

/** What the saved connection has for these repositories, where it may go on being used. */
export function keptFor(pattern: string, before: ConnectionRecord | undefined, input: ConnectionChange) {
  const record = before?.repositoryCredentials.find((one) => one.pattern === pattern);
  if (before === undefined || record === undefined)
    throw new Fault('invalid-input', 'enter the credential of these repositories', { place: pattern.slice(0, 100) });
  requireSamePlace(before, input);
  if (record.authKind !== 'anonymous') requireSameRealms(before, input);
  return { id: before.id, record };
}

/** Where the registry is, as it was entered; what was left as it is saved. */
export function targetOf(input: ConnectionChange, before: ConnectionRecord | undefined): ConnectionTarget {
  return {
    kind: input.kind,
    url: input.url.trim(),
    apiUrl: input.apiUrl,
    namespaces: input.namespaces,
    repositories: input.repositories,
    tlsCa: input.tls.ca === undefined ? (before?.tlsCa ?? null) : input.tls.ca,
    insecureHttp: input.tls.insecureHttp,
    allowedAddresses: input.allowedAddresses,
    trustedRealms: input.trustedRealms,
  };
}

/** Throws `invalid-input` with the field that is wrong. */
export function checkInput(
  input: ConnectionChange,
  before: ConnectionRecord | undefined,
  caller: RegistryCaller,
): void {
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
  const wrongRealm = input.trustedRealms.find((realm) => URL.parse(realm)?.origin !== realm);
  if (wrongRealm !== undefined) throw refuse('a token server is https://host[:port]', `trustedRealms: ${wrongRealm}`);
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
  if (target.apiUrl !== null || target.trustedRealms.length > 0 || target.insecureHttp || target.tlsCa !== null)
    throw new Fault(
      'invalid-input',
      "the identity of the console's machine is used with the cloud's own address and certificate only",
      {
        place: 'auth',
      },
    );
}
