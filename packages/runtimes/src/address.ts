import { Fault } from '@hullcheck/core';

/** Certificates for an engine over TCP, in PEM. */
export interface EngineTls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** Where an engine listens. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly url: URL; readonly tls: EngineTls | null };

/**
 * Reads an address as `DOCKER_HOST` has it: `unix:///run/docker.sock`, `tcp://host:2376`, `http://`, `https://`.
 * With `tls`, `tcp:` means TLS. `ssh:` and `npipe:` are `unsupported`.
 */
export function parseEngineAddress(text: string, tls: EngineTls | null = null): EngineAddress {
  const url = URL.parse(text);
  if (url === null)
    throw new Fault('invalid-input', 'not the address of a container engine', { place: text.slice(0, 200) });
  switch (url.protocol) {
    case 'unix:':
      if (!url.pathname.startsWith('/') || url.host !== '') break;
      return { kind: 'unix', path: decodePath(url.pathname) };
    case 'tcp:':
      refuseUserName(url);
      return { kind: 'tcp', url: new URL(`${tls === null ? 'http' : 'https'}://${url.host}`), tls };
    case 'http:':
    case 'https:':
      refuseUserName(url);
      return { kind: 'tcp', url: new URL(url.origin), tls };
    default:
      throw new Fault('unsupported', 'this way to an engine is not supported', {
        place: url.protocol,
        hint: 'Use a unix: or tcp: address.',
      });
  }
  throw new Fault('invalid-input', 'not the address of a container engine', { place: text.slice(0, 200) });
}

export function formatEngineAddress(address: EngineAddress): string {
  return address.kind === 'unix' ? `unix://${address.path}` : address.url.origin;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Fault('invalid-input', 'not the address of a container engine', { place: path.slice(0, 200), cause });
  }
}

function refuseUserName(url: URL): void {
  if (url.username === '' && url.password === '') return;
  throw new Fault('invalid-input', 'the address of an engine holds no user name', { place: url.host });
}
