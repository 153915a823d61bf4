import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Containerd, containerdAvailable, corpusArchive, corpusLayout, startContainerd } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCriClient } from '../cri/client.ts';
import { findRuntimes } from '../find-runtimes.ts';
import { type GrpcChannel, openGrpcChannel } from '../grpc/channel.ts';
import { type ContainerdClient, createContainerdClient, listNamespaces } from './client.ts';

const archive = corpusArchive('alpine-3.20');
const layout = corpusLayout('multiarch');
const signal = () => AbortSignal.timeout(60_000);
const NAME = 'docker.io/corpus/alpine-3.20:latest';

describe.skipIf(!containerdAvailable || archive === undefined || layout === undefined)('a real containerd', () => {
  let engine: Containerd;
  let channel: GrpcChannel;
  let client: ContainerdClient;
  let folder: string;

  beforeAll(async () => {
    engine = await startContainerd();
    channel = openGrpcChannel(engine.socketPath);
    client = createContainerdClient(channel, 'default', undefined);
    folder = await mkdtemp(join(tmpdir(), 'hullcheck-multiarch-'));
    execFileSync('tar', ['-C', layout ?? '', '-cf', join(folder, 'multiarch.tar'), '.']);
    await engine.load('default', archive ?? '');
    await engine.ctr(
      'other',
      'images',
      'import',
      '--no-unpack',
      '--all-platforms',
      '--base-name',
      'registry.example/corpus/multiarch',
      join(folder, 'multiarch.tar'),
    );
  });
  afterAll(async () => {
    await channel?.close();
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('says its version and its namespaces', async () => {
    expect(await client.info(signal())).toMatchObject({
      kind: 'containerd',
      version: expect.stringMatching(/^v?\d+\./),
    });
    expect(await listNamespaces(channel, signal())).toEqual(['default', 'other']);
  });

  it('types the digests of an image of one platform: manifest and configuration', async () => {
    const [image, ...others] = await client.images(signal());
    expect(others).toEqual([]);
    const saved = JSON.parse(execFileSync('tar', ['-xOf', archive ?? '', 'manifest.json']).toString()) as [
      { Config: string },
    ];
    const config = `sha256:${/[0-9a-f]{64}/.exec(saved[0].Config)?.[0]}`;
    expect(image).toMatchObject({
      idKind: 'manifest',
      tags: [NAME],
      platform: { os: 'linux', architecture: 'amd64' },
      digests: [
        { kind: 'manifest', digest: image?.id, repository: null },
        { kind: 'config', digest: config, repository: null },
      ],
    });
    expect(image?.sizeBytes).toBeGreaterThan(1_000_000);
    expect(image?.createdAt).toMatch(/^20/);
  });

  it('types the digests of an index: index, the manifest of this platform, configuration', async () => {
    const other = createContainerdClient(channel, 'other', undefined);
    const index = JSON.parse(await readFile(join(layout ?? '', 'index.json'), 'utf8')) as {
      manifests: [{ digest: string }];
    };
    const image = (await other.images(signal())).find(({ id }) => id === index.manifests[0].digest);
    expect(image).toMatchObject({ idKind: 'index', platform: { os: 'linux', architecture: 'amd64' } });
    expect(image?.digests.map(({ kind }) => kind)).toEqual(['index', 'manifest', 'config']);
    expect(image?.manifests.length).toBeGreaterThan(1);
    expect(image?.manifests.every(({ available }) => available)).toBe(true);
  });

  it('knows an index of which only the index is left by that alone, and gives the rest when it is there', async () => {
    const other = createContainerdClient(channel, 'other', undefined);
    const [before] = await other.images(signal());
    const missing = before?.digests.find(({ kind }) => kind === 'config')?.digest ?? '';
    await engine.ctr('other', 'content', 'rm', missing);
    const fresh = createContainerdClient(channel, 'other', undefined);
    const [without] = await fresh.images(signal());
    expect(without?.platform).toBeNull();
    // The manifest was verified and names the configuration.
    expect(without?.digests.find(({ kind }) => kind === 'config')?.digest).toBe(missing);
    expect(await other.content.findSize(missing, signal())).toBeUndefined();
    const open = async () => {
      for await (const _ of await other.content.open(missing, signal())) break;
    };
    await expect(open()).rejects.toMatchObject({ code: 'not-found' });
    await engine.ctr(
      'other',
      'images',
      'import',
      '--no-unpack',
      '--all-platforms',
      '--base-name',
      'registry.example/corpus/multiarch',
      join(folder, 'multiarch.tar'),
    );
    const [healed] = await fresh.images(signal());
    expect(healed?.platform).toMatchObject({ architecture: 'amd64' });
  });

  it('lists containers as they come and go, with their pod where labels name one, and no environment', async () => {
    expect(await client.containers(signal())).toEqual([]);
    const flags = ['--snapshotter', 'native', '--env', 'PASSWORD=CANARY-env'];
    await engine.ctr(
      'default',
      'containers',
      'create',
      ...flags,
      '--label',
      'io.kubernetes.pod.name=web-1',
      '--label',
      'io.kubernetes.pod.namespace=shop',
      '--label',
      'io.kubernetes.pod.uid=u-1',
      '--label',
      'nerdctl/networks=["host"]',
      NAME,
      'created-one',
      'CANARY-argument',
    );
    const [image] = await client.images(signal());
    const [container] = await client.containers(signal());
    expect(container).toMatchObject({
      id: 'created-one',
      name: 'created-one',
      state: 'created',
      imageReference: NAME,
      imageId: image?.id,
      pod: { name: 'web-1', namespace: 'shop', uid: 'u-1' },
    });
    expect(Date.parse(container?.createdAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(JSON.stringify(container)).not.toContain('CANARY');
    expect(await client.inspectContainer('created-one', signal())).toEqual({
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      networkMode: 'host',
    });
    await engine.ctr('default', 'containers', 'rm', 'created-one');
    expect(await client.containers(signal())).toEqual([]);
  });

  it('tells of changes as they happen, in its own namespace only, and ends when asked', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { kind, action } of client.events(0, stop.signal)) {
        seen.push(`${kind} ${action}`);
        if (action === 'destroy') stop.abort();
      }
    })();
    // The subscription is made before this call is answered: both go through one connection.
    await client.info(signal());
    await engine
      .ctr('other', 'images', 'tag', 'registry.example/corpus/multiarch:latest', 'registry.example/other:1')
      .catch(() => '');
    await engine.ctr('default', 'images', 'tag', NAME, 'docker.io/corpus/second:1');
    await engine.ctr('default', 'containers', 'create', '--snapshotter', 'native', NAME, 'brief', 'true');
    await engine.ctr('default', 'containers', 'rm', 'brief');
    await Promise.race([following, new Promise((resolve) => setTimeout(resolve, 10_000))]);
    expect(seen).toEqual(expect.arrayContaining(['image pull', 'container create', 'container destroy']));
    await following;
    const [image] = await client.images(signal());
    expect(image?.tags.toSorted()).toEqual([NAME, 'docker.io/corpus/second:1']);
    await engine.ctr('default', 'images', 'rm', 'docker.io/corpus/second:1');
  });

  it("shows Kubernetes' namespace through its interface too, from a plug-in that is really running", async () => {
    await engine.load('k8s.io', archive ?? '');
    const cri = createCriClient(channel);
    expect(await cri.info(signal())).toMatchObject({ kind: 'containerd', apiVersion: 'v1' });
    const kubernetes = createContainerdClient(channel, 'k8s.io', cri);
    const until = Date.now() + 20_000;
    // The plug-in takes an imported image over by its event.
    while ((await cri.images(signal())).length === 0 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const [named] = await cri.images(signal());
    const [typed] = await kubernetes.images(signal());
    expect(named).toMatchObject({ idKind: 'config', tags: [NAME] });
    // Both lead to one image: by the configuration's digest.
    expect(typed?.digests.find(({ kind }) => kind === 'config')?.digest).toBe(named?.id);
    expect(typed?.tags).toEqual([NAME]);
    expect(await kubernetes.containers(signal())).toEqual([]);
    expect(await cri.containers(signal())).toEqual([]);
  });

  it('is found by the variable of ctr, each namespace by itself, and is forbidden to a user without rights', async () => {
    const env = { CONTAINERD_ADDRESS: engine.socketPath };
    const found = await findRuntimes({ env, uid: 0, signal: signal(), root: '/nonexistent' });
    const containerds = found.filter(({ kind }) => kind === 'containerd');
    expect(containerds.map(({ namespace, state }) => [namespace, state])).toEqual([
      ['default', 'readable'],
      ['k8s.io', 'readable'],
      ['other', 'readable'],
    ]);
    const script = `
      const { findRuntimes } = await import(${JSON.stringify(join(import.meta.dirname, '../find-runtimes.ts'))});
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const found = await findRuntimes({ env: { CONTAINERD_ADDRESS: '${engine.socketPath}' }, uid: 65534, root: '/nonexistent', signal: AbortSignal.timeout(5000) });
      process.stdout.write(JSON.stringify(found.filter(({ kind }) => kind === 'containerd')));`;
    const [refused] = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '--eval', script]).toString(),
    ) as object[];
    expect(refused).toMatchObject({
      state: 'forbidden',
      reason: expect.stringContaining('65534'),
      remedy: expect.stringContaining('sudo'),
    });
  });
});
