import { expect, it } from 'vitest';
import { addressRule, findPrivateAddresses, isLoopbackHost, isPrivateAddress, resolveAllowed } from './egress.ts';

const publicOnly = addressRule([]);

it.each([
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '255.255.255.255',
  '224.0.0.1',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::1',
  '64:ff9b:1::808:808',
  '2002:7f00:1::',
])('refuses %s unless somebody allowed it', (address) => {
  expect(publicOnly(address)).toBe(false);
});

// The last is 8.8.8.8 as DNS64 gives it in networks of IPv6 alone.
it.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])('lets %s pass', (address) => {
  expect(publicOnly(address)).toBe(true);
});

it('opens named networks without the metadata services inside them', () => {
  const rule = addressRule(['private', 'loopback']);
  expect(['10.0.0.1', '127.0.0.1', '::1', 'fd12::1'].map(rule)).toEqual([true, true, true, true]);
  expect(['169.254.169.254', '100.100.100.200', 'fd00:ec2::254'].map(rule)).toEqual([false, false, false]);
});

it('opens a range to exactly its addresses', () => {
  const rule = addressRule(['10.20.0.0/16', '169.254.1.0/24']);
  expect(['10.20.3.4', '10.21.0.1', '169.254.1.9', '169.254.169.254'].map(rule)).toEqual([true, false, true, false]);
  expect(() => addressRule(['10.0.0.0/33'])).toThrow('not a network range');
  expect(() => addressRule(['everything'])).toThrow('not a network range');
});

it('judges every address of a name, so that one private address among public ones is not reached', async () => {
  const resolve = async () => [
    { address: '8.8.8.8', family: 4 as const },
    { address: '127.0.0.1', family: 4 as const },
  ];
  await expect(resolveAllowed('rebind.example', publicOnly, resolve)).rejects.toMatchObject({
    code: 'address-refused',
  });
});

it.each([
  'http://0x7f000001/',
  'http://127.1/',
  'http://2130706433/',
  'http://localhost./',
  'http://[::ffff:127.0.0.1]/',
])('knows %s as this machine', (url) => {
  expect(isLoopbackHost(new URL(url).hostname)).toBe(true);
});

it.each([
  ['10.1.2.3', true],
  ['127.0.0.1', true],
  ['::ffff:192.168.1.1', true],
  ['fd12::1', true],
  ['8.8.8.8', false],
  ['169.254.169.254', false],
  ['100.100.100.200', false],
  ['fd00:ec2::254', false],
  ['fe80::1', false],
  ['0.0.0.0', false],
  ['example', false],
])('a person may open %s for one connection: %s', (address, expected) =>
  expect(isPrivateAddress(address)).toBe(expected),
);

it('names the private addresses of a host, and none for one that does not resolve', async () => {
  const resolve = async () => [{ address: '10.0.0.5', family: 4 } as const, { address: '8.8.8.8', family: 4 } as const];
  expect(await findPrivateAddresses('registry.corp', resolve)).toEqual(['10.0.0.5']);
  expect(await findPrivateAddresses('registry.corp', () => Promise.reject(new Error('ENOTFOUND')))).toEqual([]);
});
