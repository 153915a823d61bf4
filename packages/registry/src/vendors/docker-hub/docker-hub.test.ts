import { type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterEach, expect, it } from 'vitest';
import { createRegistryClient } from '../../client.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** The Hub API as its documentation shows it: two pages, private repositories only with a session. */
async function startHub(): Promise<ScriptedServer> {
  const hub = await startScriptedServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/v2/auth/token' && request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        const { identifier, secret } = JSON.parse(body) as Record<string, string>;
        const isRight = identifier === 'acme' && secret === 'right';
        response.writeHead(isRight ? 200 : 401).end(isRight ? '{"access_token":"jwt"}' : '{"detail":"no"}');
      });
      return;
    }
    const page = new URL(request.url ?? '', 'http://x').searchParams.get('page');
    if (request.url?.startsWith('/v2/namespaces/acme/repositories?') !== true)
      return void response.writeHead(404).end('{}');
    const isSignedIn = request.headers.authorization === 'Bearer jwt';
    const next = page === '1' ? `${hub.origin}/v2/namespaces/acme/repositories?page=2&page_size=100` : null;
    const results =
      page === '1' ? [{ name: 'web' }, { name: 'Not A Name' }] : isSignedIn ? [{ name: 'secret' }] : [{ name: 'api' }];
    response.end(JSON.stringify({ count: 3, next, previous: null, results }));
  });
  open.push(() => hub.stop());
  return hub;
}

function clientOf(hub: ScriptedServer, options: object = {}) {
  const client = createRegistryClient({
    registry: 'docker.io',
    vendor: 'docker-hub',
    apiOrigin: hub.origin,
    egress: { registry: ['loopback'], elsewhere: [] },
    namespaces: ['acme'],
    ...options,
  });
  open.push(() => client.close());
  return client;
}

async function list(client: ReturnType<typeof clientOf>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of client.listRepositories(AbortSignal.timeout(5000))) names.push(name);
  return names;
}

const credentials = (password: string) => ({ credentials: { kind: 'basic', username: 'acme', password } });

it('lists a namespace page by page, names as the registry takes them', async () => {
  const client = clientOf(await startHub());
  expect(client.origin).toBe('https://registry-1.docker.io');
  expect(await list(client)).toEqual(['acme/web', 'acme/api']);
});

it('signs in for private ones, and says when that fails', async () => {
  const hub = await startHub();
  expect(await list(clientOf(hub, credentials('right')))).toEqual(['acme/web', 'acme/secret']);
  await expect(list(clientOf(hub, credentials('wrong')))).rejects.toMatchObject({ code: 'authorization-failed' });
});

it('tells a missing namespace from an empty list', async () => {
  const hub = await startHub();
  await expect(list(clientOf(hub, { namespaces: ['nobody'] }))).rejects.toMatchObject({ code: 'not-found' });
  await expect(list(clientOf(hub, { namespaces: [] }))).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(list(clientOf(hub, { namespaces: ['../admin'] }))).rejects.toMatchObject({ code: 'invalid-input' });
});
