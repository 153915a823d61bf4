import { isIP } from 'node:net';
import { Fault } from '@hullcheck/core';

/** The console's address as it was given. Plain HTTP only on this machine: the agent's key goes along. */
export function parseServer(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Fault('invalid-input', 'not the address of a console', { place: text.slice(0, 200) });
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('invalid-input', 'the address of a console holds no user name', { place: url.host });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isLocal = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (url.protocol === 'http:' && !isLocal) {
    throw new Fault('invalid-input', 'a console on another machine is reached over https', { place: url.host });
  }
  return new URL(url.origin);
}

/** The audience of tokens that are made for this console: for the address that they are sent to, and no other console's. */
export function audienceOf(server: URL): string {
  return `hullcheck:${server.origin}`;
}

/** A fingerprint in any usual spelling (`sha256:…`, with colons, upper case) as 64 hex digits. */
export function parsePin(text: string): string {
  const hex = text
    .trim()
    .replace(/^sha-?256[:/]/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new Fault('invalid-input', 'not the SHA-256 fingerprint of a certificate');
  return hex;
}
