import { expect, it } from 'vitest';
import { redHatProducts } from './red-hat-products.ts';

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
  ['ubi-9-baseos-rpms', []],
  ['rhel-9-for-x86_64-baseos-eus-rpms', []],
  [`rhel-9-for-${'x-eus-'.repeat(10_000)}`, []],
])('%s', (name, products) => {
  expect(redHatProducts([name])).toEqual(products);
});
