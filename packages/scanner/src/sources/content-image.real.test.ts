import type { Digest } from '@hullcheck/core';
import type { ContentStore } from '@hullcheck/runtimes';
import { describe, expect, it } from 'vitest';
import { readImage } from '../reading/read-image.ts';
import { openContentImage } from './content-image.ts';
import { configOf, descriptorOf, digestOf, indexOf, layers, manifestOf, manifestType } from './testdata/build-image.ts';

const signal = new AbortController().signal;
const config = configOf();
const manifest = manifestOf(config, layers);
const absent = manifestOf(config, layers, { annotations: { for: 'another platform' } });
const index = indexOf([
  descriptorOf(absent, manifestType, { platform: { os: 'linux', architecture: 'riscv64' } }),
  descriptorOf(manifest, manifestType, { platform: { os: 'linux', architecture: 'amd64' } }),
]);

function storeOf(blobs: readonly Buffer[], lies: Partial<Record<string, Buffer>> = {}): ContentStore {
  const find = (digest: string) => lies[digest] ?? blobs.find((blob) => digestOf(blob) === digest);
  return {
    findSize: async (digest) => find(digest)?.length,
    open: async (digest) =>
      (async function* () {
        const blob = find(digest);
        if (blob !== undefined) yield blob;
      })(),
  };
}

const open = (store: ContentStore, target: Digest = digestOf(index)) =>
  openContentImage(store, {
    target,
    name: 'docker.io/team/app:1',
    tags: ['docker.io/team/app:1'],
    source: 'containerd',
    signal,
  });

describe('an image in a content store', () => {
  it('is read from there by the platform that is here, and known by all its digests', async () => {
    const image = await open(storeOf([index, manifest, config, ...layers]));
    expect(image.facts).toMatchObject({
      id: digestOf(config),
      source: 'containerd',
      tags: ['docker.io/team/app:1'],
      digests: [
        { kind: 'config', digest: digestOf(config) },
        { kind: 'index', digest: digestOf(index) },
        { kind: 'manifest', digest: digestOf(manifest) },
      ],
    });
    const { inventory } = await readImage({ image, signal });
    expect(inventory.packages.map(({ name }) => name)).toEqual(['musl']);
  });

  it('is partial without one of its layers', async () => {
    const { inventory } = await readImage({
      image: await open(storeOf([index, manifest, config, ...layers.slice(1)])),
      signal,
    });
    expect(inventory.problems).toContainEqual(expect.objectContaining({ code: 'layer-missing' }));
  });

  it.each([
    ['its layers', [index, manifest, config], 'all layers'],
    ['its configuration', [index, manifest, ...layers], 'the configuration'],
    ['its manifest', [manifest, config, ...layers], 'the manifest'],
  ])('without %s is a Fault that says so and what to do', async (_, blobs, words) => {
    await expect(open(storeOf(blobs))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(words),
      hint: expect.stringContaining('registry'),
    });
  });

  it('whose documents are not what their digests say is a Fault', async () => {
    const forged = Buffer.alloc(config.length, 0x20);
    await expect(
      open(storeOf([index, manifest, config, ...layers], { [digestOf(config)]: forged })),
    ).rejects.toMatchObject({ code: 'digest-mismatch' });
    const other = indexOf([]);
    await expect(
      open(storeOf([index, manifest, config, ...layers], { [digestOf(index)]: other })),
    ).rejects.toMatchObject({ code: 'digest-mismatch' });
  });
});
