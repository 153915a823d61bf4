import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentReading, AgentReport, ApiClient } from '@hullcheck/contract';
import type { LayerReport } from '@hullcheck/core';
import {
  type Containerd,
  type CriState,
  containerdAvailable,
  corpusArchive,
  type GrpcServer,
  startContainerd,
  startCriServer,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAgent } from './main.ts';
import { readWanted } from './read/read-wanted.ts';
import { openRuntimeDirectory } from './report/runtimes.ts';
import { openSocketHalf } from './socket/half.ts';

const archive = corpusArchive('alpine-3.20');
const IMAGE = 'docker.io/corpus/alpine-3.20:latest';
const signal = () => AbortSignal.timeout(60_000);

const cri: CriState = {
  runtimeName: 'cri-o',
  streams: true,
  images: [{ id: 'c'.repeat(64), tags: ['quay.io/shop/web:1'], digests: [], size: 1 }],
  sandboxes: [{ id: 'sandbox-1', name: 'web-1', namespace: 'shop', uid: 'uid-1', network: 2 }],
  containers: [
    {
      id: 'container-1',
      sandbox: 'sandbox-1',
      name: 'web',
      image: 'quay.io/shop/web:1',
      imageRef: 'c'.repeat(64),
      state: 2,
      createdAtNs: 1_767_225_600_000_000_000n,
      startedAtNs: 1_767_225_601_000_000_000n,
      finishedAtNs: 1_767_225_602_000_000_000n,
      exitCode: 3,
      labels: { 'io.kubernetes.pod.name': 'web-1', password: 'CANARY-label' },
      annotations: { 'vault.example/token': 'CANARY-annotation' },
    },
  ],
};

