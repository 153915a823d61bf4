import { isIP } from 'node:net';
import { Fault } from '@hullcheck/core';
import {
  type Credentials,
  canonicalHost,
  createRegistryClient,
  isLoopbackHost,
  type ProxyChoice,
  type RegistryClient,
} from '@hullcheck/registry';
import type { Envelope } from '../auth/envelope.ts';
import type { ConnectionRecord } from '../store/connections.ts';
import { assessLimits } from './limits.ts';

/** Where the credential of a connection is sealed for. */
export const credentialPlace = (id: string) => ({ table: 'connection', row: id, column: 'credential' });

/** Who asks a registry, through which proxy of the operator, and where a registry may send it besides public addresses. */
export interface RegistryCaller {
  readonly version: string;
  /** CIDR ranges, `private` or `loopback`. */
  readonly allowedNetworks?: readonly string[] | undefined;
  readonly proxy?: ProxyChoice | undefined;
}

const calledBy = ({ version, proxy }: RegistryCaller) => ({
  userAgent: `hullcheck/${version}`,
  ...(proxy === undefined ? {} : { proxy }),
});

export interface ConnectionTarget {
  readonly kind: 'generic' | 'docker-hub';
  readonly url: string;
  readonly repositories: readonly string[];
  readonly tlsCa: string | null;
  readonly insecureHttp: boolean;
}

/**
 * A client for what an administrator configured: its own host may lie in a private network. Hosts that it names (a token
 * server, a store of blobs) may only where the operator named their network.
 */
export function openTarget(
  target: ConnectionTarget,
  credentials: Credentials | null,
  caller: RegistryCaller,
): RegistryClient {
  const address = parseRegistryUrl(target.url, target.kind);
  const allowed = caller.allowedNetworks ?? [];
  return createRegistryClient({
    registry: address.client,
    vendor: target.kind,
    credentials,
    namespaces:
      target.kind === 'docker-hub' ? [...new Set(target.repositories.flatMap((name) => name.split('/')[0] ?? []))] : [],
    allowPlainHttp: target.insecureHttp || isLoopbackHost(address.hostname),
    egress: { registry: ['loopback', 'private', ...allowed], elsewhere: allowed },
    ...calledBy(caller),
    ...(target.tlsCa === null ? {} : { tls: { ca: target.tlsCa } }),
  });
}

/** The client of a saved connection. Its credential exists in the clear only in this client's memory. */
export function openConnection(
  connection: ConnectionRecord,
  envelope: Envelope,
  caller: RegistryCaller,
): RegistryClient {
  return openTarget(connection, credentialsOf(connection, envelope), caller);
}

function credentialsOf(connection: ConnectionRecord, envelope: Envelope): Credentials | null {
  if (connection.authKind === 'anonymous' || connection.credential === null) return null;
  const secret = envelope.unseal(connection.credential, credentialPlace(connection.id));
  return connection.authKind === 'basic'
    ? { kind: 'basic', username: connection.username ?? '', password: secret }
    : { kind: 'bearer', token: secret };
}

/** The address as people write it; credentials in it are refused, because it is shown and logged. */
export function parseRegistryUrl(
  text: string,
  kind: string,
): { readonly client: string; readonly registry: string; readonly hostname: string } {
  if (kind === 'docker-hub') return { client: 'docker.io', registry: 'docker.io', hostname: 'docker.io' };
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  const refuse = (message: string) => new Fault('invalid-input', message, { place: 'url' });
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.host === '')
    throw refuse('this is no address of a registry: write https://host[:port]');
  if (url.username !== '' || url.password !== '')
    throw refuse('credentials do not belong in the address: enter them as user name and password');
  if (url.search !== '' || url.hash !== '') throw refuse('the address of a registry has no query');
  const registry = canonicalHost(url.host);
  // A scheme that was written is meant; one that was not is found out by the client on this machine only.
  const client = registry === 'docker.io' ? 'docker.io' : /^https?:\/\//i.test(trimmed) ? url.origin : url.host;
  return { client, registry, hostname: url.hostname };
}

/** Registries that nobody configured, read without credentials, on public addresses only. */
export interface PublicRegistries {
  /** Undefined: offline, no public name, or lately out of reach. */
  open(registry: string): RegistryClient | undefined;
  /** Remembers that it could not be reached: a host without a network is not made to wait for every image. */
  markUnreachable(registry: string): void;
}

export function createPublicRegistries(
  options: RegistryCaller & { readonly offline: boolean; readonly now: () => number },
): PublicRegistries {
  const notBefore = new Map<string, number>();
  return {
    open: (registry) => {
      const hostname = registry.replace(/:\d+$/, '');
      if (options.offline || (notBefore.get(registry) ?? 0) > options.now()) return undefined;
      // `localhost/app` is podman's name for what was built here; an address or a bare word is nobody's public registry.
      if (isLoopbackHost(hostname) || isIP(hostname) !== 0 || !hostname.includes('.')) return undefined;
      return createRegistryClient({
        registry,
        egress: { registry: [], elsewhere: [] },
        ...calledBy(options),
      });
    },
    markUnreachable: (registry) => void notBefore.set(registry, options.now() + assessLimits.unreachableMs),
  };
}
