/* `helm install` is enough: the console, the collector of a cluster and the agents of its nodes as the chart runs them, real processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConsoleClient,
  collectorRole,
  collectorUrls,
  consoleClient,
  findFreePort,
  findProgram,
  makeCertificate,
  type StartedHullcheck,
  startCriServer,
  startHullcheck,
  startKubernetesApi,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Under a load of ten an agent takes a minute to start. */
const startMs = 150_000;
const bootstrap = 'kubernetes-nodes-bootstrap-token-0123456789';
const account = { namespace: 'hullcheck', serviceAccountName: 'hullcheck-nodes' };

/** A pod of the chart's DaemonSet. */
const agentPod = (node: string, uid = `uid-${node}`) => ({
  metadata: {
    uid,
    name: `hullcheck-nodes-${uid}`,
    namespace: account.namespace,
    creationTimestamp: '2026-11-30T10:00:00Z',
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'hullcheck-nodes', uid: 'ds', controller: true },
    ],
  },
  spec: {
    nodeName: node,
    serviceAccountName: account.serviceAccountName,
    containers: [{ name: 'agent', image: 'registry.example.com/hullcheck:1' }],
  },
  status: { containerStatuses: [{ name: 'agent', state: { running: { startedAt: '2026-11-30T10:00:05Z' } } }] },
});

