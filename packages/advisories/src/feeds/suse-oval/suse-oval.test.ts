import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { itemsOf, linesOf } from '../test-items.ts';
import { suseOval } from './index.ts';

// Four of SUSE's definitions, from vunnel's tests (Apache-2.0): https://github.com/anchore/vunnel
const name = 'suse.linux.enterprise.server.15.xml';
const text = readFileSync(path.join(import.meta.dirname, 'testdata', name), 'utf8');

test('a flaw is filed under each service pack with its fix; what is not affected is not named', async () => {
  const lines = linesOf(await itemsOf(suseOval, { [name]: text }));
  expect(lines).toEqual([
    'skipped oval:org.opensuse.security:def:19990524: names no package of a release that is known (CVE-1999-0524)',
    'CVE-2021-29154',
    'sles:15 binary kernel-default important aarch64|ppc64le|s390x|x86_64 ..0:4.12.14-150.72.1',
    'sles:15.1 binary kernel-default important aarch64|ppc64le|s390x|x86_64 ..0:4.12.14-197.89.2',
    'CVE-2010-1323',
    ...'krb5 krb5-32bit krb5-client krb5-devel krb5-plugin-preauth-otp krb5-plugin-preauth-pkinit krb5-plugin-kdb-ldap krb5-server'
      .split(' ')
      .map((one) => `sles:15 binary ${one} moderate ..0:1.15.2-4.25`),
    'skipped oval:org.opensuse.security:def:202634073: names no package of a release that is known (CVE-2026-34073)',
    'dated 2021-07-16T05:18:42Z',
  ]);
});

test.each([
  ['sles-release', '15.6', 'sles:15.6'],
  ['sle-module-basesystem-release', '15.6', 'sles:15.6'],
  ['openSUSE-release', '15.6', 'opensuse-leap:15.6'],
  ['Leap-release', '16.0', 'opensuse-leap:16.0'],
  ['openSUSE-release', '20240613', 'opensuse-tumbleweed:'],
  ['SUSE-Manager-Server-release', '4.3', undefined],
  ['ses-release', '7', undefined],
])('the package %s of version %s stands for %s', async (release, version, ecosystem) => {
  const changed = text
    .replaceAll('<name>sles-release</name>', `<name>${release}</name>`)
    .replaceAll('>15.1<', `>${version}<`)
    .replaceAll('<name>sles-ltss-release</name>', '<name>ses-release</name>');
  const kernels = linesOf(await itemsOf(suseOval, { [name]: changed })).filter((line) => line.includes('197.89.2'));
  expect(kernels.map((line) => line.split(' ')[0])).toEqual(ecosystem === undefined ? [] : [ecosystem]);
});
