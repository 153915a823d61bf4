import { expect, it } from 'vitest';
import type { ImageFacts } from '../image.ts';
import type { Package } from '../package.ts';
import { vendorProductKey, vendorProductKeys } from './vendor-products.ts';

it.each([
  ['pkg:oci/fleet?repository_url=index.docker.io/rancher/fleet', 'oci:docker.io/rancher/fleet'],
  ['pkg:oci/fleet@sha256%3Aabc?repository_url=registry.suse.com/rancher', 'oci:registry.suse.com/rancher/fleet'],
  ['pkg:docker/rancher/fleet?repository_url=https://registry.suse.com/', 'oci:registry.suse.com/rancher/fleet'],
  ['pkg:golang/github.com/rancher/rancher@v2.9.0', 'golang:github.com/rancher/rancher'],
  ['pkg:oci/redis', undefined],
  ['pkg:docker/dhi/redis', undefined],
  ['pkg:deb/debian/libc6', undefined],
  ['redis:8', undefined],
])('%s has the key %s', (name, key) => {
  expect(vendorProductKey(name)).toBe(key);
});

const image = (more: Partial<ImageFacts>): ImageFacts => ({
  name: 'dhi.io/redis:8',
  id: null,
  source: 'registry',
  digests: [],
  tags: [],
  platform: null,
  created: null,
  size: null,
  layers: [],
  ...more,
});

it('an image is what a registry served it as, whatever tags say', () => {
  expect(vendorProductKeys(image({}), [])).toEqual(['oci:dhi.io/redis']);
  expect(vendorProductKeys(image({ source: 'docker-archive', tags: ['dhi.io/redis:8'] }), [])).toEqual([]);
  expect(vendorProductKeys(image({ source: 'docker', tags: ['dhi.io/redis:8'] }), [])).toEqual([]);
  const digest = { kind: 'manifest', digest: `sha256:${'a'.repeat(64)}`, repository: 'dhi.io/redis' };
  expect(vendorProductKeys(image({ source: 'docker', digests: [digest as never] }), [])).toEqual(['oci:dhi.io/redis']);
});

it('Go programs are asked for by their module, each once', () => {
  const module = { type: 'golang', purl: 'pkg:golang/github.com/rancher/rancher@v2' } as Package;
  const library = { type: 'npm', purl: 'pkg:npm/a@1' } as Package;
  expect(vendorProductKeys(image({ source: 'dir' }), [module, module, library])).toEqual([
    'golang:github.com/rancher/rancher',
  ]);
});
