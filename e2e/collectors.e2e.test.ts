import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConsoleClient,
  collectorRole,
  consoleClient,
  corpusLayout,
  dockerRegistryAvailable,
  findFreePort,
  findProgram,
  makeCertificate,
  runHullcheck,
  type StartedHullcheck,
  startDockerRegistry,
  startHullcheck,
  startKubernetesApi,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bootstrap = 'collectors-bootstrap-token-0123456789';
const alpine = corpusLayout('alpine-3.20');
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

describe.skipIf(findProgram('openssl') === undefined)('agents that report something else than their host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-collectors-'));
  let server: StartedHullcheck;
  let client: ConsoleClient;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const port = await findFreePort();
    server = startHullcheck(
      ['console', '--data', join(folder, 'console'), '--listen', `127.0.0.1:${port}`, '--offline'],
      {
        env: { HULLCHECK_BOOTSTRAP_TOKEN: bootstrap },
      },
    );
    const [, url = ''] = await server.until(/Hullcheck is at (\S+)/, 120_000);
    client = consoleClient(url, bootstrap);
  });
  afterAll(async () => {
    for (const action of undo.splice(0).reverse()) await action();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const startAgent = async (name: string, args: readonly string[], env: Record<string, string> = {}) => {
    const { token } = await client.call('agents.enrollments', {});
    const agent = startHullcheck(
      ['agent', '--server', client.url, '--data', join(folder, name), '--name', name, ...args],
      { env: { HULLCHECK_ENROLL_TOKEN: token, ...env } },
    );
    undo.push(() => agent.stop());
    return agent;
  };
  const hostNamed = async (name: string) =>
    (await client.call('hosts.list', { query: { limit: 100 } })).items.find((host) => host.name === name);

  it('lists a Kubernetes cluster: pods with owner and node, as they come and go', async () => {
    const { certificate, key, certificatePath } = await makeCertificate(folder);
    const cluster = await startKubernetesApi({ certificate, key, token: 'sa-token', allowed: collectorRole });
    undo.push(() => cluster.stop());
    writeFileSync(join(folder, 'sa-token'), 'sa-token');
    const pod = (uid: string) => ({
      metadata: {
        uid,
        name: `web-${uid}`,
        namespace: 'shop',
        creationTimestamp: '2026-11-01T10:00:00Z',
        ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d4c', uid: 'rs-1', controller: true }],
      },
      spec: {
        nodeName: 'node-7',
        containers: [
          {
            name: 'app',
            image: 'shop/web:1.2',
            env: [{ name: 'PASSWORD', value: 'CANARY-env' }],
            args: ['CANARY-arg'],
          },
        ],
      },
      status: {
        containerStatuses: [
          {
            name: 'app',
            imageID: `docker.io/shop/web@${digest('a')}`,
            containerID: `containerd://${uid.padStart(64, '0')}`,
            state: { running: { startedAt: '2026-11-01T10:00:05Z' } },
          },
        ],
      },
    });
    cluster.put('/apis/apps/v1/replicasets', {
      metadata: {
        uid: 'rs-1',
        name: 'web-5d4c',
        namespace: 'shop',
        ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd-1', controller: true }],
      } as never,
    });
    cluster.put('/api/v1/pods', pod('1'));
    cluster.put('/api/v1/pods', pod('2'));
    const flags = [
      '--mode',
      'cluster',
      '--kubernetes-server',
      cluster.origin,
      '--kubernetes-ca',
      certificatePath,
      '--kubernetes-token-file',
      join(folder, 'sa-token'),
    ];
    const dry = await runHullcheck(['agent', '--server', client.url, '--dry-run', ...flags]);
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).not.toContain('CANARY');
    expect(JSON.parse(dry.stdout)).toMatchObject({ agent: { mode: 'cluster' }, runtimes: [{ kind: 'kubernetes' }] });

    const agent = await startAgent('production', flags);
    await agent.until(/reported 1 images and 2 containers/, 60_000);
    const host = await hostNamed('production');
    expect(host).toMatchObject({ os: 'Kubernetes', containers: { running: 2, total: 2 } });
    const params = { id: host?.id ?? '' };
    const { items } = await client.call('hosts.containers', { params, query: { limit: 10 } });
    expect(items.map(({ name, pod: seen }) => ({ name, seen }))).toContainEqual({
      name: 'app',
      seen: { namespace: 'shop', name: 'web-1', owner: 'Deployment/web', node: 'node-7' },
    });
    const images = await client.images();
    expect(images.map(({ repository, tags }) => ({ repository, tags }))).toContainEqual({
      repository: 'shop/web',
      tags: ['1.2'],
    });
    cluster.delete('/api/v1/pods', '1');
    await agent.until(/reported 1 images and 1 containers/, 120_000);
    const after = await client.call('hosts.containers', { params, query: { limit: 10 } });
    expect(after.items.filter(({ state }) => state === 'running')).toHaveLength(1);
  });

  it.skipIf(!dockerRegistryAvailable || alpine === undefined)(
    'reads a registry that the console can not reach, with the credential of its own host',
    async () => {
      const account = { username: 'collector', password: 'CANARY-registry-password' };
      const registry = await startDockerRegistry({ htpasswd: account });
      undo.push(() => registry.stop());
      await registry.push(`oci:${alpine}`, 'base/alpine:3.20');
      await registry.push(`oci:${alpine}`, 'base/alpine:nightly-1');
      await registry.push(`oci:${alpine}`, 'other/alpine:1');
      const docker = join(folder, 'docker');
      mkdirSync(docker);
      const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
      writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const agent = await startAgent(
        'inner-registry',
        ['--mode', 'collector', '--registry', registry.host, '--repository', 'base/*', '--exclude-tag', 'nightly-*'],
        { DOCKER_CONFIG: docker },
      );
      await agent.until(/reported 1 images and 0 containers/, 60_000);
      await agent.until(/read registry\/sha256:[0-9a-f]{64} for the console/, 120_000);
      const image = (await client.images()).find(({ repository }) => repository === 'base/alpine');
      expect(image).toMatchObject({ registry: registry.host, tags: ['3.20'] });
      const settled = await client.settled(image?.id ?? '');
      expect(settled.packages).toBeGreaterThan(10);
      expect(agent.output()).not.toContain('CANARY');
      const host = await hostNamed('inner-registry');
      expect(host?.runtimes).toMatchObject([{ kind: 'registry', address: registry.host, state: 'readable' }]);
    },
  );

  it('says what is wrong with its flags', async () => {
    const run = (...args: string[]) => runHullcheck(['agent', '--server', client.url, ...args]);
    expect(await run('--mode', 'everything')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--mode takes'),
    });
    expect(await run('--mode', 'collector')).toMatchObject({ code: 1, stderr: expect.stringContaining('--registry') });
    const collector = ['--mode', 'collector', '--registry', 'registry.example.com'];
    for (const [flag, value] of [
      ['--registry-kind', 'constructor'],
      ['--token-server', 'https://sso.example.net/token'],
    ] as const) {
      const stderr = expect.stringContaining(`${flag} takes`);
      expect(await run(...collector, flag, value)).toMatchObject({ code: 1, stderr });
    }
    expect(await run('--mode', 'cluster')).toMatchObject({ code: 1, stderr: expect.stringContaining('pod') });
  });
});
