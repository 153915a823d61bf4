import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentImage } from '@hullcheck/contract';
import type { Digest, LayerReport } from '@hullcheck/core';
import { readArchive } from '@hullcheck/scanner';
import {
  type ConsoleClient,
  digestOf,
  listedContainer,
  listedImage,
  type PlayedAgent,
  playAgent,
  writePlainImage,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';

describe('a pod whose registry is not connected', { timeout: 240_000 }, () => {
  let running: TestConsole;
  let client: ConsoleClient;

  beforeAll(async () => {
    running = await startTestConsole('pods-by-digest');
    ({ client } = running);
  });
  afterAll(() => running?.stop());

  /** As a kubelet names it: `registry/repository@digest`, and nothing else. */
  function podImage(name: string, digest: Digest, platform: string | null): AgentImage {
    return {
      ...listedImage(digest, `registry.internal.test:5000/shop/${name}:1`),
      key: `kubernetes/${digest}${platform === null ? '' : `@${platform}`}`,
      runtime: 'kubernetes',
      idKind: 'unknown',
      configDigest: null,
      repoDigests: [`registry.internal.test:5000/shop/${name}@${digest}`],
      platform,
    };
  }
  const podOf = (name: string, imageKey: string) =>
    listedContainer(`${name}-pod`, {
      runtime: 'kubernetes',
      imageKey,
      pod: { namespace: 'shop', name, uid: randomUUID(), owner: null, node: 'node-1' },
    });

  async function makeImage(name: string) {
    const path = join(running.folder, `${name}.tar`);
    writePlainImage(path, `shop/${name}`, {
      'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n',
      'lib/apk/db/installed': `P:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\nP:${name}\nV:1-r0\nA:x86_64\no:${name}\n\n`,
    });
    return await readArchive(path, { signal: AbortSignal.timeout(60_000) });
  }

  async function untilWanted(agent: PlayedAgent) {
    for (let tries = 0; tries < 100; tries += 1, await sleep(500)) {
      const [wanted] = (await agent.report()).want;
      if (wanted !== undefined) return wanted;
    }
    throw new Error(`${agent.name} was not asked`);
  }

  const imageOfPod = async (name: string) => {
    const { items } = await client.call('containers.list', { query: { limit: 500 } });
    return items.find(({ id }) => id === `${name}-pod`)?.image?.id ?? '';
  };

  it.each([
    ['before its node', 'index', 'first'],
    ['after its node', 'index', 'second'],
    ['before its node, by a manifest', 'manifest', 'first'],
    ['after its node, by a manifest', 'manifest', 'second'],
    ['before a node of CRI-O, which names it no better', 'unknown', 'first'],
    ['after a node of CRI-O, which names it no better', 'unknown', 'second'],
  ] as const)('and that is reported %s has what the agent of the node read', async (_, kind, order) => {
    const name = `app-${kind}-${order}`;
    const read = await makeImage(name);
    const [config] = [read.facts.id].filter((id) => id !== null);
    if (config === undefined) throw new Error('no configuration');
    const digest = digestOf(`${kind} of ${name}`) as Digest;
    const pod = podImage(name, digest, 'linux/amd64');
    const collector = await playAgent(client, `cluster-${name}`, {
      images: [pod],
      containers: [podOf(name, pod.key)],
    });
    const node = await playAgent(client, `node-${name}`, {
      images: [
        {
          ...listedImage(config, `registry.internal.test:5000/shop/${name}:1`),
          manifestDigests:
            kind === 'manifest' ? [digest] : kind === 'index' ? [digestOf(`own of ${name}`) as Digest] : [],
          indexDigests: kind === 'index' ? [digest] : [],
          repoDigests: [`registry.internal.test:5000/shop/${name}@${digest}`],
        },
      ],
    });
    const cluster = { agent: { version: '1', mode: 'cluster' as const } };
    if (order === 'first') {
      await collector.report(cluster);
      const reasonOf = async () =>
        (await client.call('images.get', { params: { id: await imageOfPod(name) } })).assessment.reason;
      await expect.poll(reasonOf, { timeout: 60_000, interval: 500 }).toContain('Not readable');
    }
    await node.answer(await untilWanted(node), read.facts, layersOf(read));
    // What did not change is not reported again.
    if (order === 'second') await collector.report(cluster);
    const image = await client.settled(await imageOfPod(name));
    expect(image).toMatchObject({ packages: 2, assessment: { readBy: `node-${name}` } });
    // Two hosts of one image, and no other image of that name.
    const { items } = await client.call('images.list', { query: { limit: 10, repository: `shop/${name}` } });
    expect(items.map(({ id, hosts }) => [id, hosts])).toEqual([[image.id, 2]]);
    // The thousandth report says the same, and nothing is written or made.
    await collector.report(cluster);
    expect(await imageOfPod(name)).toBe(image.id);
  });

  it('has what a node says later that it is, though the node knew its image before', async () => {
    const index = digestOf('index of late') as Digest;
    const pod = podImage('late', index, 'linux/amd64');
    const own = listedImage(digestOf('config of late') as Digest, 'shop/late:1');
    const images = [{ ...own, platform: null }];
    const node = await playAgent(client, 'node-late', {
      containers: [listedContainer('own-late-pod', { imageKey: own.key })],
    });
    const collector = await playAgent(client, 'cluster-late', { images: [pod], containers: [podOf('late', pod.key)] });
    await node.report({ images });
    await collector.report();
    const before = await imageOfPod('late');
    expect(before).not.toBe(await imageOfPod('own-late'));
    await node.report({ images: [{ ...own, repoDigests: pod.repoDigests }] });
    expect(await imageOfPod('late')).toBe(await imageOfPod('own-late'));
    // Its address of before leads there.
    expect((await client.call('images.get', { params: { id: before } })).id).toBe(await imageOfPod('late'));
  });

  it('has no image of another platform, and none by a guess', async () => {
    const index = digestOf('index of mixed') as Digest;
    const images = [
      podImage('mixed', index, 'linux/arm64'),
      podImage('mixed', index, 'linux/amd64'),
      podImage('mixed', index, null),
    ];
    const node = await playAgent(client, 'node-mixed', {
      images: [
        {
          ...listedImage(digestOf('config of mixed') as Digest, 'shop/mixed:1'),
          indexDigests: [index],
          platform: 'linux/arm64/v8',
        },
      ],
      containers: [listedContainer('own-mixed-pod', { imageKey: `docker/${digestOf('config of mixed')}` })],
    });
    const collector = await playAgent(client, 'cluster-mixed', {
      images,
      containers: images.map(({ key }, at) => podOf(`mixed-${at}`, key)),
    });
    await node.report();
    await collector.report();
    const [arm, amd, unknown] = await Promise.all([0, 1, 2].map((at) => imageOfPod(`mixed-${at}`)));
    // A node says `arm64` where the image's configuration says `arm64/v8`.
    expect(arm).toBe(await imageOfPod('own-mixed'));
    expect(new Set([arm, amd, unknown]).size).toBe(3);
  });
});

const layersOf = ({ reports }: Awaited<ReturnType<typeof readArchive>>) =>
  reports.filter((report): report is LayerReport => report !== null);
