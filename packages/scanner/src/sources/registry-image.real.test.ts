import type { Digest } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { readImage } from '../reading/read-image.ts';
import { type ImageRegistry, openRegistryImage } from './registry-image.ts';
import {
  configOf,
  descriptorOf,
  digestOf,
  indexOf,
  indexType,
  layers,
  manifestOf,
  manifestType,
} from './testdata/build-image.ts';

const signal = new AbortController().signal;
const config = configOf();
const manifest = manifestOf(config, layers);
const index = indexOf([descriptorOf(manifest, manifestType, { platform: { os: 'linux', architecture: 'amd64' } })]);

/** A registry that answers from memory, by tag or digest, and says of each document what `lies` tells it to. */
function registryOf(
  documents: readonly (readonly [string, Buffer, string])[],
  lies: Partial<Record<string, Buffer>> = {},
): ImageRegistry {
  return {
    origin: 'https://registry.example:5000',
    async getManifest(_, reference) {
      const found = documents.find(([name, bytes]) => name === reference || digestOf(bytes) === reference);
      if (found === undefined) throw new Error(`no manifest ${reference}`);
      const bytes = lies[reference] ?? found[1];
      return { bytes, mediaType: found[2], digest: digestOf(bytes) };
    },
    async openBlob(_, digest: Digest) {
      const bytes = lies[digest] ?? [config, ...layers].find((blob) => digestOf(blob) === digest);
      return (async function* () {
        if (bytes !== undefined) yield bytes;
      })();
    },
  };
}

const documents = [
  ['1', index, indexType],
  ['plain', manifest, manifestType],
] as const;
const all = [...documents, ['amd64', manifest, manifestType]] as const;
const open = (client: ImageRegistry, reference = '1'): ReturnType<typeof openRegistryImage> =>
  openRegistryImage(client, {
    repository: 'team/app',
    reference,
    platform: { os: 'linux', architecture: 'amd64', variant: null },
    signal,
  });

describe('an image of a registry', () => {
  it('is known by all its digests, with the repository in which each was seen', async () => {
    const image = await open(registryOf(all));
    const repository = 'registry.example:5000/team/app';
    expect(image.facts).toMatchObject({
      name: `${repository}:1`,
      id: digestOf(config),
      tags: [`${repository}:1`],
      digests: [
        { kind: 'config', digest: digestOf(config), repository: null },
        { kind: 'index', digest: digestOf(index), repository },
        { kind: 'manifest', digest: digestOf(manifest), repository },
      ],
    });
    const { inventory } = await readImage({ image, signal });
    expect(inventory.packages.map(({ name }) => name)).toEqual(['musl']);
  });

  it('named by digest is that digest (regclient GHSA-qv35-3gw6-8q4j)', async () => {
    const pinned = digestOf(manifest);
    const { facts } = await open(registryOf(all), pinned);
    expect([facts.name, facts.tags]).toEqual([`registry.example:5000/team/app@${pinned}`, []]);
    const lying = registryOf(all, { [pinned]: manifestOf(config, layers, { annotations: { other: 'yes' } }) });
    await expect(open(lying, pinned)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it.each([
    [
      'a manifest that is not what its index promises',
      { [digestOf(manifest)]: manifestOf(config, layers, { x: 1 }) },
      '1',
      'size-mismatch',
    ],
    [
      'a configuration with other bytes',
      { [digestOf(config)]: Buffer.alloc(config.length, 0x20) },
      '1',
      'digest-mismatch',
    ],
    ['a configuration that is too long', { [digestOf(config)]: Buffer.concat([config, config]) }, '1', 'size-mismatch'],
    ['a configuration that is cut', { [digestOf(config)]: config.subarray(1) }, '1', 'truncated'],
  ])('%s is a Fault', async (_, lies, reference, code) => {
    await expect(open(registryOf(all, lies), reference)).rejects.toMatchObject({ code });
  });

  it('with a layer kept elsewhere is partial, and the address in it is not asked', async () => {
    const foreign = {
      layers: layers.map((tar, i) =>
        descriptorOf(
          tar,
          'application/vnd.oci.image.layer.v1.tar',
          i === 0 ? { urls: ['http://169.254.169.254/x'] } : {},
        ),
      ),
    };
    const image = await open(registryOf([['1', manifestOf(config, layers, foreign), manifestType]]));
    const reading = await readImage({ image, signal });
    expect(reading.reports.map((report) => report === null)).toEqual([true, false]);
    expect(reading.inventory.problems).toContainEqual(expect.objectContaining({ code: 'layer-missing' }));
  });
});
