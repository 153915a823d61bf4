/** What the vendors' fakes have in common: requests with their body, and the part that is the distribution API. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../client.ts';
import type { Clock } from '../clock.ts';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

const open: (() => Promise<void>)[] = [];

/** Ends what the test has opened; for `afterEach`. */
export async function closeFakes(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}

/** A server whose answers are a function of the request; undefined is a 404 as the vendor would give it. */
export async function startFake(answer: (request: FakeRequest) => FakeAnswer | undefined): Promise<ScriptedServer> {
  const server = await startScriptedServer((incoming, response) => {
    readText(incoming)
      .then((body) => {
        const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'fake'}`);
        const made = answer({ method: incoming.method ?? '', url, headers: incoming.headers, body }) ?? { status: 404 };
        response.writeHead(made.status ?? 200, {
          'content-type': made.text === undefined ? 'application/json' : 'text/plain',
          ...made.headers,
        });
        response.end(made.text ?? JSON.stringify(made.json ?? {}));
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  open.push(() => server.stop());
  return server;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

export interface FakeRegistry {
  readonly repositories: readonly string[];
  /** `WWW-Authenticate` for who is not let in. */
  readonly challenge: (request: FakeRequest) => string;
  readonly letsIn: (authorization: string | undefined, request: FakeRequest) => boolean;
  /** False: as registries whose list is another API. */
  readonly hasCatalog?: boolean;
}

const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** `/v2/` of a registry whose repositories have one tag each. Undefined for other paths. */
export function answerV2(request: FakeRequest, registry: FakeRegistry): FakeAnswer | undefined {
  const path = request.url.pathname;
  if (!path.startsWith('/v2/')) return undefined;
  const refuse = (status: number, code: string, headers: Readonly<Record<string, string>> = {}) => ({
    status,
    headers,
    json: { errors: [{ code, message: code }] },
  });
  if (!registry.letsIn(request.headers.authorization, request)) {
    return refuse(401, 'UNAUTHORIZED', { 'www-authenticate': registry.challenge(request) });
  }
  if (path === '/v2/') return { json: {} };
  if (path === '/v2/_catalog') {
    if (registry.hasCatalog !== true) return refuse(404, 'UNSUPPORTED');
    const [start, size] = [registry.repositories.indexOf(request.url.searchParams.get('last') ?? '') + 1, 2];
    const repositories = registry.repositories.slice(start, start + size);
    const last = repositories.at(-1);
    return {
      json: { repositories },
      headers:
        last === undefined || start + size >= registry.repositories.length
          ? {}
          : { link: `</v2/_catalog?last=${encodeURIComponent(last)}&n=${size}&orderby=>; rel="next"` },
    };
  }
  const [, name = '', what] = /^\/v2\/(.+)\/(tags\/list|manifests\/.+)$/.exec(path) ?? [];
  if (!registry.repositories.includes(name)) return refuse(404, 'NAME_UNKNOWN');
  if (what === 'tags/list') return { json: { name, tags: ['1.0'] } };
  return { headers: { 'docker-content-digest': DIGEST, 'content-type': 'application/vnd.oci.image.manifest.v1+json' } };
}

export function clientOf(
  server: ScriptedServer,
  vendor: string,
  options: Partial<RegistryClientOptions> = {},
): RegistryClient {
  const client = createRegistryClient({
    registry: server.origin,
    vendor,
    egress: { registry: ['loopback'], elsewhere: [] },
    ...options,
  });
  open.push(() => client.close());
  return client;
}

export async function namesOf(client: RegistryClient): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of client.listRepositories(AbortSignal.timeout(10_000))) names.push(name);
  return names;
}

/** What the vendor says of when tags were pushed: `name day`, in its order. */
export async function datesOf(client: RegistryClient, repository: string): Promise<readonly string[]> {
  const dates: string[] = [];
  for await (const { name, pushedAtMs } of client.listTagDates(repository, AbortSignal.timeout(10_000)) ?? [])
    dates.push(`${name} ${new Date(pushedAtMs).toISOString().slice(0, 10)}`);
  return dates;
}

export async function digestOf(client: RegistryClient, repository: string): Promise<string> {
  return (await client.headManifest(repository, '1.0', AbortSignal.timeout(10_000))).digest;
}

/** What a test of a credential that may not do it gets. */
export async function faultOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to fail');
}

/** Real time but for an offset; waits pass at once. */
export function offsetClock(offsetMs = 0): Clock {
  return { now: () => Date.now() + offsetMs, random: () => 0, wait: async () => undefined };
}