describe.skipIf(findProgram('openssl') === undefined)('the nodes of a Kubernetes cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-nodes-'));
  let server: StartedHullcheck;
  let client: ConsoleClient;
  let cluster: Awaited<ReturnType<typeof startKubernetesApi>>;
  let collector: StartedHullcheck;
  let first: StartedHullcheck;
  let audience: string;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const port = await findFreePort();
    server = startHullcheck(
      ['console', '--data', join(folder, 'console'), '--listen', `127.0.0.1:${port}`, '--offline'],
      { env: { HULLCHECK_BOOTSTRAP_TOKEN: bootstrap } },
    );
    const [, url = ''] = await server.until(/Hullcheck is at (\S+)/, startMs);
    client = consoleClient(url, bootstrap);
    audience = `hullcheck:${new URL(url).origin}`;
    const { certificate, key, certificatePath } = await makeCertificate(folder);
    cluster = await startKubernetesApi({
      certificate,
      key,
      token: 'collector-token',
      allowed: collectorRole,
      nonResourceUrls: collectorUrls,
    });
    undo.push(() => cluster.stop());
    cluster.put('/api/v1/pods', agentPod('node-1'));
    writeFileSync(join(folder, 'collector-token'), 'collector-token');
    const { token } = await client.call('agents.enrollments', { body: { nodes: true } });
    const kubernetes = ['--kubernetes-server', cluster.origin, '--kubernetes-ca', certificatePath];
    const accounts = ['--kubernetes-token-file', join(folder, 'collector-token')];
    accounts.push('--enroll-nodes', `${account.namespace}/${account.serviceAccountName}`);
    // As with an installation: nodes that are faster than the collector are known to nobody yet.
    first = startNode('node-1', cluster.podToken('uid-node-1', { audience }));
    await first.until(/no cluster whose nodes may enrol here has signed it; trying again in \d+ s/, startMs);
    const agent = ['agent', '--server', url, '--data', join(folder, 'collector'), '--name', 'production'];
    collector = startHullcheck([...agent, '--mode', 'cluster', ...kubernetes, ...accounts], {
      env: { HULLCHECK_ENROLL_TOKEN: token },
    });
    undo.push(() => collector.stop());
    await collector.until(/told the console 1 keys/, startMs);
  });
  afterAll(async () => {
    for (const action of undo.splice(0).reverse()) await action();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The container of a pod: a folder of the node for its key, a token of the pod for the console. */
  const startNode = (node: string, token: string, env: Readonly<Record<string, string>> = {}) => {
    const file = join(folder, `token-${node}`);
    writeFileSync(file, token);
    const agent = startHullcheck(
      ['agent', '--server', client.url, '--data', join(folder, node), '--name', node, '--mode', 'inventory'],
      { env: { HULLCHECK_ENROLL_SERVICE_ACCOUNT_TOKEN_FILE: file, DOCKER_HOST: 'unix:///nonexistent', ...env } },
    );
    undo.push(() => agent.stop());
    return agent;
  };
  const agents = async () => (await client.call('agents.list', { query: { limit: 100 } })).items;
  const enrolments = async () =>
    (await client.call('audit.list', { query: { limit: 500 } })).items.filter(
      ({ action }) => action === 'agent.enroll',
    );
  const hosts = async () => (await client.call('hosts.list', { query: { limit: 100 } })).items;

  it('get an agent each by the service account of their pods, nodes that come later too', async () => {
    await first.until(/reported \d+ images/, startMs);
    expect((await agents()).find(({ name }) => name === 'node-1')?.through).toMatchObject({
      name: 'production',
      node: 'node-1',
    });
    // An autoscaler's: its agent is faster than the collector, which learns of the pod only after it has asked.
    const pod = agentPod('node-2');
    const early = cluster.issuer.token({
      namespace: account.namespace,
      serviceAccount: account.serviceAccountName,
      audiences: [audience],
      pod: pod.metadata,
      expirationSeconds: 3_600,
    });
    const second = startNode('node-2', early);
    await second.until(/has not reported this pod yet; trying again in \d+ s/, startMs);
    cluster.put('/api/v1/pods', pod);
    await second.until(/reported \d+ images/, startMs);
    expect((await hosts()).map(({ name }) => name).toSorted()).toEqual(['node-1', 'node-2', 'production']);
    expect((await agents()).find(({ name }) => name === 'production')?.nodes).toEqual({ mayEnroll: true, enrolled: 2 });
    for (const process of [first, second]) await process.stop();
  });

  it('keep their key when the container starts again, and need no token for it', async () => {
    const again = startNode('node-1', 'not a token any more');
    await again.until(/reported \d+ images/, startMs);
    await again.stop();
    expect((await agents()).filter(({ name }) => name === 'node-1')).toHaveLength(1);
  });

  it('that lost their key with their disk are the same host and agent as before, by their next pod', async () => {
    const [before] = (await hosts()).filter(({ name }) => name === 'node-1');
    rmSync(join(folder, 'node-1'), { recursive: true });
    const replay = startNode('node-1', cluster.podToken('uid-node-1', { audience }));
    await replay.until(/has enrolled before/, startMs);
    cluster.delete('/api/v1/pods', 'uid-node-1');
    cluster.put('/api/v1/pods', agentPod('node-1', 'uid-node-1-second'));
    const next = startNode('node-1', cluster.podToken('uid-node-1-second', { audience }));
    await next.until(/reported \d+ images/, startMs);
    await next.stop();
    expect((await hosts()).filter(({ name }) => name === 'node-1').map(({ id }) => id)).toEqual([before?.id]);
    expect((await agents()).filter(({ name }) => name === 'node-1')).toHaveLength(1);
  });

  it('send no token to a console that it is not made for', async () => {
    cluster.put('/api/v1/pods', agentPod('node-3'));
    const before = await enrolments();
    const agent = startNode('node-3', cluster.podToken('uid-node-3', { audience: 'https://kubernetes.default.svc' }));
    await agent.until(/is not made for this console/, startMs);
    expect(await enrolments()).toEqual(before);
  });

  it('leave their tokens in no log and no file of the console, the collector or themselves', async () => {
    const token = cluster.podToken('uid-node-2', { audience });
    const signature = token.split('.')[2] ?? '';
    const agent = startNode('node-4', token);
    // Another name for the folder, the same pod: refused, and that is logged.
    await agent.until(/has enrolled before/, startMs);
    for (const text of [agent.output(), collector.output(), server.output()]) expect(text).not.toContain(signature);
    expect(readFileSync(join(folder, 'node-2', 'identity.json'), 'utf8')).not.toContain('eyJ');
    // Asked of the cluster were reads that the role names alone, and never a secret or a token.
    expect(cluster.seen.every(({ method }) => method === 'GET')).toBe(true);
    expect(cluster.seen.some(({ url }) => /secret|serviceaccount/.test(url))).toBe(false);
  });

  it('have what the collector lists too counted once, at the node, with what the cluster knows of the pod', async () => {
    const id = 'c'.repeat(64);
    const image = { id: 'd'.repeat(64), name: 'registry.example.com/shop:1' };
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'shop', uid: 'set', controller: true };
    const pod = {
      metadata: { uid: 'uid-shop', name: 'shop-0', namespace: 'shop', ownerReferences: [owner] },
      spec: { nodeName: 'node-1', containers: [{ name: 'shop', image: image.name }] },
      status: {
        containerStatuses: [
          {
            name: 'shop',
            image: image.name,
            imageID: `sha256:${image.id}`,
            containerID: `cri-o://${id}`,
            state: { running: { startedAt: '2026-11-30T10:00:05Z' } },
          },
        ],
      },
    };
    cluster.put('/api/v1/pods', pod);
    const found = async () =>
      (await client.call('containers.list', { query: { limit: 100 } })).items.filter((one) => one.id === id);
    await expect
      .poll(async () => (await found()).map(({ host }) => host.name), { timeout: startMs })
      .toEqual(['production']);
    const runtime = await startCriServer(join(folder, 'crio.sock'), {
      runtimeName: 'cri-o',
      streams: true,
      images: [{ id: image.id, tags: [image.name], digests: [], size: 1 }],
      sandboxes: [{ id: 'sandbox', name: 'shop-0', namespace: 'shop', uid: 'uid-shop' }],
      containers: [
        {
          id,
          sandbox: 'sandbox',
          name: 'shop',
          image: image.name,
          imageRef: image.id,
          state: 1,
          createdAtNs: 1_800_000_000_000_000_000n,
          labels: { 'io.kubernetes.pod.name': 'shop-0', 'io.kubernetes.pod.namespace': 'shop' },
        },
      ],
    });
    undo.push(() => runtime.close());
    const agent = startNode('node-1', '', { CONTAINER_RUNTIME_ENDPOINT: `unix://${runtime.socketPath}` });
    await expect
      .poll(async () => (await found()).map(({ host }) => host.name), { timeout: startMs })
      .toEqual(['node-1']);
    expect(await found()).toMatchObject([
      {
        pod: { namespace: 'shop', name: 'shop-0', owner: 'StatefulSet/shop', node: 'node-1' },
        image: { name: 'registry.example.com/shop' },
      },
    ]);
    const counted = (await hosts()).map(({ name, containers }) => [name, containers.running, containers.onNodes]);
    expect(counted).toContainEqual(['node-1', 1, 0]);
    expect(counted.find(([name]) => name === 'production')?.[2]).toBe(1);
    const images = await client.call('images.list', { query: { limit: 100 } });
    expect(images.items.find(({ repository }) => repository === 'shop')).toMatchObject({ hosts: 1, containers: 1 });
    await agent.stop();
  });

  it('lose their agents with the agent of their cluster', async () => {
    const running = startNode('node-1', cluster.podToken('uid-node-1-second', { audience }));
    await running.until(/reported \d+ images/, startMs);
    const production = (await agents()).find(({ name }) => name === 'production');
    await client.call('agents.revoke', { params: { id: production?.id ?? '' } });
    expect((await agents()).filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
  });
});
