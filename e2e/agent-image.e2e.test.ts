/* The agent's container image, built from its Containerfile and run as the chart runs it, against an engine of the host. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ConsoleClient,
  type ContainerEngine,
  consoleClient,
  dockerdAvailable,
  findFreePort,
  repositoryRoot,
  type StartedHullcheck,
  startDockerd,
  startHullcheck,
  writePlainImage,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const bootstrap = 'agent-image-bootstrap-token-0123456789';
const deploy = join(repositoryRoot, 'deploy');

/** What the official image of Node has of a Debian, as far as Node needs it: the program and its libraries. */
function writeNodeRoot(target: string): void {
  const node = realpathSync(process.execPath);
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(?:=> )?(\/\S+) \(0x/g);
  for (const [from, to] of [[node, '/usr/local/bin/node'], ...Array.from(libraries, ([, path = '']) => [path, path])]) {
    mkdirSync(dirname(join(target, to ?? '')), { recursive: true });
    cpSync(realpathSync(from ?? ''), join(target, to ?? ''));
  }
  mkdirSync(join(target, 'tmp'));
}

/** The rights that the chart gives to the agent of a node. */
function chartCapabilities(): { readonly drop: readonly string[]; readonly add: readonly string[] } {
  const text = readFileSync(join(deploy, 'helm/hullcheck-collector/templates/nodes.yaml'), 'utf8');
  const line = /^ *(capabilities: .*)$/m.exec(text)?.[1] ?? '';
  return (parse(line) as { capabilities: { drop: string[]; add: string[] } }).capabilities;
}

