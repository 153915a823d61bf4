import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { Fault } from '@hullcheck/core';
import { RegistryFault } from './fault.ts';

/**
 * Which addresses may be connected to. Public ones always; each list adds CIDR ranges, or the names `loopback` and
 * `private` (RFC 1918, carrier-grade NAT, unique local). Link-local and cloud metadata addresses only by a range of their own.
 */
export interface EgressPolicy {
  /** For the host that the operator configured. */
  readonly registry: readonly string[];
  /** For hosts that the registry names: redirect targets, token servers on another host. */
  readonly elsewhere: readonly string[];
}

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

export type Resolve = (hostname: string) => Promise<readonly Address[]>;

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];
/** Metadata services outside link-local space: Alibaba, Oracle, Azure's host agent, EC2 over IPv6. */
const METADATA = ['100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32', 'fd00:ec2::254/128'];
/** IANA special-purpose registries, and transition prefixes that embed an IPv4 address which nobody checked. */
const SPECIAL = [
  ...METADATA,
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

const NOT_PUBLIC = blockList([...LOOPBACK, ...PRIVATE, ...SPECIAL]);
const GLOBAL_V6 = blockList(['2000::/3']);
const METADATA_LIST = blockList(METADATA);
const LOOPBACK_LIST = blockList(LOOPBACK);
const PRIVATE_LIST = blockList([...LOOPBACK, ...PRIVATE]);

export type AddressRule = (address: string) => boolean;

/** Compiles one list of a policy into a rule. Throws `invalid-input` for what is neither a name nor a CIDR range. */
export function addressRule(allowed: readonly string[]): AddressRule {
  const named = blockList(
    allowed.flatMap((entry) => (entry === 'loopback' ? LOOPBACK : entry === 'private' ? PRIVATE : [])),
  );
  const ranges = blockList(allowed.filter((entry) => entry !== 'loopback' && entry !== 'private'));
  return (address) => {
    const plain = unmapped(address);
    if (isPublic(plain) || contains(ranges, plain)) return true;
    return contains(named, plain) && !contains(METADATA_LIST, plain);
  };
}

/** Whether the URL's host is this machine, by name or number. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = bareHost(hostname);
  return (
    bare === 'localhost' || bare.endsWith('.localhost') || (isIP(bare) !== 0 && contains(LOOPBACK_LIST, unmapped(bare)))
  );
}

/**
 * Whether the address is of this machine or a private network, so that a person may open it for one connection. Link-local ones and
 * those of metadata services are not: they belong to the machine's own cloud account.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const plain = unmapped(address);
  return contains(PRIVATE_LIST, plain) && !contains(METADATA_LIST, plain);
}

/** The addresses of the host that a policy without exceptions refuses and a person could open; none where it does not resolve. */
export async function findPrivateAddresses(
  hostname: string,
  resolve: Resolve = systemResolve,
): Promise<readonly string[]> {
  const bare = bareHost(hostname);
  if (isIP(bare) !== 0) return isPrivateAddress(bare) ? [bare] : [];
  const addresses = await resolve(bare).catch(() => []);
  return addresses.map(({ address }) => address).filter(isPrivateAddress);
}

/** All addresses of the host, each allowed by the rule; the caller connects to these and asks no name server again. */
export async function resolveAllowed(
  hostname: string,
  rule: AddressRule,
  resolve: Resolve,
): Promise<readonly Address[]> {
  const bare = bareHost(hostname);
  const family = isIP(bare);
  const addresses = family === 0 ? await resolve(bare) : [{ address: bare, family: family === 6 ? 6 : 4 } as const];
  const refused = addresses.find(({ address }) => !rule(address));
  if (refused !== undefined) throw addressFault(hostname, refused.address);
  return addresses;
}

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

function addressFault(hostname: string, address: string): Fault {
  return new RegistryFault('address-refused', 'ADDRESS_REFUSED', `the egress policy refuses the address ${address}`, {
    place: hostname,
    hint: 'If it is meant to be reached, name its network in HULLCHECK_ALLOW_NETWORK, as 10.20.0.0/16.',
  });
}

function isPublic(address: string): boolean {
  return isIPv6(address)
    ? contains(GLOBAL_V6, address) && !contains(NOT_PUBLIC, address)
    : !contains(NOT_PUBLIC, address);
}

/**
 * `::ffff:127.0.0.1` in any spelling as `127.0.0.1`: one address, one rule. DNS64's `64:ff9b::` too (RFC 6052), whose gateway
 * connects to the IPv4 address in it; networks of IPv6 alone reach all the rest of the world so.
 */
function unmapped(address: string): string {
  if (!isIPv6(address)) return address;
  const canonical = URL.parse(`http://[${address.replace(/%.*$/, '')}]/`)?.hostname.slice(1, -1) ?? address;
  const match = /^(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return canonical;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    const family = isIP(network);
    const prefix = Number(bits ?? (family === 6 ? 128 : 32));
    if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) {
      throw new Fault('invalid-input', 'not a network range', { place: range });
    }
    list.addSubnet(network, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
