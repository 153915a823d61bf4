import { expect, it } from 'vitest';
import { packageOf } from './package-of.ts';

it.each([
  ['pkg:deb/debian/libgnutls30@3.7.1-5%2Bdeb11u5?arch=amd64&distro=debian-11', 'libgnutls30 3.7.1-5+deb11u5'],
  ['pkg:npm/%40babel/core@7.0.0', '@babel/core 7.0.0'],
  ['pkg:golang/golang.org/x/net@v0.1.0', 'golang.org/x/net v0.1.0'],
  ['pkg:pypi/requests', 'requests'],
  ['no purl', 'no purl'],
])('%s is %s', (purl, text) => {
  expect(packageOf(purl)).toBe(text);
});
