import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** An HTTP server that does what its script says, wrong things too, and remembers what it was asked. */
export interface ScriptedServer {
  readonly origin: string;
  readonly host: string;
  readonly seen: readonly SeenRequest[];
  stop(): Promise<void>;
}

export type Script = (request: IncomingMessage, response: ServerResponse) => void;

/** Listens on `127.0.0.1`, or on another loopback address to stand for another host. */
export async function startScriptedServer(script: Script, address = '127.0.0.1'): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    // A client that hangs up is what many scripts are about.
    response.on('error', () => undefined);
    script(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address}:${port}`;
  return {
    origin: `http://${host}`,
    host,
    seen,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
