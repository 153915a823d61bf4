import { createHash } from 'node:crypto';
import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import type { createRegistryClient, RegistryClient } from '@hullcheck/registry';
import { expect, it } from 'vitest';
import { createRegistryInventory } from './registry-inventory.ts';

const OCI = 'application/vnd.oci.image';

function digestOf(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('not a digest');
  return digest;
}

/** A registry whose tags are `<repository>:<tag>` → name of an image; that of a repository in `broken` can't be asked. */
function startRegistry() {
  const blobs = new Map<string, Uint8Array>();
  const put = (value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.byteLength };
  };
  const manifestOf = (name: string) => {
    const rootfs = { type: 'layers', diff_ids: [] };
    const config = put({ os: 'linux', architecture: 'amd64', config: { Labels: { name } }, rootfs });
    const media = { mediaType: `${OCI}.manifest.v1+json`, config: { ...config, mediaType: `${OCI}.config.v1+json` } };
    return put({ schemaVersion: 2, ...media, layers: [] }).digest;
  };
  const tags = new Map<string, string>();
  const broken = new Set<string>();
  const fetched: string[] = [];
  const bytesOf = (digest: string) => blobs.get(digest) ?? new Uint8Array(0);
  const client: Pick<RegistryClient, 'origin' | 'listTags' | 'headManifest' | 'getManifest' | 'openBlob' | 'close'> = {
    origin: 'https://registry.test',
    async *listTags(repository) {
      if (broken.has(repository)) throw new Fault('unreachable', 'away');
      for (const name of tags.keys()) if (name.startsWith(`${repository}:`)) yield name.split(':')[1] ?? '';
    },
    headManifest: async (repository, tag) => ({
      digest: manifestOf(tags.get(`${repository}:${tag}`) ?? ''),
      mediaType: `${OCI}.manifest.v1+json`,
      sizeBytes: null,
    }),
    async getManifest(_, reference) {
      fetched.push(reference);
      const bytes = bytesOf(reference);
      return { bytes, digest: digestOf(bytes), mediaType: `${OCI}.manifest.v1+json` };
    },
    openBlob: async (_, digest) =>
      (async function* () {
        yield bytesOf(digest);
      })(),
    close: async () => undefined,
  };
  // Of the whole client an inventory of named repositories calls these alone; another call fails the test.
  const createClient = (() => client) as unknown as typeof createRegistryClient;
  return { tags, broken, fetched, manifestOf, createClient };
}

it('asks for a manifest once, and forgets one that no tag names any more also where the look failed afterwards', async () => {
  const registry = startRegistry();
  const { tags, broken, fetched, manifestOf } = registry;
  const inventory = createRegistryInventory(
    {
      registry: 'registry.test',
      repositories: ['a', 'z'],
      tagsMax: 10,
      platform: { os: 'linux', architecture: 'amd64', variant: null },
      allowPlainHttp: false,
    },
    async () => null,
    registry.createClient,
  );
  const look = () => inventory.images(AbortSignal.timeout(5_000));
  tags.set('a:1', 'one');
  tags.set('z:1', 'other');
  expect(await look()).toHaveLength(2);
  expect(await look()).toHaveLength(2);
  expect(fetched).toEqual([manifestOf('one'), manifestOf('other')]);
  broken.add('z');
  tags.set('a:1', 'two');
  await expect(look()).rejects.toMatchObject({ code: 'unreachable' });
  tags.set('a:1', 'one');
  await expect(look()).rejects.toMatchObject({ code: 'unreachable' });
  expect(fetched.slice(2)).toEqual([manifestOf('two'), manifestOf('one')]);
});
