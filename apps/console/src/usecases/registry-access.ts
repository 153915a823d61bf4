import { isIP } from 'node:net';
import { Fault } from '@hullcheck/core';
import {
  type ClientCertificate,
  type Credentials,
  canonicalHost,
  createRegistryClient,
  findPrivateAddresses,
  isLoopbackHost,
  isPrivateAddress,
  type MachineIdentity,
  type ProxyChoice,
  type RegistryClient,
  type RepositoryCredentials,
} from '@hullcheck/registry';
import type { Envelope } from '../auth/envelope.ts';
import type { ConnectionRecord } from '../store/connections.ts';
import { unsealClient, unsealCredentials, unsealRepositoryCredentials } from './connection-credentials.ts';

/** Who asks a registry, through which proxy of the operator, and where a registry may send it besides public addresses. */
export interface RegistryCaller {
  readonly version: string;
  /** CIDR ranges, `private` or `loopback`. */
  readonly allowedNetworks?: readonly string[] | undefined;
  readonly proxy?: ProxyChoice | undefined;
  /** The identity of this machine in its cloud, where the operator lets connections use it. */
  readonly machine?: MachineIdentity | undefined;
}

const calledBy = ({ version, proxy }: RegistryCaller) => ({
  userAgent: `hullcheck/${version}`,
  ...(proxy === undefined ? {} : { proxy }),
});

export type ConnectionTarget = Pick<
  ConnectionRecord,
  | 'kind'
  | 'url'
  | 'apiUrl'
  | 'namespaces'
  | 'repositories'
  | 'tlsCa'
  | 'insecureHttp'
  | 'allowedAddresses'
  | 'trustedRealms'
>;

export interface TargetCredentials {
  readonly all: Credentials | null;
  /** Shown to the registry's own origin alone. */
  readonly client: ClientCertificate | null;
  readonly repositories: readonly RepositoryCredentials[];
}

/**
 * A client for what an administrator configured. Of addresses that are not public it reaches those that the administrator wrote
 * (a number, this machine) or confirmed for this connection, exactly, and the networks that the operator named. Hosts that the
 * registry names (a store of blobs, a token server that nobody confirmed) reach those networks alone, and get no credential.
 */
export function openTarget(
  target: ConnectionTarget,
  credentials: TargetCredentials,
  caller: RegistryCaller,
): RegistryClient {
  const address = parseRegistryUrl(target.url, target.kind);
  const allowed = caller.allowedNetworks ?? [];
  return createRegistryClient({
    registry: address.client,
    vendor: target.kind,
    credentials: credentials.all,
    repositoryCredentials: credentials.repositories,
    namespaces: namespacesOf(target),
    allowPlainHttp: target.insecureHttp,
    trustedRealms: target.trustedRealms,
    egress: {
      registry: [
        ...[address.hostname, ...(target.apiUrl === null ? [] : [hostnameOf(target.apiUrl)])].flatMap(writtenAddress),
        ...target.allowedAddresses.filter(isPrivateAddress),
        ...allowed,
      ],
      elsewhere: allowed,
    },
    ...calledBy(caller),
    ...(caller.machine === undefined ? {} : { machine: caller.machine }),
    ...(target.apiUrl === null ? {} : { apiOrigin: target.apiUrl }),
    tls: {
      ...(target.tlsCa === null ? {} : { ca: target.tlsCa }),
      ...(credentials.client === null ? {} : { client: credentials.client }),
    },
  });
}

/** Docker Hub lists by namespace, and the repositories that are wanted name theirs. */
function namespacesOf({ kind, namespaces, repositories }: ConnectionTarget): readonly string[] {
  if (kind !== 'docker-hub' || namespaces.length > 0) return namespaces;
  return [...new Set(repositories.flatMap((name) => name.split('/')[0] ?? []))].filter((name) => !name.includes('*'));
}

/** Whoever writes a number means that address; whoever writes localhost means this machine. */
function writtenAddress(hostname: string): readonly string[] {
  if (isLoopbackHost(hostname)) return ['loopback'];
  const bare = bareHost(hostname);
  return isPrivateAddress(bare) ? [bare] : [];
}

const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const hostnameOf = (url: string): string => URL.parse(url)?.hostname ?? '';

/**
 * Of the hosts that the administrator wrote or confirmed, the addresses that only a confirmation lets this connection reach; none
 * where it was another host whose address was refused.
 */
export async function unconfirmedAddresses(target: ConnectionTarget, refusedHost: string): Promise<readonly string[]> {
  const hosts = [
    parseRegistryUrl(target.url, target.kind).hostname,
    ...[...(target.apiUrl === null ? [] : [target.apiUrl]), ...target.trustedRealms].map(hostnameOf),
  ];
  if (!hosts.map(bareHost).includes(bareHost(refusedHost))) return [];
  const found = await Promise.all(hosts.map((host) => findPrivateAddresses(host)));
  return [...new Set(found.flat())].filter((address) => !target.allowedAddresses.includes(address));
}

/** The client of a saved connection. Its credential exists in the clear only in this client's memory. */
export function openConnection(
  connection: ConnectionRecord,
  envelope: Envelope,
  caller: RegistryCaller,
): RegistryClient {
  const credentials = {
    all: unsealCredentials(connection, envelope),
    client: unsealClient(connection, envelope),
    repositories: unsealRepositoryCredentials(connection, envelope),
  };
  return openTarget(connection, credentials, caller);
}

/** The address as people write it; credentials in it are refused, because it is shown and logged. */
export function parseRegistryUrl(
  text: string,
  kind: string,
): { readonly client: string; readonly registry: string; readonly hostname: string } {
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  const refuse = (message: string) => new Fault('invalid-input', message, { place: 'url' });
  // Also of the one registry whose address nobody reads: what was written stands in the audit log.
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw refuse('credentials do not belong in the address: enter them as user name and password');
  if (url !== null && (url.search !== '' || url.hash !== '')) throw refuse('the address of a registry has no query');
  if (kind === 'docker-hub') return { client: 'docker.io', registry: 'docker.io', hostname: 'docker.io' };
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.host === '')
    throw refuse('this is no address of a registry: write https://host[:port]');
  const registry = canonicalHost(url.host);
  // A scheme that was written is meant; one that was not is found out by the client on this machine only.
  const client = registry === 'docker.io' ? 'docker.io' : /^https?:\/\//i.test(trimmed) ? url.origin : url.host;
  return { client, registry, hostname: url.hostname };
}

/** Registries that nobody configured, read without credentials, on public addresses only. */
export interface PublicRegistries {
  /** Undefined: offline, or no public name. */
  open(registry: string): RegistryClient | undefined;
}

export function createPublicRegistries(options: RegistryCaller & { readonly offline: boolean }): PublicRegistries {
  return {
    open: (registry) => {
      const hostname = registry.replace(/:\d+$/, '');
      if (options.offline) return undefined;
      // `localhost/app` is podman's name for what was built here; an address or a bare word is nobody's public registry.
      if (isLoopbackHost(hostname) || isIP(hostname) !== 0 || !hostname.includes('.')) return undefined;
      return createRegistryClient({
        registry,
        egress: { registry: [], elsewhere: [] },
        ...calledBy(options),
      });
    },
  };
}
