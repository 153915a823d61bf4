import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Containerd,
  type ContainerEngine,
  containerdAvailable,
  corpusArchive,
  corpusLayout,
  type DockerRegistry,
  dockerdAvailable,
  dockerRegistryAvailable,
  podmanAvailable,
  type RunResult,
  runHullcheck,
  startContainerd,
  startDockerd,
  startDockerRegistry,
  startPodman,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const archive = corpusArchive('debian-bullseye-old');
let folder: string;
let expected: unknown;

const inside = (result: RunResult) => {
  expect(result.stderr).toBe('');
  const { packages, findings, summary, risk } = JSON.parse(result.stdout);
  return { packages, findings, summary, risk };
};
const scan = (target: string, env: Readonly<Record<string, string>>, ...flags: readonly string[]) =>
  runHullcheck(['scan', target, '-f', 'json', '-q', '--cache', join(folder, 'cache'), ...flags], {
    cwd: folder,
    env: { HOME: folder, ...env },
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-engines-'));
  if (archive !== undefined) expected = inside(await scan(`docker-archive:${archive}`, {}));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!dockerdAvailable || archive === undefined)('an image of a real Docker engine', () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = await startDockerd();
    await engine.load(String(archive));
  });
  afterAll(() => engine?.stop());

  it.each(['docker:corpus/debian-bullseye-old', 'corpus/debian-bullseye-old:latest'])(
    "is read by the name %s, with the archive's result",
    async (target) => {
      expect(inside(await scan(target, { DOCKER_HOST: `unix://${engine.socketPath}` }))).toEqual(expected);
    },
  );

  it('that has no such image is named', async () => {
    const result = await scan('docker:absent/image:1', { DOCKER_HOST: `unix://${engine.socketPath}` });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('absent/image:1');
  });
});

describe.skipIf(!podmanAvailable || archive === undefined)('an image of a real Podman', () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = await startPodman();
    await engine.load(String(archive));
  });
  afterAll(() => engine?.stop());

  it("is read through its Docker-compatible API, with the archive's result", async () => {
    const names = await engine.run('images', '--format', '{{.Repository}}:{{.Tag}}');
    const target = `podman:${names.split('\n')[0]}`;
    expect(inside(await scan(target, { CONTAINER_HOST: `unix://${engine.socketPath}` }))).toEqual(expected);
  });
});

describe.skipIf(!containerdAvailable || archive === undefined)("an image in a real containerd's content store", () => {
  let engine: Containerd;
  beforeAll(async () => {
    engine = await startContainerd();
    await engine.load('default', String(archive));
  });
  afterAll(() => engine?.stop());

  it.each(['containerd:docker.io/corpus/debian-bullseye-old:latest', 'containerd:corpus/debian-bullseye-old'])(
    "is read by the name %s, with the archive's result",
    async (target) => {
      expect(inside(await scan(target, { CONTAINERD_ADDRESS: engine.socketPath }))).toEqual(expected);
    },
  );

  it('is not seen from another namespace, and without its layers says what to do', async () => {
    const elsewhere = { CONTAINERD_ADDRESS: engine.socketPath, CONTAINERD_NAMESPACE: 'other' };
    const unseen = await scan('containerd:corpus/debian-bullseye-old', elsewhere);
    expect([unseen.code, unseen.stderr]).toEqual([1, expect.stringContaining('corpus/debian-bullseye-old')]);
    // Manifest and configuration refer to others, so that containerd keeps those; layers refer to nothing.
    const [, ...listed] = (await engine.ctr('default', 'content', 'ls')).split('\n');
    const layers = listed.filter((line) => !line.includes('containerd.io/gc.ref'));
    expect(layers.length).toBeGreaterThan(0);
    for (const line of layers) await engine.ctr('default', 'content', 'rm', line.trim().split(/\s+/)[0] ?? '');
    const gone = await scan('containerd:corpus/debian-bullseye-old', { CONTAINERD_ADDRESS: engine.socketPath });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('all layers')]);
    expect(gone.stderr).toContain('registry');
  });
});

describe.skipIf(!dockerRegistryAvailable || archive === undefined)('an image of a real registry', () => {
  const account = { username: 'reader', password: 'registry-canary-41c9' };
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ tls: true, htpasswd: account });
    await registry.push(`oci:${corpusLayout('debian-bullseye-old')}`, 'team/old:11');
    await registry.push(`oci:${corpusLayout('zstd')}`, 'team/zstd:1');
    writeFileSync(join(folder, 'ca.pem'), String(registry.ca));
  });
  afterAll(() => registry?.stop());

  const login = (password: string) => {
    const config = join(folder, `docker-${password.length}`);
    mkdirSync(config, { recursive: true });
    const auth = Buffer.from(`${account.username}:${password}`).toString('base64');
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    return { DOCKER_CONFIG: config, SSL_CERT_FILE: join(folder, 'ca.pem') };
  };

  it("is read with the credential of Docker's configuration, with the archive's result", async () => {
    const found = inside(await scan(`registry:${registry.host}/team/old:11`, login(account.password)));
    expect(found).toEqual(expected);
    expect(
      JSON.parse((await scan(`${registry.host}/team/zstd:1`, login(account.password))).stdout).packages.length,
    ).toBeGreaterThan(80);
  });

  it('says of a wrong password which registry refused it, and keeps the password to itself', async () => {
    const result = await scan(`registry:${registry.host}/team/old:11`, login('wrong-canary'));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(registry.host);
    expect(result.stderr).not.toContain('canary');
  });

  it('says of a certificate that nobody vouches for what it is', async () => {
    const { SSL_CERT_FILE: _, ...untrusted } = login(account.password);
    const result = await scan(`registry:${registry.host}/team/old:11`, untrusted);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/certificate/i);
  });

  it('names a repository or a tag that is not there', async () => {
    const result = await scan(`registry:${registry.host}/team/absent:1`, login(account.password));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('team/absent');
  });
});
