import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, createEngineClient, newsFilters, toList } from '@hullcheck/runtimes';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLabelFilter } from './labels.ts';
import { createSocketServer } from './serve.ts';

const id = 'b'.repeat(64);
const gone = 'c'.repeat(64);
const broken = 'd'.repeat(64);
const stuck = 'e'.repeat(64);
let dir: string;
let served: string;
let seen: string[];
let close: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-serve-'));
  served = join(dir, 'served.sock');
  seen = [];
  const engine = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const path = (request.url ?? '').replace(/^\/v[\d.]+/, '');
    if (path === '/version') response.end('{"Version":"1","ApiVersion":"1.41"}');
    else if (path === '/containers/json?all=true') {
      response.end(JSON.stringify([{ Id: id, Names: ['/a'], Command: 'sh -c CANARY', State: 'running' }]));
    } else if (path === `/containers/${id}/json`) {
      const state = { Running: true, StartedAt: '2026-01-01T00:00:00Z', Error: 'CANARY', Health: { Log: ['CANARY'] } };
      const host = { NetworkMode: 'host', Binds: ['CANARY'], LogConfig: { Config: { token: 'CANARY' } } };
      response.end(
        JSON.stringify({ Id: id, Config: { Env: ['TOKEN=CANARY'] }, Args: ['CANARY'], State: state, HostConfig: host }),
      );
    } else if (path === `/containers/${gone}/json`) {
      response.writeHead(404).end('{"message":"CANARY"}');
    } else if (path === `/containers/${stuck}/json`) {
      // A container whose lock somebody holds.
    } else if (path === `/images/sha256:${id}/json`) {
      response.end(
        JSON.stringify({ Os: 'linux', Architecture: 'arm64', Variant: 'v8', Config: { Env: ['A=CANARY'] } }),
      );
    } else if (path.startsWith('/events')) {
      for (const action of ['exec_start: sh -c CANARY', 'die'])
        response.write(
          `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: { x: 'CANARY' } }, time: 1 })}\n`,
        );
    } else if (path.endsWith('/get')) response.end(Buffer.alloc(3_000_000, 7));
    else response.writeHead(500).end('CANARY');
  });
  await listen(engine, join(dir, 'engine.sock'));
  const transport = connectEngine({ kind: 'unix', path: join(dir, 'engine.sock') });
  const server = createSocketServer(transport, createLabelFilter([]));
  await listen(server, served);
  close = async () => {
    await transport.close();
    for (const one of [server, engine]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
    await rm(dir, { recursive: true });
  };
});
afterEach(() => close());

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

/** Bytes as they are: what no HTTP client would send. */
async function raw(bytes: string): Promise<string> {
  const socket = createConnection(served);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  setTimeout(() => socket.destroy(), 500).unref();
  await ended;
  return text;
}

it('serves what a client of the engine asks, without its secrets', async () => {
  const client = createEngineClient(connectEngine({ kind: 'unix', path: served }));
  const signal = AbortSignal.timeout(5000);
  expect(await client.containers(signal)).toMatchObject([{ id, name: 'a', state: 'running' }]);
  expect(await client.inspectContainer(id, signal)).toMatchObject({ environmentNames: ['TOKEN'] });
  let bytes = 0;
  for await (const chunk of await client.exportImage(`sha256:${id}`, signal)) bytes += chunk.byteLength;
  expect(bytes).toBe(3_000_000);
  await client.close();
  for (const path of ['/v1.41/containers/json?all=true', `/v1.41/containers/${id}/json`]) {
    expect(await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)).not.toContain('CANARY');
  }
});

it('tells events that make an inventory old, by kind and object only', async () => {
  const target = `/v1.41/events?since=1&filters=${encodeURIComponent(newsFilters)}`;
  const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(answer).toContain(JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: id }, time: 1 }));
  expect(answer).not.toMatch(/CANARY|exec/);
  expect(seen).toEqual([`GET ${target}`]);
});

it('inspects many at once, each by a request of its own, and tells how they run and nothing else', async () => {
  const client = createEngineClient(connectEngine({ kind: 'unix', path: served }), { takesMany: true });
  const ids = [id, gone, broken, stuck];
  const signal = AbortSignal.timeout(20_000);
  expect(await toList(client.inspectContainers?.(ids, signal) ?? fail())).toEqual([
    { id, found: { startedAt: '2026-01-01T00:00:00Z', finishedAt: null, exitCode: null, networkMode: 'host' } },
    { id: gone, found: null },
  ]);
  expect(seen.slice(1)).toEqual(ids.map((one) => `GET /v1.41/containers/${one}/json`));
  expect(await toList(client.inspectImages?.([`sha256:${id}`], signal) ?? fail())).toEqual([
    { id: `sha256:${id}`, found: { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } } },
  ]);
  await client.close();
  const answer = await raw(`GET /v1.41/containers/${id},/json HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(answer).toContain('"StartedAt"');
  expect(answer).not.toMatch(/CANARY|Env/);
}, 30_000);

function fail(): never {
  throw new Error('the client takes one id only');
}

it('judges each request of a pipeline for itself', async () => {
  const listed = 'GET /v1.41/containers/json?all=true HTTP/1.1\r\nHost: x\r\n\r\n';
  expect((await raw(listed + listed)).match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  const answer = await raw(`${listed}GET /v1.41/secrets HTTP/1.1\r\nHost: x\r\n\r\n${listed}`);
  expect(answer).not.toContain('CANARY');
  expect(new Set(seen)).toEqual(new Set(['GET /v1.41/containers/json?all=true']));
});

it.each([
  ['another verb', `POST /v1.41/containers/${id}/start HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`],
  ['a body', 'GET /v1.41/info HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
  [
    'a chunked body',
    'GET /v1.41/info HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ],
  ['an upgrade', 'GET /v1.41/info HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'],
  ['a tunnel', 'CONNECT /v1.41/info HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['an absolute address', 'GET http://localhost/v1.41/info HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a path with an escape', 'GET /v1.41/%69nfo HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a path that climbs', 'GET /v1.41/images/../info HTTP/1.1\r\nHost: x\r\n\r\n'],
  [
    'two lengths',
    'GET /v1.41/info HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\nGET /v1.41/secrets HTTP/1.1\r\nHost: x\r\n\r\n',
  ],
  ['no HTTP', '\u0016\u0003\u0001'],
])('never lets %s reach the engine', async (_, bytes) => {
  const answer = await raw(bytes);
  expect(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer)).toBe(true);
  expect(seen).toEqual([]);
});
