import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseEngineAddress } from './address.ts';
import { createEngineClient, type EngineClient } from './client.ts';
import { findRuntimes } from './find-runtimes.ts';
import { connectEngine } from './transport.ts';

let dir: string;
let closing: (() => Promise<unknown>)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-engine-'));
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  await rm(dir, { recursive: true });
});

const signal = () => AbortSignal.timeout(15_000);

async function engine(
  answers: Record<string, unknown>,
  version: object = { Version: '29.0', ApiVersion: '1.52', MinAPIVersion: '1.44' },
): Promise<{ client: EngineClient; seen: string[]; path: string }> {
  const seen: string[] = [];
  const path = join(dir, `${closing.length}.sock`);
  const server: Server = createServer((request, response: ServerResponse) => {
    const url = request.url ?? '';
    seen.push(`${request.method} ${url}`);
    const body = url === '/version' ? version : answers[url.replace(/^\/v[\d.]+/, '')];
    if (body === undefined) response.writeHead(404).end('{"message":"no such thing"}');
    else response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = createEngineClient(connectEngine({ kind: 'unix', path }));
  closing.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, seen, path };
}

describe('createEngineClient', () => {
  it.each([
    [{ ApiVersion: '1.52', MinAPIVersion: '1.44' }, 'v1.48'],
    [{ ApiVersion: '1.41', MinAPIVersion: '1.12' }, 'v1.41'],
    [{ ApiVersion: '1.60', MinAPIVersion: '1.50' }, 'v1.50'],
    [{ ApiVersion: 'newest' }, 'v1.48'],
  ])('speaks with an engine of %j as %s', async (version, prefix) => {
    const { client, seen } = await engine({ '/containers/json?all=true': [] }, { Version: '1', ...version });
    await client.containers(signal());
    expect(seen.at(-1)).toBe(`GET /${prefix}/containers/json?all=true`);
  });

  it('lists five thousand containers', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({
      Id: `c${index}`,
      Names: [`/name-${index}`],
      State: 'running',
      Labels: { text: 'x'.repeat(500) },
    }));
    const { client } = await engine({ '/containers/json?all=true': many });
    const containers = await client.containers(signal());
    expect(containers).toHaveLength(5000);
    expect(containers[4999]).toMatchObject({ id: 'c4999', name: 'name-4999' });
  });

  it('knows a containerd store and a rootless engine', async () => {
    const info = {
      Name: 'host',
      Driver: 'overlayfs',
      DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
      SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'],
    };
    const { client } = await engine({ '/info': info });
    expect(await client.info(signal())).toMatchObject({ kind: 'docker', store: 'containerd', rootless: true });
  });

  it('takes no id that leaves its path', async () => {
    const { client, seen } = await engine({});
    for (const id of ['../info', 'a/../../x', 'a?x=1', 'a#b', '', 'a b', '//x', 'a\r\nb']) {
      await expect(client.inspectImage(id, signal())).rejects.toMatchObject({ code: 'invalid-input' });
    }
    expect(seen.filter((line) => line !== 'GET /version')).toEqual([]);
  });

  it('tells what is missing from what is broken', async () => {
    const { client } = await engine({ '/images/json?manifests=true': [{}] });
    await expect(client.inspectImage('none', signal())).rejects.toMatchObject({ code: 'not-found' });
    await expect(client.images(signal())).rejects.toMatchObject({ code: 'unsupported' });
    const nobody = createEngineClient(connectEngine({ kind: 'unix', path: join(dir, 'none.sock') }));
    await expect(nobody.info(signal())).rejects.toMatchObject({ code: 'runtime-unavailable' });
    await nobody.close();
  });
});

