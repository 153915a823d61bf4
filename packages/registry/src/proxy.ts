import { BlockList, isIP } from 'node:net';
import { Fault } from '@hullcheck/core';
import { isLoopbackHost } from './egress.ts';

/** Which proxy a URL is reached through; undefined: directly. */
export type ProxyChoice = (url: URL) => URL | undefined;

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (also in lower case) as other tools do: `NO_PROXY` names hosts,
 * domains with all that is below them, addresses, CIDR ranges, each with a port or without, or `*`. This machine is never proxied.
 */
export function parseProxySettings(environment: Readonly<Record<string, string | undefined>>): ProxyChoice {
  const read = (name: string) => environment[name] ?? environment[name.toLowerCase()];
  const [secure, plain] = ['HTTPS_PROXY', 'HTTP_PROXY'].map((name) =>
    parseProxy(name, read(name) ?? read('ALL_PROXY')),
  );
  const exceptions = (read('NO_PROXY') ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseException);
  return (url) => {
    if (isLoopbackHost(url.hostname) || exceptions.some((isException) => isException(url))) return undefined;
    return url.protocol === 'https:' ? secure : plain;
  };
}

function parseProxy(name: string, text: string | undefined): URL | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const url = URL.parse(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Fault('invalid-input', 'not the address of an HTTP proxy', { place: name });
  }
  try {
    for (const part of [url.username, url.password]) decodeURIComponent(part);
  } catch {
    // The address is not repeated, and no cause with it: it holds a password.
    throw new Fault('invalid-input', 'the user name or password of the proxy has a broken escape', { place: name });
  }
  return url;
}

function parseException(entry: string): (url: URL) => boolean {
  if (entry === '*') return () => true;
  const [, host = entry, port] =
    /^(.*?)(?::([0-9]{1,5}))?$/.exec(entry.includes('/') || isIP(entry) !== 0 ? '' : entry) ?? [];
  const name = (host === '' ? entry : host).toLowerCase();
  const range = toRange(name);
  const domain = name.replace(/^\*?\./, '');
  return (url) => {
    const target = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
    if (range !== undefined) return isIP(target) !== 0 && range.check(target, isIP(target) === 6 ? 'ipv6' : 'ipv4');
    return target === domain || target.endsWith(`.${domain}`);
  };
}

function toRange(text: string): BlockList | undefined {
  const [network = '', bits] = text.replace(/^\[(.*)\]$/, '$1').split('/');
  const family = isIP(network);
  const prefix = Number(bits ?? (family === 6 ? 128 : 32));
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) return undefined;
  const range = new BlockList();
  range.addSubnet(network, prefix, family === 6 ? 'ipv6' : 'ipv4');
  return range;
}
