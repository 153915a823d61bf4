import { createHash } from 'node:crypto';
import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import type { createRegistryClient, RegistryClient } from '@hullcheck/registry';
import { expect, it } from 'vitest';
import { registryLookMs, registryRetryMs } from '../limits.ts';
import { createBell } from './bell.ts';
import { createTestClock, type TestClock } from './clock.testing.ts';
import { followEvents } from './follow-events.ts';
import { waitForNext } from './pace.ts';
import { createRegistryInventory, type RegistryScope } from './registry-inventory.ts';

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
  const looks: string[] = [];
  const bytesOf = (digest: string) => blobs.get(digest) ?? new Uint8Array(0);
  /** Days on which tags were pushed, by name; null: nothing says it. */
  const dates: { ofTags: ReadonlyMap<string, number> | null; asked: number } = { ofTags: null, asked: 0 };
  const client: Pick<
    RegistryClient,
    'origin' | 'listRepositories' | 'listTags' | 'listTagDates' | 'headManifest' | 'getManifest' | 'openBlob' | 'close'
  > = {
    origin: 'https://registry.test',
    async *listRepositories() {
      for (const name of new Set([...tags.keys()].map((tag) => tag.split(':')[0] ?? ''))) yield { name };
    },
    listTagDates() {
      const { ofTags } = dates;
      if (ofTags === null) return null;
      dates.asked += 1;
      return (async function* () {
        for (const [name, pushedAtMs] of ofTags) yield { name, pushedAtMs, isOrdered: false };
      })();
    },
    async *listTags(repository) {
      looks.push(repository);
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
  const opened: Parameters<typeof createRegistryClient>[0][] = [];
  const createClient = ((options: Parameters<typeof createRegistryClient>[0]) => {
    opened.push(options);
    return client;
  }) as unknown as typeof createRegistryClient;
  return { tags, broken, dates, fetched, looks, opened, manifestOf, createClient };
}

const inventoryOf = (
  registry: ReturnType<typeof startRegistry>,
  repositories: readonly string[],
  clock: TestClock,
  more: Partial<RegistryScope> = {},
) =>
  createRegistryInventory(
    {
      registry: 'registry.test',
      vendor: 'generic',
      namespaces: [],
      tokenServers: [],
      repositories,
      excludeRepositories: [],
      tags: { include: [], exclude: [] },
      tagsMax: 10,
      platform: { os: 'linux', architecture: 'amd64', variant: null },
      allowPlainHttp: false,
      ...more,
    },
    async () => null,
    registry.createClient,
    clock,
  );

it('asks for a manifest once, and forgets one that no tag names any more also where the look failed afterwards', async () => {
  const registry = startRegistry();
  const { tags, broken, fetched, manifestOf } = registry;
  const clock = createTestClock();
  const inventory = inventoryOf(registry, ['a', 'z'], clock);
  const look = async () => {
    await clock.pass(registryLookMs);
    return inventory.images(AbortSignal.timeout(5_000));
  };
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

it('is looked at once in its time however often a report goes out, and sooner after a look that failed', async () => {
  const registry = startRegistry();
  const clock = createTestClock();
  const inventory = inventoryOf(registry, ['a'], clock);
  const report = () => inventory.images(AbortSignal.timeout(5_000));
  registry.tags.set('a:1', 'one');
  for (let at = 0; at < 100; at += 1) {
    await clock.pass(5_000);
    expect(await report()).toHaveLength(1);
  }
  expect(registry.looks).toHaveLength(1);
  await clock.pass(registryLookMs);
  registry.broken.add('a');
  await expect(report()).rejects.toMatchObject({ code: 'unreachable' });
  await clock.pass(registryRetryMs - 1);
  registry.broken.clear();
  await expect(report()).rejects.toMatchObject({ code: 'unreachable' });
  expect(registry.looks).toHaveLength(2);
  await clock.pass(1);
  expect(await report()).toHaveLength(1);
});

it('gives what passes its filters, by the API of its kind and with the token servers that were named', async () => {
  const registry = startRegistry();
  const clock = createTestClock();
  const scope = {
    vendor: 'harbor',
    namespaces: ['team'],
    tokenServers: ['https://sso.example.net'],
    excludeRepositories: ['team/old*'],
    tags: { include: ['v*'], exclude: ['*-rc'] },
  };
  for (const name of ['team/app:v1', 'team/app:v2-rc', 'team/app:main', 'team/old-app:v1', 'other/app:v1'])
    registry.tags.set(name, name);
  for (const repositories of [['team/*'], ['team/app', 'team/old-app']]) {
    const images = await inventoryOf(registry, repositories, clock, scope).images(AbortSignal.timeout(5_000));
    expect(images.flatMap(({ tags }) => tags)).toEqual(['registry.test/team/app:v1']);
  }
  expect(registry.opened[0]).toMatchObject({
    vendor: 'harbor',
    namespaces: ['team'],
    trustedRealms: ['https://sso.example.net'],
  });
});

it('gives the tags that were pushed last where the kind of registry says it, and asks for that once an hour or when tags change', async () => {
  const registry = startRegistry();
  const clock = createTestClock();
  const inventory = inventoryOf(registry, ['a'], clock, { tagsMax: 1 });
  const look = async () => {
    await clock.pass(registryLookMs);
    return (await inventory.images(AbortSignal.timeout(5_000))).flatMap(({ tags }) => tags);
  };
  registry.tags.set('a:9', 'nine');
  registry.tags.set('a:fresh', 'fresh');
  expect(await look()).toEqual(['registry.test/a:9']);
  registry.tags.set('a:8', 'eight');
  registry.dates.ofTags = new Map([
    ['9', 1],
    ['fresh', 2],
  ]);
  for (let at = 0; at < 4; at += 1) expect(await look()).toEqual(['registry.test/a:fresh']);
  expect(registry.dates.asked).toBe(1);
  registry.dates.ofTags = new Map([['9', 3]]);
  expect(await look()).toEqual(['registry.test/a:9']);
  registry.dates.ofTags = new Map([['new', 4]]);
  registry.tags.set('a:new', 'new');
  expect(await look()).toEqual(['registry.test/a:new']);
  expect(registry.dates.asked).toBe(3);
});

it('is looked at four times an hour by an agent that reports at its own pace', async () => {
  const registry = startRegistry();
  const chances = [0.1, 0.9, 0.4, 0.7];
  let drawn = 0;
  const clock = createTestClock(() => chances[drawn++ % chances.length] ?? 0);
  const client = inventoryOf(registry, ['a'], clock);
  const news = createBell(clock);
  const stop = new AbortController();
  const following = followEvents({ client }, news.ring, stop.signal, clock);
  const reporting = (async () => {
    while (!stop.signal.aborted) {
      news.silence();
      await client.images(stop.signal);
      await waitForNext(900_000, news, clock, stop.signal);
    }
  })();
  await clock.pass(24 * 3_600_000);
  stop.abort();
  await Promise.all([following, reporting]);
  expect(registry.looks.length).toBeGreaterThan(90);
  expect(registry.looks.length).toBeLessThanOrEqual(97);
});
