import type { AgentReading } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { createRegistryClient } from '@hullcheck/registry';
import {
  containerdAvailable,
  corpusArchive,
  dockerdAvailable,
  dockerRegistryAvailable,
  startContainerd,
  startDockerd,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentApi } from '../report/console.ts';
import { createRegistryInventory } from '../report/registry-inventory.ts';
import { openRuntimeDirectory } from '../report/runtimes.ts';
import { openSocketHalf } from '../socket/half.ts';
import { type HeldImage, readWanted } from './read-wanted.ts';

/** Two layers: the packages of the first are taken away by the second. */
const archive = corpusArchive('alpine-3.18-del');
const signal = () => AbortSignal.timeout(120_000);

/** What the agent asks and sends while it reads the image for a console that knows these layers. */
async function readFor(image: HeldImage, known: readonly string[]) {
  const layers: string[] = [];
  const readings: AgentReading[] = [];
  const failed: unknown[] = [];
  const call = async (id: string, { body }: { body: { diffIds: readonly string[]; diffId: string } }) => {
    if (id === 'agent.layersKnown') return { known: body.diffIds.filter((diffId) => known.includes(diffId)) };
    if (id === 'agent.layer') layers.push(body.diffId);
    if (id === 'agent.reading') readings.push(body as unknown as AgentReading);
    if (id === 'agent.readingFailed') failed.push(body);
    return undefined;
  };
  await readWanted(
    { imageKey: `runtime/${image.id}`, attempt: 'try' },
    { api: { call } as unknown as AgentApi, find: () => image, log: () => undefined, signal: signal() },
  );
  expect(failed).toEqual([]);
  const [reading] = readings;
  const listed = reading?.layers.filter(({ empty }) => !empty) ?? [];
  expect(listed).toHaveLength(2);
  expect(reading?.problems).toEqual([]);
  return {
    layers,
    diffIds: listed.map(({ diffId }) => diffId as Digest),
    digests: listed.map(({ digest }) => digest as Digest),
  };
}

async function runtimeOf(environment: Record<string, string>) {
  const half = await openSocketHalf({ environment, uid: 0, labels: [], peer: null });
  onTestFinished(() => half.close());
  const directory = openRuntimeDirectory(half.controlPath);
  onTestFinished(() => directory.close());
  await directory.look(signal());
  return directory.readable();
}

describe.skipIf(archive === undefined)('layers that the console knows', { timeout: 240_000 }, () => {
  it.skipIf(!dockerdAvailable)('are not sent again where Docker exports the whole image', async () => {
    const engine = await startDockerd();
    onTestFinished(() => engine.stop());
    await engine.load(archive ?? '');
    const [one] = await runtimeOf({ DOCKER_HOST: `unix://${engine.socketPath}` });
    const [listed] = (await one?.client.images(signal())) ?? [];
    if (one === undefined || listed === undefined) throw new Error('no image');
    const image = { client: one.client, id: listed.id, kind: 'docker' };
    const all = await readFor(image, []);
    expect(all.layers).toEqual(all.diffIds);
    const [base, top] = all.diffIds;
    expect((await readFor(image, [base ?? ''])).layers).toEqual([top]);
    expect((await readFor(image, all.diffIds)).layers).toEqual([]);
  });

  it.skipIf(!containerdAvailable)('are not opened in the content store', async () => {
    const engine = await startContainerd();
    onTestFinished(() => engine.stop());
    await engine.load('default', archive ?? '');
    const found = (await runtimeOf({ CONTAINERD_ADDRESS: engine.socketPath })).find(
      ({ runtime, client }) => runtime.namespace === 'default' && client.imagesBy === 'content',
    );
    if (found?.client.imagesBy !== 'content') throw new Error('no containerd');
    const { client } = found;
    const [listed] = await client.images(signal());
    const opened: Digest[] = [];
    const content = {
      ...client.content,
      open: (digest: Digest, opening: AbortSignal) => {
        opened.push(digest);
        return client.content.open(digest, opening);
      },
    };
    const image = { client: { ...client, content }, id: listed?.id ?? '', kind: 'containerd' };
    const all = await readFor(image, []);
    expect(all.layers).toEqual(all.diffIds);
    const blobsOf = (digests: readonly Digest[]) => digests.filter((digest) => all.digests.includes(digest));
    expect(blobsOf(opened)).toEqual(all.digests);
    const [base] = all.diffIds;
    opened.length = 0;
    expect((await readFor(image, [base ?? ''])).layers).toEqual(all.diffIds.slice(1));
    expect(blobsOf(opened)).toEqual(all.digests.slice(1));
    opened.length = 0;
    expect((await readFor(image, all.diffIds)).layers).toEqual([]);
    expect(blobsOf(opened)).toEqual([]);
  });

  it.skipIf(!dockerRegistryAvailable)('are not fetched from the registry of a collector', async () => {
    const registry = await startDockerRegistry();
    onTestFinished(() => registry.stop());
    await registry.push(`docker-archive:${archive}`, 'team/app:1');
    const fetched: string[] = [];
    const scope = {
      registry: registry.host,
      vendor: 'generic',
      namespaces: [],
      tokenServers: [],
      repositories: ['team/app'],
      excludeRepositories: [],
      tags: { include: [], exclude: [] },
      tagsMax: 1,
      platform: { os: 'linux', architecture: 'amd64', variant: null },
      allowPlainHttp: true,
    };
    const client = createRegistryInventory(
      scope,
      async () => null,
      (options) => {
        const real = createRegistryClient(options);
        const openBlob: typeof real.openBlob = (repository, digest, ...more) => {
          fetched.push(digest);
          return real.openBlob(repository, digest, ...more);
        };
        return Object.assign(Object.create(real), { openBlob });
      },
    );
    const [listed] = await client.images(signal());
    const image = { client, id: listed?.id ?? '', kind: 'registry' };
    const all = await readFor(image, []);
    expect(all.layers).toEqual(all.diffIds);
    const blobsOf = (digests: readonly string[]) => digests.filter((digest) => all.digests.includes(digest as Digest));
    expect(blobsOf(fetched)).toEqual(all.digests);
    const [base] = all.diffIds;
    fetched.length = 0;
    expect((await readFor(image, [base ?? ''])).layers).toEqual(all.diffIds.slice(1));
    expect(blobsOf(fetched)).toEqual(all.digests.slice(1));
    fetched.length = 0;
    expect((await readFor(image, all.diffIds)).layers).toEqual([]);
    expect(blobsOf(fetched)).toEqual([]);
  });
});
