import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ContainerEngine,
  corpusArchive,
  dockerdAvailable,
  findProgram,
  isRootlessPodmanAvailable,
  podmanAvailable,
  startDockerd,
  startPodman,
  startRootlessPodman,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngineClient, type EngineClient } from './client.ts';
import { findRuntimes } from './find-runtimes.ts';
import { connectEngine } from './transport.ts';

const archive = corpusArchive('alpine-3.20');
const signal = () => AbortSignal.timeout(60_000);

describe.skipIf(archive === undefined).each([
  ['Docker', 'docker', false, dockerdAvailable, startDockerd],
  ['Podman', 'podman', false, podmanAvailable, startPodman],
  ['Podman of an ordinary user', 'podman', true, isRootlessPodmanAvailable(), startRootlessPodman],
] as const)('a real %s', (_, kind, rootless, available, startEngine) => {
  let engine: ContainerEngine;
  let client: EngineClient;
  let containerId: string;

  beforeAll(async () => {
    if (!available) return;
    engine = await startEngine();
    await engine.load(archive ?? '');
    containerId = await engine.start('corpus/alpine-3.20', 'sleeper', 'sleep', '600');
    client = createEngineClient(connectEngine({ kind: 'unix', path: engine.socketPath }));
  });
  afterAll(async () => {
    await client?.close();
    await engine?.stop();
  });

  it.skipIf(!available)('says what it is', async () => {
    const info = await client.info(signal());
    expect(info).toMatchObject({
      kind,
      store: 'layers',
      driver: 'vfs',
      rootless,
      architecture: expect.stringMatching(/x86_64|amd64|arm64|aarch64/),
    });
    expect(info.version).toMatch(/^\d+\.\d+/);
  });

  it.skipIf(!available)('lists images with their config digest as id', async () => {
    const [image, ...others] = await client.images(signal());
    expect(others).toEqual([]);
    const id = await engine.run('image', 'inspect', '--format', '{{.Id}}', 'corpus/alpine-3.20');
    expect(image?.id.replace('sha256:', '')).toBe(id.replace('sha256:', ''));
    expect(image).toMatchObject({
      idKind: 'config',
      digests: [{ kind: 'config', digest: image?.id, repository: null }],
    });
    expect(image?.tags.some((tag) => tag.endsWith('corpus/alpine-3.20:latest'))).toBe(true);
    expect(image?.createdAt).toMatch(/^20\d\d-/);
  });

  it.skipIf(!available)('lists containers with the image they run', async () => {
    const [image] = await client.images(signal());
    const [container] = await client.containers(signal());
    expect(container).toMatchObject({ id: containerId, name: 'sleeper', imageId: image?.id, state: 'running' });
    const details = await client.inspectContainer(containerId, signal());
    expect(details).toMatchObject({
      state: 'running',
      exitCode: null,
      finishedAt: null,
      privileged: false,
      imageId: image?.id,
    });
    expect(Date.parse(details.startedAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
  });

  it.skipIf(!available)('gives details and history, and names no environment value', async () => {
    await engine.run(
      'create',
      '--name',
      'secretive',
      '--env',
      'PASSWORD=CANARY-env',
      '--network',
      'none',
      'corpus/alpine-3.20',
      'true',
    );
    const details = await client.inspectContainer('secretive', signal());
    expect(details.environmentNames).toContain('PASSWORD');
    expect(JSON.stringify(details)).not.toContain('CANARY');
    const [image] = await client.images(signal());
    const inspected = await client.inspectImage(image?.id ?? '', signal());
    expect(inspected.diffIds).toHaveLength(1);
    expect(inspected.platform).toMatchObject({ os: 'linux' });
    expect((await client.history(image?.id ?? '', signal())).length).toBeGreaterThan(0);
    await expect(client.inspectImage('not-there', signal())).rejects.toMatchObject({ code: 'not-found' });
    await engine.run('rm', 'secretive');
  });

  it.skipIf(!available)('exports an image whose configuration hashes to its id', async () => {
    const [image] = await client.images(signal());
    const dir = await mkdtemp(join(tmpdir(), 'hullcheck-export-'));
    try {
      const parts: Uint8Array[] = [];
      for await (const chunk of await client.exportImage(image?.id ?? '', signal())) parts.push(chunk);
      await writeFile(join(dir, 'image.tar'), Buffer.concat(parts));
      const { execFileSync } = await import('node:child_process');
      const extract = (name: string) => execFileSync('tar', ['-xOf', join(dir, 'image.tar'), name]);
      const manifest = JSON.parse(extract('manifest.json').toString()) as [{ Config: string }];
      expect(`sha256:${createHash('sha256').update(extract(manifest[0].Config)).digest('hex')}`).toBe(image?.id);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it.skipIf(!available)('tells of changes as they happen, and ends when asked', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { kind: what, action } of client.events(Date.now() / 1000 - 1, stop.signal)) {
        seen.push(`${what} ${action}`);
        if (action === 'tag') stop.abort();
      }
    })();
    await sleep(300);
    await engine.run('tag', 'corpus/alpine-3.20', 'corpus/other:1');
    await Promise.race([following, sleep(20_000)]);
    expect(seen).toContain('image tag');
    await following;
    await engine.run('rmi', 'corpus/other:1');
  });

  it.skipIf(!available)('is found by the environment', async () => {
    const env = { [kind === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST']: `unix://${engine.socketPath}` };
    const found = await findRuntimes({ env, uid: 0, signal: signal(), root: '/nonexistent' });
    expect(found.find(({ state }) => state === 'readable')).toMatchObject({ kind, info: { kind } });
  });

  if (rootless)
    it.skipIf(!available || process.getuid?.() !== 0)('is found by root where a user’s own listens', async () => {
      const found = await findRuntimes({ env: {}, uid: 0, signal: signal() });
      expect(
        found.filter(({ state, info }) => state === 'readable' && info?.rootless).map(({ address }) => address),
      ).toContainEqual({ kind: 'unix', path: engine.socketPath });
    });

  it.skipIf(!available || findProgram('setpriv') === undefined)(
    'is forbidden to a user without rights, with the remedy',
    async () => {
      const { chmod } = await import('node:fs/promises');
      await chmod(join(engine.socketPath, '..'), 0o711);
      await chmod(engine.socketPath, 0o660);
      const { execFileSync } = await import('node:child_process');
      const script = `
      const { findRuntimes } = await import(${JSON.stringify(join(import.meta.dirname, 'find-runtimes.ts'))});
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const found = await findRuntimes({ env: { DOCKER_HOST: 'unix://${engine.socketPath}' }, uid: 65534, signal: AbortSignal.timeout(5000) });
      process.stdout.write(JSON.stringify(found));`;
      const found = JSON.parse(
        execFileSync(process.execPath, ['--input-type=module', '--eval', script]).toString(),
      ) as object[];
      expect(found[0]).toMatchObject({ state: 'forbidden', reason: expect.stringContaining('65534') });
      expect(found[0]).toMatchObject({ remedy: expect.stringMatching(/usermod|sudo/) });
    },
  );
});
