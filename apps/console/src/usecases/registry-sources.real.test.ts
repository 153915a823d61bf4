import { setTimeout as sleep } from 'node:timers/promises';
import { parseDigest } from '@hullcheck/core';
import {
  type ConsoleClient,
  listedImage,
  playAgent,
  type ScriptedServer,
  startScriptedServer,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { agentReportLimits } from './limits.ts';
import { createPlayedRegistry } from './played-registry.testing.ts';

describe('the registries that an image is read from', { timeout: 180_000 }, () => {
  /** The first of the two by name, so that it is asked first. */
  const registries = [createPlayedRegistry(), createPlayedRegistry()] as const;
  const [first, second] = registries;
  let servers: readonly ScriptedServer[];
  let running: TestConsole;
  let client: ConsoleClient;

  beforeAll(async () => {
    const started = [];
    for (const at of [1, 2]) {
      started.push(
        await startScriptedServer(
          (request, response) => registries[at - 1]?.answer(request.method ?? '', request.url ?? '', response),
          `127.0.0.${at}`,
        ),
      );
    }
    servers = started;
    running = await startTestConsole('sources');
    ({ client } = running);
  });
  afterAll(async () => {
    await running?.stop();
    for (const server of servers ?? []) await server.stop();
  });

  const connect = async (at: number, repository: string): Promise<string> => {
    const url = servers[at]?.origin ?? '';
    const body = { kind: 'generic' as const, name: `registry ${at}`, url, repositories: [repository] };
    const { id } = await client.call('connections.create', { body });
    return id;
  };
  const imageOf = async (repository: string) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const [row] = (await client.call('images.list', { query: { limit: 1, repository } })).items;
      if (row !== undefined) return await client.call('images.get', { params: { id: row.id } });
      await sleep(100);
    }
    throw new Error(`no image of ${repository}`);
  };
  const waiting = async (repository: string) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const { assessment } = await imageOf(repository);
      if (assessment.activity === 'queued' && assessment.reason !== null) return assessment.reason;
      await sleep(100);
    }
    throw new Error(`nothing waits: ${JSON.stringify((await imageOf(repository)).assessment)}`);
  };
  const layersAsked = (at: number) => servers[at]?.seen.filter(({ path }) => path.includes('/blobs/')) ?? [];
  const held = (image: ReturnType<typeof first.image>, ...repoDigests: readonly string[]) => {
    const config = parseDigest(image.configDigest);
    if (config === undefined) throw new Error('no digest');
    return {
      ...listedImage(config, 'unused'),
      manifestDigests: [image.digest as typeof config],
      repoTags: [],
      repoDigests: [...repoDigests],
    };
  };

  it('are waited for while they limit requests, asked once for all images, and read when that is over', async () => {
    first.state.layers = (response) => response.writeHead(429, { 'retry-after': '25' }).end();
    const image = first.image('limited');
    first.tag('limited/app', '1', image);
    const id = await connect(0, 'limited/*');
    expect(await waiting('limited/app')).toMatch(/limits requests.* tried again at 20.* UTC\.$/);
    const agent = await playAgent(client, 'holder', {
      images: [held(image, `${servers[0]?.host}/limited/app@${image.digest}`)],
    });
    // The console will have it soon: no host is troubled, neither to read nor to ask whether it is to read.
    const untroubled = { want: [], nextReportSeconds: agentReportLimits.nextReportSeconds };
    expect(await agent.report()).toMatchObject(untroubled);
    const from = layersAsked(0).length;
    first.tag('limited/other', '1', first.image('limited too'));
    await client.call('connections.sync', { params: { id } });
    expect(await waiting('limited/other')).toContain('limits requests');
    const blobs = layersAsked(0).slice(from);
    // Its configuration, by the reading of the connection.
    expect(blobs.map(({ path }) => path)).toHaveLength(1);
    expect(await agent.report()).toMatchObject(untroubled);
    first.state.layers = undefined;
    for (const repository of ['limited/app', 'limited/other']) {
      const settled = await client.settled((await imageOf(repository)).id);
      expect(settled.assessment).toMatchObject({ state: 'not-assessable', readBy: 'console' });
    }
    const { items } = await client.call('jobs.list', { query: { limit: 100 } });
    expect(items.filter(({ kind }) => kind === 'assess-image').map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  it('are asked one after another, where the first one has other bytes than it says', async () => {
    await connect(1, 'nothing/here');
    const image = second.image('told');
    // The first registry has the same manifest, and lies about the layer.
    for (const registry of registries) registry.copy(second);
    first.state.layers = (response) => response.writeHead(200).end('no layer of this image');
    for (const registry of registries) registry.tag('told/app', '1', image);
    const from = layersAsked(0).length;
    const agent = await playAgent(client, 'teller', {
      images: [held(image, ...servers.map(({ host }) => `${host}/told/app@${image.digest}`))],
    });
    await agent.report({ agent: { version: '1', mode: 'inventory' } });
    const { assessment } = await client.settled((await imageOf('told/app')).id);
    expect(assessment).toMatchObject({ state: 'not-assessable', readBy: 'console' });
    expect(layersAsked(0).length).toBeGreaterThan(from);
  });

  it('fail the assessment with what is wrong with the bytes where nobody has others', async () => {
    const image = first.image('lie');
    first.tag('lie/app', '1', image);
    const agent = await playAgent(client, 'liar', {
      images: [held(image, `${servers[0]?.host}/lie/app@${image.digest}`)],
    });
    await agent.report({ agent: { version: '1', mode: 'inventory' } });
    const { assessment } = await client.settled((await imageOf('lie/app')).id);
    expect(assessment).toMatchObject({ state: 'failed', reason: expect.stringContaining('bytes stated') });
  });
});
