import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectorRole, collectorUrls, findProgram, makeCertificate, startKubernetesApi } from '@hullcheck/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clusterListBytesMax, clusterPageSize } from '../limits.ts';
import { fileAccess, podAccess } from './access.ts';
import { connectCluster } from './api.ts';
import { createClusterPods, readClusterInfo } from './cluster.ts';
import { createClusterClient } from './cluster-client.ts';
import { parsePodImageId } from './image-id.ts';
import { parsePod } from './pods.ts';
import { readTokenIssuer } from './token-issuer.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const PODS = '/api/v1/pods';

function pod(uid: string, more: object = {}, owner?: { kind: string; name: string; uid: string }) {
  return {
    kind: 'Pod',
    metadata: {
      uid,
      name: `pod-${uid}`,
      namespace: 'shop',
      creationTimestamp: '2026-11-01T10:00:00Z',
      ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'apps/v1', controller: true, ...owner }] }),
    },
    spec: {
      nodeName: 'node-1',
      containers: [
        {
          name: 'app',
          image: 'registry.corp/shop/web:1.2',
          env: [{ name: 'PASSWORD', value: 'hunter2' }],
          args: ['--token=hunter2'],
          ports: [{ containerPort: 8080, hostPort: 80 }],
        },
      ],
      initContainers: [{ name: 'migrate', image: 'registry.corp/shop/migrate:1.2' }],
    },
    status: {
      containerStatuses: [
        {
          name: 'app',
          image: 'registry.corp/shop/web:1.2',
          imageID: `registry.corp/shop/web@${digest('a')}`,
          containerID: `containerd://${'c'.repeat(64)}`,
          state: { running: { startedAt: '2026-11-01T10:00:05Z' } },
        },
      ],
      initContainerStatuses: [
        {
          name: 'migrate',
          imageID: digest('b'),
          containerID: `containerd://${'d'.repeat(64)}`,
          state: { terminated: { exitCode: 0, startedAt: '2026-11-01T10:00:01Z', finishedAt: '2026-11-01T10:00:04Z' } },
        },
      ],
    },
    ...more,
  };
}

it('reads every form of a kubelet’s imageID', () => {
  const repo = `docker.io/library/nginx@${digest('a')}`;
  expect(parsePodImageId(repo)).toEqual({ configDigest: null, repoDigest: repo });
  expect(parsePodImageId(`docker-pullable://${repo}`)).toEqual({ configDigest: null, repoDigest: repo });
  expect(parsePodImageId(digest('b'))).toEqual({ configDigest: digest('b'), repoDigest: null });
  expect(parsePodImageId(`docker://${digest('b')}`)).toEqual({ configDigest: digest('b'), repoDigest: null });
  for (const none of ['', 'nginx:1', 'sha256:short', 'a@b']) {
    expect(parsePodImageId(none)).toEqual({ configDigest: null, repoDigest: null });
  }
});

