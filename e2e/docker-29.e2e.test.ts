/* Docker Engine 29 with the containerd image store, by recorded answers: engines on Unix sockets, real agents, a real console. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsoleClient,
  consoleClient,
  type Docker29Options,
  findFreePort,
  makeMultiPlatformImage,
  type StartedHullcheck,
  startDocker29,
  startHullcheck,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Under a load of ten an agent takes a minute to start. */
const startMs = 150_000;
const bootstrap = 'docker-29-bootstrap-token-0123456789';
const repository = 'shop/web';
const idOf = (letter: string) => letter.repeat(64);

/** An Alpine with so many packages, all its own. */
const alpine = (...packages: readonly string[]) => ({
  'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n',
  'lib/apk/db/installed': packages.map((name) => `P:${name}\nV:1-r0\nA:x86_64\no:${name}\n`).join('\n'),
});

describe('a Docker 29 with the containerd image store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hc-docker-29-'));
  const image = makeMultiPlatformImage(`registry.internal.test:5000/${repository}`, {
    amd64: alpine('on-amd64'),
    arm64: alpine('on-arm64', 'more-on-arm64'),
    s390x: alpine('never', 'pulled', 'by', 'anybody'),
  });
  const [amd, arm] = [image.platforms.get('amd64'), image.platforms.get('arm64')];
  let server: StartedHullcheck;
  let client: ConsoleClient;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const port = await findFreePort();
    server = startHullcheck(
      ['console', '--data', join(folder, 'console'), '--listen', `127.0.0.1:${port}`, '--offline'],
      { env: { HULLCHECK_BOOTSTRAP_TOKEN: bootstrap } },
    );
    const [, url = ''] = await server.until(/Hullcheck is at (\S+)/, startMs);
    client = consoleClient(url, bootstrap);
  });
  afterAll(async () => {
    for (const action of undo.splice(0).reverse()) await action();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const startHost = async (name: string, options: Docker29Options) => {
    const engine = await startDocker29(join(folder, `${name}.sock`), options);
    undo.push(() => engine.stop());
    const { token } = await client.call('agents.enrollments', { body: {} });
    const args = ['agent', '--server', client.url, '--data', join(folder, name), '--name', name];
    const agent = startHullcheck([...args, '--mode', 'inventory+read'], {
      env: { HULLCHECK_ENROLL_TOKEN: token, DOCKER_HOST: `unix://${engine.socketPath}` },
    });
    undo.push(() => agent.stop());
    await agent.until(/reported \d+ images/, startMs);
    return engine;
  };
  const images = async () => (await client.call('images.list', { query: { limit: 10, repository } })).items;
  const imageOf = async (container: string) => {
    const { items } = await client.call('containers.list', { query: { limit: 100 } });
    return items.find(({ name }) => name === container)?.image?.id ?? `no image of ${container}`;
  };

  it('gives each host and each container the image of its platform, read and assessed as that', async () => {
    const run = (id: string, name: string, architecture: string, names = true) => ({
      id: idOf(id),
      name,
      image,
      architecture,
      names,
    });
    const server29 = await startHost('server', {
      architecture: 'amd64',
      images: [{ image, pulled: ['amd64'] }],
      containers: [run('a', 'on-server', 'amd64')],
    });
    const mac = await startHost('mac', {
      architecture: 'arm64',
      images: [{ image, pulled: ['amd64', 'arm64'] }],
      containers: [run('b', 'native', 'arm64'), run('c', 'emulated', 'amd64'), run('d', 'of-before', 'arm64', false)],
    });
    for (let tries = 0; tries < 600 && (await images()).length < 2; tries += 1) await sleep(200);
    const ids = (await images()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const [onAmd, onArm] = [await imageOf('on-server'), await imageOf('native')];
    expect(new Set(ids)).toEqual(new Set([onAmd, onArm]));
    expect(await imageOf('emulated')).toBe(onAmd);
    expect(await imageOf('of-before')).toBe(onArm);
    const found = await Promise.all([onAmd, onArm].map((id) => client.settled(id)));
    expect(found).toMatchObject([
      { platform: 'linux/amd64', packages: 1, hosts: 2, containers: 2 },
      { platform: 'linux/arm64', packages: 2, hosts: 1, containers: 2, assessment: { readBy: 'mac' } },
    ]);
    // By their own manifests; none of the platform that nobody has.
    const digests = await Promise.all(
      [onAmd, onArm].map(async (id) =>
        (await client.call('images.get', { params: { id } })).digests.map(({ digest }) => digest),
      ),
    );
    expect(digests.map((all) => new Set(all))).toEqual([
      new Set([amd?.manifest, image.digest]),
      new Set([arm?.manifest, image.digest]),
    ]);
    // One level, of the platform that was meant: asked with it, as an engine without would save all that it has.
    const saved = [...server29.seen, ...mac.seen].filter((line) => line.includes('/get'));
    expect(saved.length).toBeGreaterThanOrEqual(2);
    for (const line of saved) expect(line).toContain('?platform=');
    expect(mac.seen.every((line) => line.startsWith('GET '))).toBe(true);
  }, 400_000);
});
