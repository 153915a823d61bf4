import { Fault } from '@hullcheck/core';
import { isLoopbackHost } from './egress.ts';
import { networkCode, RegistryFault } from './fault.ts';
import { canonicalHost, dockerHub } from './reference.ts';

/** Where a registry's API is. `either`: TLS is tried, then plain HTTP, as Docker does for registries on this machine. */
export interface Endpoint {
  readonly url: URL;
  readonly scheme: 'fixed' | 'either';
}

const HUB_ORIGIN = 'https://registry-1.docker.io';

/**
 * Reads `host[:port]` or a URL as an operator types it. Plain HTTP only on this machine or where it is allowed explicitly.
 * User names and passwords in a URL are refused, not used and not repeated.
 */
export function parseEndpoint(text: string, allowPlainHttp: boolean): Endpoint {
  const trimmed = text.trim();
  const hasScheme = /^https?:\/\//i.test(trimmed);
  const url = URL.parse(hasScheme ? trimmed : `https://${trimmed}`);
  if (url === null || (!hasScheme && /:\/\//.test(trimmed))) {
    throw new Fault('invalid-input', 'not the address of a registry', {
      hint: 'Write host, host:port or https://host.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('invalid-input', 'the address of a registry holds no user name', {
      place: url.host,
      hint: 'Give user name and password in their own fields.',
    });
  }
  if (!/^\/(?:v2\/?)?$/.test(url.pathname) || url.search !== '') {
    throw new Fault('invalid-input', 'the address of a registry has no path', { place: url.host });
  }
  if (canonicalHost(url.host) === dockerHub) return { url: new URL(HUB_ORIGIN), scheme: 'fixed' };
  const mayBePlain = allowPlainHttp || isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !mayBePlain) throw plainHttpRefused(url);
  return { url: new URL(url.origin), scheme: hasScheme || !mayBePlain ? 'fixed' : 'either' };
}

/** Whether the fault means "no TLS spoken here", so that plain HTTP is worth a try where it is allowed. */
export function speaksNoTls(fault: unknown): boolean {
  const code = networkCode(fault);
  return code !== undefined && (/^ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST)/.test(code) || BROKEN.has(code));
}

const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'UND_ERR_SOCKET', 'EPROTO']);

function plainHttpRefused(url: URL): Fault {
  return new RegistryFault(
    'invalid-input',
    'PLAIN_HTTP_REFUSED',
    'plain HTTP is refused for a registry on another machine',
    {
      place: url.host,
      hint: 'Allow plain HTTP for this registry explicitly if nobody else can listen on the way.',
    },
  );
}