describe.skipIf(findProgram('openssl') === undefined)('a cluster by its API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-kube-'));
  const tokenPath = join(folder, 'token');
  let certificate: Awaited<ReturnType<typeof makeCertificate>>;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    certificate = await makeCertificate(folder);
  });
  afterEach(async () => {
    for (const action of undo.splice(0).reverse()) await action();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = async (allowed = collectorRole, nonResourceUrls = collectorUrls) => {
    writeFileSync(tokenPath, 'token-1\n');
    const fake = await startKubernetesApi({ ...certificate, token: 'token-1', allowed, nonResourceUrls });
    undo.push(() => fake.stop());
    const api = connectCluster(await fileAccess(fake.origin, certificate.certificatePath, tokenPath));
    undo.push(() => api.close());
    return { fake, api };
  };
  const follow = (api: Parameters<typeof createClusterPods>[0]) => {
    const cluster = createClusterPods(api);
    const cancel = new AbortController();
    let changes = 0;
    const ended = cluster
      .follow(() => {
        changes += 1;
      }, cancel.signal)
      .catch((error: unknown) => error);
    undo.push(async () => {
      cancel.abort();
      await ended;
    });
    const until = async (what: () => boolean) => {
      for (let tries = 0; tries < 400 && !what(); tries += 1) await sleep(10);
      expect(what()).toBe(true);
    };
    return { cluster, ended, until, changes: () => changes };
  };

  it('takes identity, image, owner, state and node ports of each pod, and nothing that may be secret', async () => {
    const { fake, api } = await start();
    expect(await readClusterInfo(api, AbortSignal.timeout(5000))).toEqual({ uid: 'cluster-uid', version: 'v1.31.2' });
    fake.put('/apis/apps/v1/replicasets', {
      metadata: {
        uid: 'rs-1',
        name: 'web-5d4c',
        namespace: 'shop',
        ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'dep-1', controller: true }],
      } as never,
    });
    fake.put(PODS, pod('1', {}, { kind: 'ReplicaSet', name: 'web-5d4c', uid: 'rs-1' }));
    const { cluster, until } = follow(api);
    await until(() => cluster.pods.size === 1);
    const found = cluster.pods.get('1');
    expect(found && cluster.ownerOf(found)).toBe('Deployment/web');
    expect(found).toEqual({
      uid: '1',
      namespace: 'shop',
      name: 'pod-1',
      node: 'node-1',
      createdAt: '2026-11-01T10:00:00Z',
      owner: { kind: 'ReplicaSet', name: 'web-5d4c', uid: 'rs-1' },
      containers: [
        {
          name: 'app',
          role: 'application',
          id: 'c'.repeat(64),
          image: 'registry.corp/shop/web:1.2',
          imageId: { configDigest: null, repoDigest: `registry.corp/shop/web@${digest('a')}` },
          state: 'running',
          startedAt: '2026-11-01T10:00:05Z',
          finishedAt: null,
          exitCode: null,
          networkMode: 'pod',
          hostPorts: [{ ip: '0.0.0.0', host: 80, container: 8080, protocol: 'tcp' }],
        },
        {
          name: 'migrate',
          role: 'init',
          id: 'd'.repeat(64),
          image: 'registry.corp/shop/migrate:1.2',
          imageId: { configDigest: digest('b'), repoDigest: null },
          state: 'exited',
          startedAt: '2026-11-01T10:00:01Z',
          finishedAt: '2026-11-01T10:00:04Z',
          exitCode: 0,
          networkMode: 'pod',
          hostPorts: [],
        },
      ],
    });
    expect(JSON.stringify(found)).not.toContain('hunter2');
    const onHost = parsePod(pod('2', { spec: { hostNetwork: true, containers: [{ name: 'proxy' }] } }));
    expect(onHost?.containers).toMatchObject([{ name: 'proxy', networkMode: 'host' }]);
    // Reads alone, and none that the role does not list: secrets were never asked for.
    expect(fake.seen.every(({ method }) => method === 'GET')).toBe(true);
    expect(fake.seen.some(({ url }) => url.includes('secret'))).toBe(false);
    expect(fake.seen.find(({ url }) => url.includes('replicasets'))?.accept).toContain('PartialObjectMetadataList');
  });

  it('reads a thousand pods in pages, and starts over when their token expires', async () => {
    const { fake, api } = await start();
    for (let at = 0; at < 1000; at += 1) fake.put(PODS, pod(String(at)));
    expect((await api.list(PODS, parsePod, AbortSignal.timeout(20_000))).items).toHaveLength(1000);
    const pages = fake.seen.filter(({ url }) => url.startsWith(`${PODS}?`));
    expect(pages.length).toBe(Math.ceil(1000 / clusterPageSize));
    let expired = false;
    const original = api.list(PODS, parsePod, AbortSignal.timeout(20_000));
    while (!expired) {
      await sleep(0);
      if (fake.seen.filter(({ url }) => url.startsWith(`${PODS}?`)).length >= pages.length + 2) {
        fake.expirePages();
        expired = true;
      }
    }
    expect((await original).items).toHaveLength(1000);
  });

  it('keeps of thousands of pods what it reads of each, whatever else anybody wrote into them', async () => {
    const { fake, api } = await start();
    // Each its own text: a server that sends one text again and again shows nothing of what is kept.
    const annotated = (at: number) => ({
      uid: String(at),
      name: `pod-${at}`,
      annotations: { note: `${at}`.repeat(20_000) },
    });
    for (let at = 1000; at < 1600; at += 1) fake.put(PODS, pod(String(at), { metadata: annotated(at) }));
    const { items } = await api.list(
      PODS,
      (object) => (object === null ? undefined : parsePod(object)),
      AbortSignal.timeout(20_000),
    );
    expect(items).toHaveLength(600);
    expect(JSON.stringify(items).length).toBeLessThan(600 * 2_000);
  });

  it('follows what comes, changes and goes; over ended watches, bookmarks and forgotten versions', async () => {
    const { fake, api } = await start();
    fake.put(PODS, pod('1'));
    const { cluster, until } = follow(api);
    await until(() => fake.watching() === 1);
    fake.put(PODS, pod('2'));
    await until(() => cluster.pods.has('2'));
    fake.put(PODS, pod('2', { status: {} }));
    await until(() => cluster.pods.get('2')?.containers[0]?.state === 'unknown');
    fake.bookmark();
    fake.endWatches();
    fake.delete(PODS, '1');
    await until(() => !cluster.pods.has('1'));
    const lists = () => fake.seen.filter(({ url }) => url.startsWith(`${PODS}?limit`)).length;
    expect(lists()).toBe(1);
    // The collector was away while its version was forgotten and a pod went: only a new list can tell.
    await until(() => fake.watching() === 1);
    fake.delete(PODS, '2');
    fake.put(PODS, pod('3'));
    fake.compact();
    await until(() => cluster.pods.has('3') && !cluster.pods.has('2'));
  });

  it('learns the owner of a rollout that began after the list', async () => {
    const { fake, api } = await start();
    const { cluster, until } = follow(api);
    await until(() => fake.watching() === 1);
    fake.put('/apis/batch/v1/jobs', {
      metadata: {
        uid: 'job-1',
        name: 'report-28',
        namespace: 'shop',
        ownerReferences: [{ kind: 'CronJob', name: 'report', uid: 'cron-1', controller: true }],
      } as never,
    });
    fake.put(PODS, pod('1', {}, { kind: 'Job', name: 'report-28', uid: 'job-1' }));
    fake.put(PODS, pod('2', {}, { kind: 'StatefulSet', name: 'db', uid: 'sts-1' }));
    await until(() => cluster.pods.size === 2);
    const names = [...cluster.pods.values()].map((one) => cluster.ownerOf(one));
    expect(names).toEqual(['CronJob/report', 'StatefulSet/db']);
  });

  it('tells an index’s images by the machines of their nodes, also of one that came later', async () => {
    const { fake, api } = await start();
    const node = (name: string, arch: string) => ({
      kind: 'Node',
      metadata: { uid: `uid-${name}`, name, labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch } },
    });
    const on = (uid: string, nodeName: string) => pod(uid, { spec: { ...pod(uid).spec, nodeName } });
    fake.put('/api/v1/nodes', node('node-1', 'amd64'));
    fake.put(PODS, on('1', 'node-1'));
    const client = createClusterClient(api);
    undo.push(() => client.close());
    const signal = AbortSignal.timeout(20_000);
    const images = async () =>
      (await client.images(signal)).map(({ id, platform }) => `${id} ${platform?.architecture}`);
    expect(await images()).toEqual([`${digest('a')}@linux/amd64 amd64`, `${digest('b')} amd64`]);
    fake.put('/api/v1/nodes', node('node-2', 'arm64'));
    fake.put(PODS, on('2', 'node-2'));
    fake.put(PODS, on('3', 'node-3'));
    while ((await client.containers(signal)).length < 6) await sleep(10);
    expect(await images()).toEqual([
      `${digest('a')}@linux/amd64 amd64`,
      `${digest('b')} amd64`,
      `${digest('a')}@linux/arm64 arm64`,
      `${digest('a')} undefined`,
    ]);
    const containers = await client.containers(signal);
    expect(containers.filter(({ name }) => name === 'app').map(({ imageId }) => imageId)).toEqual([
      `${digest('a')}@linux/amd64`,
      `${digest('a')}@linux/arm64`,
      digest('a'),
    ]);
    const asked = fake.seen.filter(({ url }) => url.startsWith('/api/v1/nodes'));
    expect(asked.every(({ accept }) => accept?.includes('PartialObjectMetadata'))).toBe(true);
  });

  it('lists pods without the right to read nodes, as charts of before gave it', async () => {
    const { fake, api } = await start(collectorRole.filter((path) => !path.test('/api/v1/nodes')));
    fake.put(PODS, pod('1'));
    const client = createClusterClient(api);
    undo.push(() => client.close());
    const images = await client.images(AbortSignal.timeout(20_000));
    expect(images.map(({ id, platform }) => [id, platform])).toEqual([
      [digest('a'), null],
      [digest('b'), null],
    ]);
    fake.put(PODS, pod('2'));
    while ((await client.containers(AbortSignal.timeout(20_000))).length < 4) await sleep(10);
  });

  it('goes on with a token that was replaced, and says which right is missing', async () => {
    const { fake, api } = await start([/^\/api\/v1\/pods$/]);
    writeFileSync(tokenPath, 'token-2');
    fake.rotate('token-2');
    expect((await api.list(PODS, parsePod, AbortSignal.timeout(5000))).items).toEqual([]);
    await expect(api.list('/api/v1/secrets', parsePod, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'runtime-forbidden',
      place: expect.stringContaining('/api/v1/secrets'),
    });
    fake.rotate('token-3');
    await expect(api.list(PODS, parsePod, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'runtime-forbidden',
      message: expect.not.stringContaining('token-2'),
    });
  });

  it('reads who signs the tokens of service accounts and by which public keys, while they are replaced too', async () => {
    const { fake, api } = await start();
    const { issuer, keys } = await readTokenIssuer(api, AbortSignal.timeout(5000));
    expect(issuer).toBe(fake.issuer.issuer);
    expect(keys).toEqual([{ kty: 'RSA', kid: expect.any(String), alg: 'RS256', n: expect.any(String), e: 'AQAB' }]);
    fake.issuer.rotate();
    const rotated = await readTokenIssuer(api, AbortSignal.timeout(5000));
    expect(rotated.keys).toHaveLength(2);
    expect(rotated.keys[1]).toEqual(keys[0]);
    expect(fake.seen.some(({ url }) => url === '/openid/v1/jwks')).toBe(true);
  });

  it('says that the right to read the keys is missing', async () => {
    const { api } = await start(collectorRole, ['/version', '/.well-known/openid-configuration']);
    await expect(readTokenIssuer(api, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'runtime-forbidden',
      place: expect.stringContaining('/openid/v1/jwks'),
    });
  });

  it('takes no more keys than a cluster has, none of another kind, and of each what is public alone', async () => {
    const answer = (keys: readonly unknown[]) => ({
      place: 'x',
      get: async (path: string) => (path === '/openid/v1/jwks' ? { keys } : { issuer: 'https://issuer' }),
    });
    const read = (keys: readonly unknown[]) => readTokenIssuer(answer(keys) as never, AbortSignal.timeout(1000));
    const key = { kty: 'RSA', kid: '1', alg: 'RS256', n: 'n', e: 'AQAB' };
    expect(await read([{ ...key, d: 'private', use: 'sig' }, { kty: 'oct', k: 'secret' }, 'x'])).toEqual({
      issuer: 'https://issuer',
      keys: [key],
    });
    await expect(read([{ kty: 'oct', kid: '1', alg: 'HS256', k: 'x' }])).rejects.toMatchObject({ code: 'unsupported' });
    await expect(read(Array.from({ length: 21 }, () => key))).rejects.toMatchObject({ code: 'limit-exceeded' });
  });

  it('trusts the cluster’s authority alone', async () => {
    const { fake } = await start();
    const stranger = connectCluster(await fileAccess(fake.origin, null, tokenPath));
    undo.push(() => stranger.close());
    await expect(stranger.list(PODS, parsePod, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'runtime-unavailable',
    });
    expect(fake.seen).toEqual([]);
  });
});

it('the largest pods that Kubernetes keeps fit into a page', () => {
  expect(clusterPageSize * 1.5 * 1024 * 1024).toBeLessThanOrEqual(clusterListBytesMax);
});

it('is reached from inside a pod, over https only', async () => {
  await expect(podAccess({})).rejects.toMatchObject({ code: 'runtime-unavailable' });
  await expect(fileAccess('http://10.0.0.1', null, '/dev/null')).rejects.toMatchObject({ code: 'invalid-input' });
});
