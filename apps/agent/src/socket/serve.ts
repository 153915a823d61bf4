import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { toFault } from '@hullcheck/core';
import { type EngineTransport, readJsonElements } from '@hullcheck/runtimes';
import { answerBytesMax, elementBytesMax, listBytesMax, listElementsMax, socketConnectionsMax } from '../limits.ts';
import { judgeRequest, type Passed } from './allow-list.ts';
import { withoutSecrets } from './redact.ts';

const LIST_LIMITS = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
const OBJECT_LIMITS = { elementBytesMax: answerBytesMax, elementsMax: 1, bytesMax: answerBytesMax };
const ANSWER_IDLE_MS = 60_000;
const EXPORT_IDLE_MS = 120_000;

/** A server that answers nothing but listed reads of one engine; the caller makes it listen. */
export function createSocketServer(engine: EngineTransport): Server {
  return harden(
    createServer((request, response) => {
      void answer(engine, request, response);
    }),
  );
}

/** The same shell for what the privileged half says of itself: one path, one JSON text. */
export function createControlServer(path: string, say: () => Promise<unknown>): Server {
  return harden(
    createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== path || hasBody(request)) return refuse(request, response);
      say().then(
        (value) => response.end(JSON.stringify(value)),
        () => response.writeHead(503).end(),
      );
    }),
  );
}

function harden(server: Server): Server {
  server.maxConnections = socketConnectionsMax;
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxHeadersCount = 20;
  // An upgrade is how `exec` and `attach` get a raw stream to a container; CONNECT is a tunnel.
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(403, { connection: 'close' }).end();
  request.destroy();
}

async function answer(engine: EngineTransport, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const passed = judgeRequest(request.method, request.url);
  if (passed === undefined || hasBody(request) || request.headers.upgrade !== undefined)
    return refuse(request, response);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await pass(engine, passed, response, gone.signal);
  } catch (error) {
    // The other half learns that it failed and of which kind; the text of the engine stays here.
    if (response.headersSent) response.destroy();
    else response.writeHead(toFault(error).code === 'runtime-forbidden' ? 403 : 502).end();
  }
}

async function pass(
  engine: EngineTransport,
  passed: Passed,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const idleTimeoutMs = passed.answer === 'lines' ? 0 : passed.answer === 'bytes' ? EXPORT_IDLE_MS : ANSWER_IDLE_MS;
  const upstream = await engine.get(passed.target, { signal, idleTimeoutMs });
  const { status } = upstream;
  if (status !== 200) {
    upstream.cancel();
    response.writeHead(status >= 400 && status < 600 ? status : 502).end();
    return;
  }
  response.writeHead(200, {
    'content-type': passed.answer === 'bytes' ? 'application/octet-stream' : 'application/json',
  });
  response.flushHeaders();
  for await (const chunk of filtered(passed, upstream.body, engine.address)) {
    if (!response.write(chunk)) await drained(response);
    if (signal.aborted) break;
  }
  response.end();
}

async function* filtered(
  passed: Passed,
  body: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<Uint8Array | string> {
  switch (passed.answer) {
    case 'bytes':
      yield* body;
      return;
    case 'object':
      for await (const value of readJsonElements(body, 0, OBJECT_LIMITS, place))
        yield JSON.stringify(withoutSecrets(value));
      return;
    case 'list': {
      let separator = '[';
      for await (const value of readJsonElements(body, 1, LIST_LIMITS, place)) {
        yield separator + JSON.stringify(withoutSecrets(value));
        separator = ',';
      }
      yield separator === '[' ? '[]' : ']';
      return;
    }
    case 'lines': {
      const endless = { elementBytesMax, elementsMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };
      for await (const value of readJsonElements(body, 0, endless, place))
        yield `${JSON.stringify(eventOnly(value))}\n`;
      return;
    }
  }
}

/** What happened to which object; the attributes of an event hold labels and command lines. */
function eventOnly(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return {};
  const { Type, Action, Actor, time } = value as Record<string, unknown>;
  const id = typeof Actor === 'object' && Actor !== null && 'ID' in Actor ? Actor.ID : null;
  // `exec_start: /bin/sh -c …` says in its name what was run.
  const action = typeof Action === 'string' ? (Action.split(':')[0] ?? '') : '';
  return { Type, Action: action, Actor: { ID: id }, time };
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve);
  response.once('close', resolve);
  await promise;
  response.off('drain', resolve);
  response.off('close', resolve);
}
