import { expect, it } from 'vitest';
import { isOneOf, redHatProducts } from './red-hat-products.ts';

// The first ones with the CPEs that Red Hat's own guide quotes from repository-to-cpe.json:
// https://redhatproductsecurity.github.io/security-data-guidelines/
it.each([
  ['rhel-9-for-aarch64-baseos-rpms', []], // cpe:/o:redhat:enterprise_linux:9::baseos
  ['rhel-9-for-aarch64-appstream-rpms', []], // cpe:/a:redhat:enterprise_linux:9::appstream
  ['rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2', ['rhel_eus:9.2']], // cpe:/a:redhat:rhel_eus:9.2::appstream
  ['rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2', ['rhel_eus:9.2']], // cpe:/o:redhat:rhel_eus:9.2::baseos
  ['rhel-9-for-x86_64-baseos-eus-source-rpms__9_DOT_2', ['rhel_eus:9.2']],
  ['rhel-8-for-x86_64-baseos-e4s-rpms__8_DOT_8', ['rhel_e4s:8.8']],
  ['rhel-8-for-x86_64-appstream-eus-long-life-rpms__8_DOT_4', ['rhel_eus_long_life:8.4']],
  ['rhel-10-for-s390x-baseos-eus-rpms__10_DOT_0', ['enterprise_linux_eus:10.0']],
  ['rhocp-4.16-for-rhel-9-x86_64-rpms', ['openshift:4', 'openshift:4.16']],
  ['rhel-7-server-ose-4.6-rpms', ['openshift:4', 'openshift:4.6']],
  ['rhel-7-server-els-rpms', ['rhel_els:7']],
  // These with what the file itself has for them, of 2025-02-12.
  ['codeready-builder-for-rhel-8-aarch64-eus-debug-rpms__8_DOT_1', ['rhel_eus:8.1']],
  ['rhel-8-for-x86_64-highavailability-tus-rpms__8_DOT_4', ['rhel_tus:8.4']],
  ['rhel-8-for-x86_64-sap-solutions-e4s-rpms__8_DOT_6', ['rhel_e4s:8.6']],
  ['rhel-7-server-eus-rpms__7_DOT_6__x86_64', ['rhel_eus:7.6']],
  ['rhel-7-server-aus-optional-debug-rpms__7_DOT_2__x86_64', ['rhel_aus:7.2']],
  ['rhel-7-for-power-le-eus-optional-rpms__7_DOT_1__ppc64le', ['rhel_eus:7.1']],
  ['rhel-ha-for-rhel-7-server-for-power-le-eus-debug-rpms__7_DOT_4__ppc64le', ['rhel_eus:7.4']],
  ['rhel-hpc-node-6-eus-sfs-debug-rpms__6_DOT_2__x86_64', ['rhel_eus:6.2']],
  ['rhel-6-for-system-z-eus-optional-debug-rpms__6_DOT_1__s390x', ['rhel_eus:6.1']],
  ['rhel-7-server-els-optional-source-rpms__x86_64', ['rhel_els:7']],
  ['rhel-6-for-system-z-extended-els-rpms__s390x', ['rhel_els:6']],
  ['rhel-6-server-retired-els-optional-rpms', ['rhel_els:6']],
  ['rhel-4-as-els-rpms__i386', ['rhel_els:4']],
  ['rhel-sap-hana-for-rhel-7-server-eus-rpms__7_DOT_2__x86_64', []], // cpe:/a:redhat:rhel_extras_sap_hana_eus:7.2
  ['dirsrv-11-for-rhel-8-x86_64-eus-debug-rpms__8_DOT_4', []], // cpe:/a:redhat:directory_server_eus:11.3::el8
  ['openjdk-11-els-for-rhel-8-x86_64-rpms', []], // cpe:/a:redhat:openjdk_els:11::el8
  ['rhel-7-for-system-z-openjdk-11-els-rpms', []],
  ['rhel-7-server-openstack-13-eus-rpms', []],
  ['ubi-9-baseos-rpms', []],
  ['rhel-9-for-x86_64-baseos-eus-rpms', ['rhel_eus:9.*']],
  ['rhel-8-for-x86_64-appstream-e4s-source-rpms', ['rhel_e4s:8.*', 'rhel_eus:8.*']],
  ['rhel-6-server-aus-optional-debug-rpms', ['rhel_aus:6.*', 'rhel_eus:6.*']],
  ['rhel-10-for-x86_64-baseos-eus-rpms', ['enterprise_linux_eus:10.*']],
  [`rhel-9-for-${'x-eus-'.repeat(10_000)}`, []],
])('%s', (name, products) => {
  expect(redHatProducts([name])).toEqual(products);
});

it.each([
  ['rhel_eus:9.4', true],
  ['rhel_eus:9.10', true],
  ['rhel_eus:8.4', false],
  ['rhel_e4s:9.4', false],
  ['rhel_eus:9', false],
  ['openshift:4.16', false],
])('the streams of a release at once have %s: %s', (product, expected) => {
  expect(isOneOf(new Set(['rhel_eus:9.*']), product)).toBe(expected);
});
