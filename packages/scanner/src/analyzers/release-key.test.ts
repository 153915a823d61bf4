import type { OperatingSystem } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { distributionOf, distroQualifier } from './release-key.ts';

const system = (id: string, version: string, name = id, codename: string | null = null): OperatingSystem => ({
  id,
  version,
  name,
  idLike: [],
  codename,
});

it.each([
  [system('debian', '12.5'), '12', 'debian-12'],
  [system('debian', '', 'Debian GNU/Linux trixie/sid', 'trixie'), '13', 'debian-13'],
  [system('alpine', '3.20.2'), '3.20', 'alpine-3.20'],
  [system('ubuntu', '24.04'), '24.04', 'ubuntu-24.04'],
  [system('rhel', '9.4'), '9', 'rhel-9'],
  [system('centos', '7'), '7', 'centos-7'],
  [system('centos', '8', 'CentOS Linux 8 (Core)'), '8', 'centos-8'],
  [system('centos', '8', 'CentOS Stream 8'), '8-stream', 'centos-8-stream'],
  [system('centos', '9', 'CentOS Stream 9'), '9', 'centos-9'],
  [system('rocky', '9.0'), '9', 'rocky-9'],
  [system('almalinux', '8.10'), '8', 'almalinux-8'],
  [system('ol', '8.9'), '8', 'ol-8'],
  [system('fedora', '40'), '40', 'fedora-40'],
  [system('amzn', '2018.03'), '1', 'amzn-1'],
  [system('amzn', '2'), '2', 'amzn-2'],
  [system('amzn', '2023'), '2023', 'amzn-2023'],
  [system('sles', '15.6'), '15.6', 'sles-15.6'],
  [system('opensuse-leap', '15.6'), '15.6', 'opensuse-leap-15.6'],
  [system('opensuse-tumbleweed', '20240613'), '', 'opensuse-tumbleweed'],
  [system('mariner', '2.0'), '2.0', 'mariner-2.0'],
  [system('azurelinux', '3.0'), '3.0', 'azurelinux-3.0'],
  [system('photon', '5.0'), '5.0', 'photon-5.0'],
  [system('openeuler', '22.03', 'openEuler 22.03 (LTS-SP3)'), '22.03-LTS-SP3', 'openeuler-22.03-LTS-SP3'],
  [system('openeuler', '23.09', 'openEuler 23.09'), '23.09', 'openeuler-23.09'],
])('%o goes by the advisories of %s', (given, release, qualifier) => {
  const distribution = distributionOf(given);
  expect(distribution).toEqual({ id: given.id, release });
  expect(distroQualifier(distribution)).toBe(qualifier);
});

it('no operating system is no distribution', () => {
  expect(distributionOf(null)).toBeNull();
  expect(distroQualifier(null)).toBeNull();
});
