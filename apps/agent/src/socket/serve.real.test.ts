import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, createEngineClient } from '@hullcheck/runtimes';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLabelFilter } from './labels.ts';
import { createSocketServer } from './serve.ts';

const id = 'b'.repeat(64);
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
      response.end(JSON.stringify({ Id: id, Config: { Env: ['TOKEN=CANARY'] }, Args: ['CANARY'] }));
    } else if (path.startsWith('/events')) {
      const action = 'exec_start: sh -c CANARY';
      response.write(
        JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: { x: 'CANARY' } }, time: 1 }),
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

it('tells events by kind and object only', async () => {
  const filters = encodeURIComponent('{"type":["container","image"]}');
  const answer = await raw(`GET /v1.41/events?since=1&filters=${filters} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(answer).toContain('"Action":"exec_start"');
  expect(answer).not.toContain('CANARY');
});

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