describe.skipIf(!dockerdAvailable)('the container image of the agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-agent-image-'));
  let engine: ContainerEngine;
  let server: StartedHullcheck;
  let client: ConsoleClient;

  beforeAll(async () => {
    engine = await startDockerd();
    const port = await findFreePort();
    server = startHullcheck(
      ['console', '--data', join(folder, 'console'), '--listen', `127.0.0.1:${port}`, '--offline'],
      { env: { HULLCHECK_BOOTSTRAP_TOKEN: bootstrap } },
    );
    const [, url = ''] = await server.until(/Hullcheck is at (\S+)/, 120_000);
    client = consoleClient(url, bootstrap);
    writeNodeRoot(join(folder, 'root'));
    execFileSync('tar', [
      '--numeric-owner',
      '--owner=0',
      '--group=0',
      '-cf',
      join(folder, 'node.tar'),
      '-C',
      join(folder, 'root'),
      '.',
    ]);
    await engine.run('import', join(folder, 'node.tar'), 'node-of-debian:24');
    execFileSync(process.execPath, [join(repositoryRoot, 'tools/build/package.ts'), join(folder, 'program')]);
    const file = join(deploy, 'agent/Containerfile');
    await engine.run(
      'build',
      '--build-arg',
      'BASE=node-of-debian:24',
      '-t',
      'hullcheck:test',
      '-f',
      file,
      join(folder, 'program'),
    );
  }, 240_000);
  afterAll(async () => {
    await engine?.run('rm', '-f', 'agent').catch(() => undefined);
    await engine?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const hostNamed = async (name: string) =>
    (await client.call('hosts.list', { query: { limit: 100 } })).items.find((host) => host.name === name);

  it('is nobody by itself and says its version', async () => {
    expect(await engine.run('inspect', '-f', '{{.Config.User}}', 'hullcheck:test')).toBe('65534:65534');
    const said = await engine.run(
      'run',
      '--rm',
      '--network',
      'none',
      '--entrypoint',
      'node',
      'hullcheck:test',
      '/opt/hullcheck/bin/hullcheck.mjs',
      '--version',
    );
    expect(said).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('reports and reads, with the rights that the chart gives it and no others, and keeps its key from pod to pod', async () => {
    const image = join(folder, 'only-here.tar');
    writePlainImage(image, 'only.here/app', {
      'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
      'var/lib/dpkg/status': '',
    });
    await engine.load(image);
    const { token } = await client.call('agents.enrollments', {});
    for (const name of ['secret', 'state']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'secret', 'node-1'), token, { mode: 0o400 });
    const { drop, add } = chartCapabilities();
    const flags = [
      ['-d', '--name', 'agent', '--network', 'host', '--user', '0:0', '--read-only', '--tmpfs', '/tmp'],
      ['--security-opt', 'no-new-privileges', '--memory', '256m'],
      drop.flatMap((name) => ['--cap-drop', name]),
      add.flatMap((name) => ['--cap-add', name]),
      ['-v', `${dirname(engine.socketPath)}:/run/engine`, '-e', 'DOCKER_HOST=unix:///run/engine/docker.sock'],
      ['-v', `${join(folder, 'secret')}:/run/secrets/hullcheck:ro`],
      ['-v', `${join(folder, 'state')}:/var/lib/hullcheck-agent`],
      ['-e', 'HULLCHECK_ENROLL_TOKEN_FILE=/run/secrets/hullcheck/node-1'],
    ].flat();
    const args = ['--server', client.url, '--data', '/var/lib/hullcheck-agent', '--name', 'node-1'];
    const start = () => engine.run('run', ...flags, 'hullcheck:test', ...args, '--mode', 'inventory+read');
    await start();
    await expect.poll(() => hostNamed('node-1'), { timeout: 60_000, interval: 500 }).toBeDefined();
    const processes = await engine.run('top', 'agent', '-eo', 'pid,uid,args');
    expect(processes).toMatch(/^\s*\d+\s+0 .*agent-process\.js agent/m);
    expect(processes).toMatch(/^\s*\d+\s+65534 .*network-half\.js/m);
    const assessmentOf = async () =>
      (await client.call('images.list', { query: { limit: 100 } })).items.find(
        ({ repository }) => repository === 'only.here/app' || repository === 'app',
      )?.assessment;
    await expect.poll(assessmentOf, { timeout: 90_000, interval: 1000 }).toMatchObject({ readBy: 'node-1' });
    // A new pod: no token any more, the key is in the state.
    await engine.run('rm', '-f', 'agent');
    rmSync(join(folder, 'secret', 'node-1'));
    const before = Date.now();
    await start();
    await expect
      .poll(async () => Date.parse((await hostNamed('node-1'))?.lastSeen ?? ''), { timeout: 60_000, interval: 500 })
      .toBeGreaterThan(before);
  }, 240_000);

  it('is enrolled and run by the commands that the console shows, upgraded and removed as the guide says', async () => {
    const { token, container } = await client.call('agents.enrollments', {});
    if (container === null) throw new Error('no commands');
    const shell = (command: string, input = '') => {
      const here = command
        .replaceAll('REGISTRY/hullcheck:VERSION', 'hullcheck:test')
        .replaceAll('-v /run/docker.sock:', `-v ${engine.socketPath}:`);
      const env = { ...process.env, DOCKER_HOST: `unix://${engine.socketPath}` };
      return execFileSync('sh', ['-c', here], { input, env, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    };
    const seen = async () => Date.parse((await hostNamed(hostname()))?.lastSeen ?? '');
    expect(`${container.enroll}\n${container.run}`).not.toContain(token);
    shell(container.enroll, `${token}\n`);
    const enrolled = await seen();
    expect(enrolled).toBeGreaterThan(0);
    shell(container.run);
    await expect.poll(seen, { timeout: 60_000, interval: 500 }).toBeGreaterThan(enrolled);
    expect(await engine.run('inspect', 'hullcheck-agent')).not.toContain(token);
    // Upgrade: the same command with another image; the key is in the volume.
    shell('docker rm --force hullcheck-agent');
    const before = await seen();
    shell(container.run);
    await expect.poll(seen, { timeout: 60_000, interval: 500 }).toBeGreaterThan(before);
    shell('docker rm --force hullcheck-agent && docker volume rm hullcheck-agent');
    expect(await engine.run('volume', 'ls', '--quiet')).toBe('');
  }, 240_000);
});
