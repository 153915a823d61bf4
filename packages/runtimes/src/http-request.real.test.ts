import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HttpRequest, SILENCE, sendRequest } from './http-request.ts';

let dir: string;
let agent: Agent;
let closing: (() => Promise<unknown>)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-request-'));
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing = [];
});
afterEach(async () => {
  agent.destroy();
  for (const close of closing) await close();
  await rm(dir, { recursive: true });
});

async function listen(server: Server | TcpServer): Promise<HttpRequest['to']> {
  const socketPath = join(dir, `${closing.length}.sock`);
  server.listen(socketPath);
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { socketPath };
}

const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void) => listen(createServer(answer));

/** A server whose bytes are said one by one: what no server of Node would send. */
async function say(answer: (socket: Socket, connection: number) => void): Promise<HttpRequest['to']> {
  let connections = 0;
  const server = createTcpServer((socket) => {
    const connection = connections;
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, connection));
  });
  return await listen(server);
}

const asked = (to: HttpRequest['to'], options: Partial<HttpRequest> = {}): HttpRequest => ({
  agent,
  to,
  method: 'GET',
  path: '/',
  headers: { host: 'localhost' },
  body: null,
  connectMs: 2_000,
  idleMs: 2_000,
  signal: AbortSignal.timeout(20_000),
  ...options,
});

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it('sends method, path, headers and body, and gives status, headers and body', async () => {
  const to = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.writeHead(201, { 'x-told': 'yes' });
      response.end(
        JSON.stringify({
          method,
          url,
          length: headers['content-length'],
          mark: headers.mark,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
  });
  const body = [Buffer.from('grö'), Buffer.from('ße')];
  const answer = await sendRequest(
    asked(to, { method: 'POST', path: '/a?b', headers: { host: 'x', mark: 'm' }, body }),
  );
  expect([answer.status, answer.headers['x-told']]).toEqual([201, 'yes']);
  expect(JSON.parse(await read(answer.body))).toEqual({
    method: 'POST',
    url: '/a?b',
    length: '7',
    mark: 'm',
    text: 'größe',
  });
});

it('speaks TCP too', async () => {
  const server = createServer((_, response) => response.end('here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : null;
  const answer = await sendRequest(asked({ host: '127.0.0.1', port }));
  expect(await read(answer.body)).toBe('here');
});

it('fails with the code of the system where nobody listens', async () => {
  await expect(sendRequest(asked({ socketPath: join(dir, 'nobody.sock') }))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('gives up a server that says nothing, and one that falls silent in the middle of its body', async () => {
  const silent = await serve(() => undefined);
  await expect(sendRequest(asked(silent, { idleMs: 100 }))).rejects.toMatchObject({ code: SILENCE });
  const halting = await serve((_, response) => void response.write('begun'));
  const answer = await sendRequest(asked(halting, { idleMs: 100, agent: new Agent() }));
  await expect(read(answer.body)).rejects.toMatchObject({ code: SILENCE });
});

it('waits for a body that comes slowly, as long as something comes, and for ever where silence is allowed', async () => {
  const to = await serve((_, response) => {
    let said = 0;
    const timer = setInterval(() => {
      response.write(String(said));
      said += 1;
      if (said < 5) return;
      clearInterval(timer);
      response.end();
    }, 120);
  });
  expect(await read((await sendRequest(asked(to, { idleMs: 300 }))).body)).toBe('01234');
  expect(await read((await sendRequest(asked(to, { idleMs: 0 }))).body)).toBe('01234');
});

it('does not take a slow reader for a slow server', async () => {
  const to = await serve((_, response) => {
    response.write('one');
    setTimeout(() => response.end('two'), 50);
  });
  const answer = await sendRequest(asked(to, { idleMs: 150 }));
  let text = '';
  for await (const chunk of answer.body) {
    text += Buffer.from(chunk).toString();
    await sleep(400);
  }
  expect(text).toBe('onetwo');
});

it('fails where the connection is cut before or in the middle of an answer', async () => {
  const before = await say((socket) => socket.destroy());
  await expect(sendRequest(asked(before))).rejects.toMatchObject({ code: 'ECONNRESET' });
  const within = await say((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    setTimeout(() => socket.destroy(), 50);
  });
  const answer = await sendRequest(asked(within, { agent: new Agent() }));
  await expect(read(answer.body)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

it('fails on headers that have no end, and on what is no HTTP', async () => {
  const large = await say((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`));
  await expect(sendRequest(asked(large))).rejects.toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
  const other = await say((socket) => socket.write('\u0016\u0003\u0001\r\n\r\n'));
  await expect(sendRequest(asked(other, { agent: new Agent() }))).rejects.toMatchObject({
    code: expect.stringMatching(/^HPE_/),
  });
});

it('ends with the reason of its signal: before it is sent, while it waits, and while its body is read', async () => {
  const reason = new Error('enough');
  let requests = 0;
  const to = await serve((_, response) => {
    requests += 1;
    if (requests > 1) response.write('begun');
  });
  await expect(sendRequest(asked(to, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  expect(requests).toBe(0);
  const waiting = new AbortController();
  setTimeout(() => waiting.abort(reason), 50);
  await expect(sendRequest(asked(to, { signal: waiting.signal }))).rejects.toBe(reason);
  const reading = new AbortController();
  const answer = await sendRequest(asked(to, { signal: reading.signal, agent: new Agent() }));
  setTimeout(() => reading.abort(reason), 50);
  await expect(read(answer.body)).rejects.toBe(reason);
});

it('lets go of a body that is cancelled, or whose reader leaves', async () => {
  const closed: Promise<unknown>[] = [];
  const to = await serve((_, response) => {
    closed.push(once(response, 'close'));
    const timer = setInterval(() => response.write('x'.repeat(1000)), 5);
    response.once('close', () => clearInterval(timer));
  });
  const cancelled = await sendRequest(asked(to, { agent: new Agent() }));
  cancelled.cancel();
  for await (const _ of (await sendRequest(asked(to, { agent: new Agent() }))).body) break;
  await Promise.all(closed);
  expect(closed).toHaveLength(2);
});

it('reads again on a new connection where the kept one was closed meanwhile, and never sends a body twice', async () => {
  const seen: number[] = [];
  const to = await say((socket, connection) => {
    seen.push(connection);
    // The second request of a connection finds it gone.
    if (seen.filter((one) => one === connection).length > 1) socket.destroy();
    else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  const get = async () => await read((await sendRequest(asked(to))).body);
  expect(await get()).toBe('ok');
  expect(await get()).toBe('ok');
  expect(seen).toEqual([0, 0, 1]);
  const posted = sendRequest(asked(to, { method: 'POST', body: [Buffer.from('x')] }));
  await expect(posted).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(seen).toEqual([0, 0, 1, 1]);
});

it('leaves what comes to gather where it is asked to: many small pieces are few', async () => {
  const to = await serve((_, response) => {
    let sent = 0;
    const timer = setInterval(() => {
      response.write(`${String(sent).padStart(3, '0')}\n`);
      sent += 1;
      if (sent < 200) return;
      clearInterval(timer);
      response.end();
    }, 2);
  });
  const pieces: string[] = [];
  const { body } = await sendRequest(asked(to, { gatherMs: 100 }));
  for await (const chunk of body) pieces.push(Buffer.from(chunk).toString());
  expect(pieces.join('')).toBe(Array.from({ length: 200 }, (_, at) => `${String(at).padStart(3, '0')}\n`).join(''));
  expect(pieces.length).toBeLessThan(40);
});