describe.skipIf(!containerdAvailable || archive === undefined)('the agent of a host with containerd and CRI-O', () => {
  let engine: Containerd;
  let crio: GrpcServer;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hullcheck-agent-grpc-'));
    engine = await startContainerd();
    crio = await startCriServer(join(folder, 'crio.sock'), cri);
    environment = { CONTAINERD_ADDRESS: engine.socketPath, CONTAINER_RUNTIME_ENDPOINT: `unix://${crio.socketPath}` };
    for (const namespace of ['default', 'team']) {
      await engine.load(namespace, archive ?? '');
      const flags = ['--snapshotter', 'native', '--env', 'P=CANARY-env', '--label', 'proxy.auth=CANARY-label'];
      await engine.ctr(namespace, 'containers', 'create', ...flags, IMAGE, 'same-name', 'CANARY-argument');
    }
  });
  afterAll(async () => {
    await crio?.close();
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('reports each namespace by itself, with typed digests, pods and times, and nothing secret', async () => {
    let output = '';
    await runAgent({
      server: '',
      dataDir: join(folder, 'agent'),
      readEnrollment: async () => undefined,
      once: true,
      dryRun: true,
      version: '1',
      environment,
      uid: 0,
      labels: [],
      source: { mode: 'inventory+read' },
      write: (text) => {
        output += text;
      },
      log: () => undefined,
      signal: signal(),
    });
    expect(output).not.toContain('CANARY');
    const report = JSON.parse(output) as AgentReport;
    const read = report.runtimes.filter(({ kind }) => kind === 'containerd' || kind === 'cri-o');
    expect(read.map(({ kind, namespace, state }) => [kind, namespace, state])).toEqual([
      ['containerd', 'default', 'readable'],
      ['containerd', 'team', 'readable'],
      ['cri-o', null, 'readable'],
    ]);
    const [image] = report.images.filter(({ repoTags }) => repoTags.includes(IMAGE));
    expect(image).toMatchObject({
      idKind: 'manifest',
      manifestDigests: [image?.id],
      configDigest: expect.stringMatching(/^sha256:/),
      platform: 'linux/amd64',
    });
    const same = report.containers.filter(({ id }) => id === 'same-name');
    expect(new Set(same.map(({ runtime }) => runtime)).size).toBe(2);
    expect(
      same.every(({ imageKey, state }) => imageKey?.endsWith(image?.id ?? '') === true && state === 'created'),
    ).toBe(true);
    expect(report.containers.find(({ id }) => id === 'container-1')).toMatchObject({
      name: 'web',
      state: 'exited',
      exitCode: 3,
      networkMode: 'host',
      started: '2026-01-01T00:00:01.000Z',
      finished: '2026-01-01T00:00:02.000Z',
      pod: { namespace: 'shop', name: 'web-1', uid: 'uid-1' },
      labels: { 'io.kubernetes.pod.name': 'web-1' },
    });
  });

  it('reads an image out of the content store through both halves, and says where it can not', async () => {
    const half = await openSocketHalf({ environment, uid: 0, labels: [], peer: null });
    const directory = openRuntimeDirectory(half.controlPath);
    const sent: { id: string; body: unknown }[] = [];
    const api = {
      call: async (id: string, { body }: { body: unknown }) => {
        sent.push({ id, body });
        return { known: [] };
      },
    } as unknown as ApiClient;
    try {
      const runtimes = await directory.look(signal());
      const [name] = runtimes.filter(({ namespace }) => namespace === 'team').map((runtime) => runtime.name);
      const readable = directory.readable().find(({ runtime }) => runtime.name === name);
      const [image] = (await readable?.client.images(signal())) ?? [];
      const options = { api, find: (key: string) => directory.find(key), log: () => undefined, signal: signal() };
      await readWanted({ imageKey: `${name}/${image?.id}`, attempt: 'try-1' }, options);
      const reading = sent.find(({ id }) => id === 'agent.reading')?.body as AgentReading;
      expect(reading).toMatchObject({
        attempt: 'try-1',
        configDigest: image?.digests.find(({ kind }) => kind === 'config')?.digest,
        problems: [],
      });
      const layer = sent.find(({ id }) => id === 'agent.layer')?.body as LayerReport;
      expect(layer.evidence.map(({ path }) => path)).toContain('lib/apk/db/installed');

      const crioName = runtimes.find(({ kind }) => kind === 'cri-o')?.name;
      await readWanted({ imageKey: `${crioName}/sha256:${'c'.repeat(64)}`, attempt: 'try-2' }, options);
      expect(sent.at(-1)).toMatchObject({ id: 'agent.readingFailed', body: { attempt: 'try-2', code: 'unsupported' } });
    } finally {
      await directory.close();
      await half.close();
    }
  });

  it('lets the other half say nothing to a runtime but an id or a digest', async () => {
    const half = await openSocketHalf({ environment, uid: 0, labels: [], peer: null });
    const directory = openRuntimeDirectory(half.controlPath);
    try {
      const runtimes = await directory.look(signal());
      const socketPath = runtimes.find(({ namespace }) => namespace === 'default')?.socketPath ?? '';
      const ask = async (method: string, path: string) => {
        const { promise, resolve } = Promise.withResolvers<number>();
        const asking = request({ socketPath, method, path }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asking.once('error', () => resolve(0));
        asking.end();
        return await promise;
      };
      expect(await ask('GET', '/containers')).toBe(200);
      expect(await ask('GET', `/content/sha256:${'0'.repeat(64)}`)).toBe(404);
      for (const [method, path] of [
        ['POST', '/containers'],
        ['DELETE', '/images'],
        ['GET', '/'],
        ['GET', '/containers/..'],
        ['GET', '/containers/a/b'],
        ['GET', '/content/sha256:0'],
        ['GET', '/images?x=1'],
        ['GET', '//images'],
        ['GET', 'http://x/images'],
      ] as const)
        expect(await ask(method, path), `${method} ${path}`).toBe(403);
    } finally {
      await directory.close();
      await half.close();
    }
  });
});
