import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { createFixtureApi } from './fixture-api.ts';
import type { Scenario } from './scenario.ts';

/** The console's own policy: what breaks it breaks here. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const BODY_BYTES_MAX = 64 * 1024 * 1024;
const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

export type ApiHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The fixture behind Node's own request and response, with the session as a cookie. */
export function fixtureHandler(scenario: Scenario): ApiHandler {
  const api = createFixtureApi(scenario);
  return async (request, response) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of request) {
      const part: Uint8Array = chunk;
      bytes += part.byteLength;
      if (bytes > BODY_BYTES_MAX) {
        response.writeHead(413).end();
        return;
      }
      chunks.push(part);
    }
    const answer = await api({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      body: Buffer.concat(chunks).toString('utf8'),
      signedIn: /(?:^|; )hullcheck_session=fixture(?:;|$)/.test(request.headers.cookie ?? ''),
    });
    response.setHeader('content-type', 'application/json');
    if (answer.session === 'begin')
      response.setHeader('set-cookie', 'hullcheck_session=fixture; Path=/; HttpOnly; SameSite=Strict');
    if (answer.session === 'end')
      response.setHeader('set-cookie', 'hullcheck_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict');
    response.writeHead(answer.status).end(answer.body);
  };
}

/** The built pages and the fixture on one origin, as the console serves them. */
export async function serveBuilt(
  dist: string,
  scenario: Scenario,
): Promise<{ readonly origin: string; readonly server: Server }> {
  const api = fixtureHandler(scenario);
  const server = createServer((request, response) => {
    void (async () => {
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('x-content-type-options', 'nosniff');
      if (request.url?.startsWith('/api/') === true) return api(request, response);
      const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
      const file = types.has(extname(path)) ? join(dist, path) : join(dist, 'index.html');
      try {
        const bytes = await readFile(file);
        response.setHeader('content-type', types.get(extname(file)) ?? 'application/octet-stream');
        response.writeHead(200).end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { origin: `http://127.0.0.1:${address.port}`, server };
}
