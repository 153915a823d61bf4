import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CriState, type GrpcServer, startCriServer } from '@hullcheck/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRuntimes } from '../find-runtimes.ts';
import { type GrpcChannel, openGrpcChannel } from '../grpc/channel.ts';
import { createCriClient } from './client.ts';

const config = `sha256:${'c'.repeat(64)}`;
const manifest = `sha256:${'d'.repeat(64)}`;
const signal = () => AbortSignal.timeout(5_000);

let folder: string;
let state: CriState;
let server: GrpcServer;
let channel: GrpcChannel;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hullcheck-cri-'));
  state = {
    runtimeName: 'cri-o',
    streams: false,
    images: [
      { id: 'c'.repeat(64), tags: ['quay.io/shop/web:1'], digests: [`quay.io/shop/web@${manifest}`], size: 1234 },
    ],
    sandboxes: [{ id: 'sandbox-1', name: 'web-1', namespace: 'shop', uid: 'uid-1' }],
    containers: [
      {
        id: 'container-1',
        sandbox: 'sandbox-1',
        name: 'web',
        image: 'quay.io/shop/web:1',
        imageRef: `quay.io/shop/web@${manifest}`,
        state: 1,
        createdAtNs: 1_767_225_600_123_456_789n,
        startedAtNs: 1_767_225_601_000_000_000n,
        labels: { 'io.kubernetes.pod.name': 'web-1', team: 'shop' },
        annotations: {
          'io.kubernetes.container.ports':
            '[{"name":"http","hostPort":8080,"containerPort":80,"protocol":"TCP"},{"containerPort":9000,"protocol":"UDP"}]',
          'vault.example/token': 'CANARY-annotation',
        },
      },
    ],
  };
  server = await startCriServer(join(folder, 'crio.sock'), state);
  channel = openGrpcChannel(server.socketPath);
});
afterEach(async () => {
  await channel.close();
  await server.close();
  await rm(folder, { recursive: true });
});

describe.each([true, false])("a runtime of Kubernetes' interface, streams offered: %s", (streams) => {
  beforeEach(() => {
    state.streams = streams;
  });

  it('gives images by their configuration, with names and digested names', async () => {
    expect(await createCriClient(channel).images(signal())).toMatchObject([
      {
        id: config,
        idKind: 'config',
        digests: [{ kind: 'config', digest: config, repository: null }],
        tags: ['quay.io/shop/web:1'],
        repoDigests: [`quay.io/shop/web@${manifest}`],
        sizeBytes: 1234,
        platform: { os: 'linux', variant: null },
      },
    ]);
  });

  it('gives containers with pod, ports, state and the image behind their digested name, and no annotation', async () => {
    const [container] = await createCriClient(channel).containers(signal());
    expect(container).toMatchObject({
      id: 'container-1',
      name: 'web',
      state: 'running',
      imageReference: 'quay.io/shop/web:1',
      imageId: config,
      createdAt: '2026-01-01T00:00:00.123Z',
      pod: { namespace: 'shop', name: 'web-1', uid: 'uid-1' },
      ports: [
        { ip: '', host: 8080, container: 80, protocol: 'tcp' },
        { ip: '', host: null, container: 9000, protocol: 'udp' },
      ],
    });
    expect(JSON.stringify(container)).not.toContain('CANARY');
  });

  it('asks for a stream first and for the list only where there is none, once', async () => {
    const client = createCriClient(channel);
    await client.images(signal());
    await client.images(signal());
    const images = server.called.filter((method) => method.includes('Images')).map((method) => method.split('/')[1]);
    expect(images).toEqual(streams ? ['StreamImages', 'StreamImages'] : ['StreamImages', 'ListImages', 'ListImages']);
  });
});

it.each([
  [0, 'created'],
  [1, 'running'],
  [2, 'exited'],
  [3, 'unknown'],
  [7, 'unknown'],
])('maps the state %i to %s', async (number, name) => {
  state.containers = state.containers.map((one) => ({ ...one, state: number }));
  expect((await createCriClient(channel).containers(signal()))[0]?.state).toBe(name);
});

it('prefers the id of the image on the node, where the runtime gives it', async () => {
  state.containers = state.containers.map((one) => ({
    ...one,
    imageRef: 'quay.io/moved/web:2',
    imageId: 'c'.repeat(64),
  }));
  expect((await createCriClient(channel).containers(signal()))[0]?.imageId).toBe(config);
});

it('tells when a container ran and how it ended, without its annotations, mounts or debugging text', async () => {
  const client = createCriClient(channel);
  expect(await client.inspectContainer('container-1', signal())).toEqual({
    startedAt: '2026-01-01T00:00:01.000Z',
    finishedAt: null,
    exitCode: null,
    networkMode: null,
  });
  state.containers = state.containers.map((one) => ({
    ...one,
    state: 2,
    finishedAtNs: 1_767_225_700_000_000_000n,
    exitCode: -1,
  }));
  expect(await client.inspectContainer('container-1', signal())).toEqual({
    startedAt: '2026-01-01T00:00:01.000Z',
    finishedAt: '2026-01-01T00:01:40.000Z',
    exitCode: -1,
    networkMode: null,
  });
  await expect(client.inspectContainer('gone', signal())).rejects.toMatchObject({ code: 'not-found' });
});

it.each([
  [undefined, 'pod'],
  [0, 'pod'],
  [1, 'pod'],
  [2, 'host'],
])('tells whether the network of its pod (%s) is the host’s', async (network, mode) => {
  state.sandboxes = state.sandboxes.map((one) => (network === undefined ? one : { ...one, network }));
  const client = createCriClient(channel);
  await client.containers(signal());
  expect(await client.inspectContainer('container-1', signal())).toMatchObject({ networkMode: mode });
  // Gone between the list and now.
  state.sandboxes = [];
  expect(await client.inspectContainer('container-1', signal())).toMatchObject({
    networkMode: null,
    startedAt: '2026-01-01T00:00:01.000Z',
  });
});

it('follows the events of a runtime that tells them', async () => {
  state.events = [0, 1, 2, 3].map((type) => ({ id: 'container-1', type }));
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { action } of createCriClient(channel).events(0, stop.signal)) {
    seen.push(action);
    if (seen.length === 4) stop.abort();
  }
  expect(seen).toEqual(['create', 'start', 'die', 'destroy']);
});

it('is found by the variable of crictl, with its own name', async () => {
  const env = { CONTAINER_RUNTIME_ENDPOINT: `unix://${server.socketPath}` };
  const found = await findRuntimes({ env, uid: 0, signal: signal(), root: '/nonexistent' });
  expect(found.filter(({ api }) => api === 'cri')).toMatchObject([
    { kind: 'cri-o', state: 'readable', info: { version: '1.30.1' } },
  ]);
});