it('asks again for the version of an engine that was upgraded under it', async () => {
  const version = { Version: '28.0', ApiVersion: '1.41', MinAPIVersion: '1.24' };
  const path = join(dir, 'upgraded.sock');
  const server = createServer((request, response) => {
    if (request.url === '/version') response.end(JSON.stringify(version));
    else if (request.url?.startsWith(`/v${version.ApiVersion}/`)) response.end('[]');
    else response.writeHead(400).end('{"message":"client version is too old"}');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = createEngineClient(connectEngine({ kind: 'unix', path }));
  closing.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  expect(await client.containers(signal())).toEqual([]);
  Object.assign(version, { ApiVersion: '1.48', MinAPIVersion: '1.44' });
  await expect(client.containers(signal())).rejects.toMatchObject({ code: 'runtime-unavailable' });
  expect(await client.containers(signal())).toEqual([]);
});

describe('findRuntimes', () => {
  const find = (env: Record<string, string>) => findRuntimes({ env, uid: 1234, signal: signal(), root: dir });

  it('finds the engine that the environment names, and says when it is not there', async () => {
    const { path } = await engine({ '/info': { Name: 'host' } });
    expect(await find({ DOCKER_HOST: `unix://${path}` })).toContainEqual(
      expect.objectContaining({ kind: 'docker', state: 'readable', address: { kind: 'unix', path } }),
    );
    const [named] = await find({ DOCKER_HOST: `unix://${dir}/none.sock` });
    expect(named).toMatchObject({ state: 'unavailable', reason: expect.stringContaining('none.sock') });
  });

  it('says how to start an engine whose socket is there while nobody listens', async () => {
    const path = join(dir, 'dead.sock');
    const server = createSocketServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // Node removes the file when it closes a server; a killed engine leaves it.
    const { link } = await import('node:fs/promises');
    await link(path, join(dir, 'left.sock'));
    await new Promise((resolve) => server.close(resolve));
    const [named] = await find({ DOCKER_HOST: `unix://${dir}/left.sock` });
    expect(named).toMatchObject({ state: 'unavailable', remedy: 'sudo systemctl enable --now docker.service' });
  });

  it('recognises Podman by what it says of itself', async () => {
    const version = { Version: '4.3.1', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] };
    const { path } = await engine({ '/info': {} }, version);
    expect((await find({ DOCKER_HOST: `unix://${path}` }))[0]).toMatchObject({ kind: 'podman', state: 'readable' });
  });

  it('as root names each user whose Podman has no socket, beside those that have one, and nobody who has no Podman', async () => {
    const version = { Version: '4.3.1', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] };
    const { path } = await engine({ '/info': { Rootless: true } }, version);
    const { link, mkdir } = await import('node:fs/promises');
    await mkdir(join(dir, 'run/user/1000/podman'), { recursive: true });
    await link(path, join(dir, 'run/user/1000/podman/podman.sock'));
    await mkdir(join(dir, 'run/user/1001/libpod'), { recursive: true });
    await mkdir(join(dir, 'run/user/1002'), { recursive: true });
    await mkdir(join(dir, 'run/user/nobody/libpod'), { recursive: true });
    const found = await findRuntimes({ env: {}, uid: 0, signal: signal(), root: dir });
    const users = found.filter(({ address }) => address.kind === 'unix' && address.path.includes('/run/user/'));
    expect(users).toMatchObject([
      { state: 'readable', info: { rootless: true }, address: { path: join(dir, 'run/user/1000/podman/podman.sock') } },
      {
        state: 'unavailable',
        reason: 'user 1001 has Podman, but its API socket is not switched on',
        remedy: "sudo -u '#1001' XDG_RUNTIME_DIR=/run/user/1001 systemctl --user enable --now podman.socket",
      },
    ]);
  });

  it('skips addresses that lead to other machines', async () => {
    for (const host of ['ssh://user@far', 'npipe:////./pipe/docker_engine']) {
      expect((await find({ DOCKER_HOST: host })).some(({ state }) => state === 'readable')).toBe(false);
    }
  });
});

describe('parseEngineAddress', () => {
  it.each(['', 'docker.sock', 'unix://docker.sock', 'tcp://user:pass@host:1', 'ftp://x', 'unix:///run/%zz'])(
    'refuses %j',
    (text) => {
      expect(() => parseEngineAddress(text)).toThrow(Fault);
    },
  );
  it('takes TCP with certificates as TLS', () => {
    expect(parseEngineAddress('tcp://h:2376', {})).toMatchObject({ kind: 'tcp', url: new URL('https://h:2376') });
    expect(parseEngineAddress('tcp://h:2375')).toMatchObject({ kind: 'tcp', url: new URL('http://h:2375') });
  });
});
