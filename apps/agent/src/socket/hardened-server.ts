import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from '@hullcheck/runtimes';
import { socketConnectionsMax } from '../limits.ts';

/** A server for the other half that takes GET requests without a body and nothing else; the caller makes it listen. */
export function createHardenedServer(
  answer: (target: string, request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = http.createServer((request, response) => {
    const { method, url } = request;
    if (method !== 'GET' || url === undefined || hasBody(request) || request.headers.upgrade !== undefined)
      return refuse(request, response);
    answer(url, request, response);
  });
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

/** What the privileged half says of itself: one path, one JSON text. */
export function createControlServer(path: string, say: () => Promise<unknown>): Server {
  return createHardenedServer((target, request, response) => {
    if (target !== path) return refuse(request, response);
    say().then(
      (value) => response.end(JSON.stringify(value)),
      () => response.writeHead(503).end(),
    );
  });
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

export function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(403, { connection: 'close' }).end();
  request.destroy();
}

/** Sends the pieces as fast as the other half takes them; ends early when it is gone. */
export async function sendAll(
  pieces: AsyncIterable<Uint8Array | string>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    if (!response.write(piece)) await drained(response);
    if (signal.aborted) break;
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve);
  response.once('close', resolve);
  await promise;
  response.off('drain', resolve);
  response.off('close', resolve);
}
