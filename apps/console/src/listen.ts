import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Fault } from '@hullcheck/core';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly isLoopback: boolean;
}

/** `host:port`, `[::1]:8480`, `localhost:8480`; port 0 lets the system choose. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new Fault('invalid-input', 'the address to listen at is host:port', { place: text.slice(0, 100) });
  }
  return {
    host,
    port,
    isLoopback: host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.')),
  };
}

/** The names that a certificate for this address has to hold: the host itself, or all addresses where it listens at all. */
export function hostsOf(address: ListenAddress, publicUrl: string | undefined, hostname: string): readonly string[] {
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  const own = everywhere
    ? Object.values(networkInterfaces()).flatMap((list) =>
        (list ?? []).filter(({ scopeid }) => !scopeid).map((entry) => entry.address),
      )
    : [address.host];
  const named = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, '$1')];
  const machine = /^[a-z0-9.-]{1,253}$/i.test(hostname) ? [hostname] : [];
  return [...new Set(['localhost', '127.0.0.1', ...machine, ...named, ...own])];
}

/** The address that people and agents of this machine use. */
export function urlOf(address: ListenAddress, port: number, tls: boolean): string {
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  const host = everywhere ? '127.0.0.1' : isIP(address.host) === 6 ? `[${address.host}]` : address.host;
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}
