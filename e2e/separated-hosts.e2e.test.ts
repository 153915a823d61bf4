import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram, type StartedHullcheck, startHullcheck } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeDocker, type FakeDocker } from '../bench/fake-docker.ts';

const token = 'separated-hosts-bootstrap-token-0123456789';
const mark = `hc${process.pid}`;
const [hub, ...spokes] = [`${mark}-console`, `${mark}-a`, `${mark}-b`] as const;
/** Addresses for documentation (RFC 5737): nobody's, and only inside these namespaces. */
const networks = ['192.0.2', '198.51.100'] as const;
const PORT = 9443;

const ip = (...args: readonly string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const within = (namespace: string) => ['ip', 'netns', 'exec', namespace];

function mayMakeNamespaces(): boolean {
  if (process.getuid?.() !== 0 || findProgram('ip') === undefined || findProgram('curl') === undefined) return false;
  const probe = spawnSync('ip', ['netns', 'add', `${mark}-probe`]);
  spawnSync('ip', ['netns', 'del', `${mark}-probe`]);
  return probe.status === 0;
}

describe.skipIf(!mayMakeNamespaces())('two hosts that reach nothing but the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-separated-'));
  const engines: FakeDocker[] = [];
  const agents: StartedHullcheck[] = [];
  let console_: StartedHullcheck | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: the console checks its answers by the contract
  const call = (method: string, path: string): any =>
    JSON.parse(
      execFileSync('ip', [
        'netns',
        'exec',
        hub,
        'curl',
        '-sk',
        '-m',
        '20',
        '-X',
        method,
        '-H',
        `authorization: Bearer ${token}`,
        `https://127.0.0.1:${PORT}${path}`,
      ]).toString(),
    );
  const hosts = () =>
    call('GET', '/api/v1/hosts').items as {
      name: string;
      images: number;
      containers: { running: number; total: number };
    }[];
  const hostOf = (name: string) => hosts().find((host) => host.name === name);
  const dataOf = (name: string) => join(folder, `agent-${name}`);

  beforeAll(async () => {
    // The half that talks to the network is nobody, and its folder lies in here.
    chmodSync(folder, 0o711);
    for (const namespace of [hub, ...spokes]) {
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    for (const [index, spoke] of spokes.entries()) {
      const [far, near, network] = [`to-${index}`, 'eth0', networks[index]];
      ip('-n', hub, 'link', 'add', far, 'type', 'veth', 'peer', 'name', near, 'netns', spoke);
      ip('-n', hub, 'address', 'add', `${network}.1/24`, 'dev', far);
      ip('-n', spoke, 'address', 'add', `${network}.2/24`, 'dev', near);
      ip('-n', hub, 'link', 'set', far, 'up');
      ip('-n', spoke, 'link', 'set', near, 'up');
    }
    console_ = startHullcheck(
      ['console', '--data', join(folder, 'console'), '--listen', `0.0.0.0:${PORT}`, '--offline'],
      { env: { HULLCHECK_BOOTSTRAP_TOKEN: token }, within: within(hub) },
    );
    await console_.until(/Hullcheck is at https:/, 120_000);
    for (const [index, spoke] of spokes.entries()) {
      const engine = createFakeDocker(index + 2, index + 3);
      const socket = join(folder, `${index}.sock`);
      engine.server.listen(socket);
      await once(engine.server, 'listening');
      engines.push(engine);
      const enrolment = call('POST', '/api/v1/agents/enrollments') as { token: string; command: string };
      const pin = /--pin (\S+)/.exec(enrolment.command)?.[1] ?? '';
      const server = `https://${networks[index]}.1:${PORT}`;
      agents.push(
        startHullcheck(
          ['agent', '--server', server, '--pin', pin, '--name', spoke, '--mode', 'inventory', '--data', dataOf(spoke)],
          {
            env: { HULLCHECK_ENROLL_TOKEN: enrolment.token, DOCKER_HOST: `unix://${socket}` },
            within: within(spoke),
          },
        ),
      );
    }
  }, 180_000);

  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await console_?.stop();
    for (const { server } of engines) {
      server.closeAllConnections();
      server.close();
    }
    for (const namespace of [hub, ...spokes]) spawnSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  it('report both; one whose link is cut keeps its report and catches up', { timeout: 180_000 }, async () => {
    for (const [index, spoke] of spokes.entries()) {
      const other = `${networks[1 - index]}.2`;
      for (const address of [other, '203.0.113.1'])
        expect(spawnSync('ip', ['-n', spoke, 'route', 'get', address]).status, `${spoke} to ${address}`).not.toBe(0);
      await agents[index]?.until(/reported/, 60_000);
    }
    const [a, b] = spokes;
    expect(hostOf(a)).toMatchObject({ images: 2, containers: { running: 3, total: 3 } });
    expect(hostOf(b)).toMatchObject({ images: 3, containers: { running: 4, total: 4 } });
    // The same image on both is one row.
    expect(call('GET', '/api/v1/images?limit=50').items).toHaveLength(3);

    ip('-n', a, 'link', 'set', 'eth0', 'down');
    for (const engine of engines) engine.change();
    await agents[0]?.until(/trying again in/, 90_000);
    expect(existsSync(join(dataOf(a), 'unsent.json'))).toBe(true);
    for (let tries = 0; hostOf(b)?.containers.running !== 3 && tries < 100; tries += 1) await sleep(500);
    expect(hostOf(b)?.containers).toMatchObject({ running: 3, total: 4 });
    expect(hostOf(a)?.containers).toMatchObject({ running: 3, total: 3 });

    ip('-n', a, 'link', 'set', 'eth0', 'up');
    for (let tries = 0; hostOf(a)?.containers.running !== 2 && tries < 100; tries += 1) await sleep(500);
    expect(hostOf(a)?.containers).toMatchObject({ running: 2, total: 3 });
    expect(hosts()).toHaveLength(2);
  });
});
