import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterEach, expect, it } from 'vitest';
import { createRegistryClient } from '../../client.ts';
import { chooseNewestTags } from '../../newest-tags.ts';
import { datesOf } from '../fake.testing.ts';

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
    const tags = /^\/v2\/namespaces\/acme\/repositories\/(web|secret|mixed|touched)\/tags\?/.exec(
      request.url ?? '',
    )?.[1];
    if (tags !== undefined) return void answerTags(request, response, tags, Number(page));
    if (request.url?.startsWith('/v2/namespaces/acme/repositories?') !== true)
      return void response.writeHead(404).end('{}');
    const isSignedIn = request.headers.authorization === 'Bearer jwt';
    const next = page === '1' ? `${hub.origin}/v2/namespaces/acme/repositories?page=2&page_size=100` : null;
    const results =
      page === '1' ? [{ name: 'web' }, { name: 'Not A Name' }] : isSignedIn ? [{ name: 'secret' }] : [{ name: 'api' }];
    response.end(JSON.stringify({ count: 3, next, previous: null, results }));
  });
  /** As the Hub gives them: what was updated last first, but for one repository. */
  function answerTags(request: IncomingMessage, response: ServerResponse, repository: string, page: number) {
    if (repository === 'secret' && request.headers.authorization !== 'Bearer jwt')
      return response.writeHead(404).end('{"message":"object not found"}');
    const days = { mixed: [1, 9, 2, 8, 3, 7], touched: [9, 3, 2, 8, 1, 7] }[repository] ?? [9, 8, 7, 3, 2, 1];
    const results = days.slice(page * 2 - 2, page * 2).map((day, index) => ({
      name: `build-${day}`,
      // An update need not be a push.
      last_updated: `2026-11-${repository === 'touched' ? 30 - page * 2 - index : `0${day}`}T10:00:00.123456Z`,
      tag_last_pushed: day === 9 ? null : `2026-11-0${day}T09:00:00.123456Z`,
      tag_status: 'active',
    }));
    const next = new URL(request.url ?? '', hub.origin);
    next.searchParams.set('page', String(page + 1));
    response.end(JSON.stringify({ count: 6, next: page < 3 ? next.href : null, previous: null, results }));
  }
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

const allOf = (repository: string) => [1, 2, 3, 7, 8, 9].map((day) => `build-${day}`).concat(`${repository}-new`);

it('says when tags were pushed, also of private ones, with one session for all repositories', async () => {
  const hub = await startHub();
  const client = clientOf(hub, credentials('right'));
  const days = ['build-9 2026-11-09', 'build-8 2026-11-08', 'build-7 2026-11-07', 'build-3 2026-11-03'];
  expect((await datesOf(client, 'acme/secret')).slice(0, 4)).toEqual(days);
  expect(await datesOf(client, 'acme/web')).toHaveLength(6);
  expect(hub.seen.filter(({ path }) => path === '/v2/auth/token')).toHaveLength(1);
  await expect(datesOf(clientOf(hub), 'acme/secret')).rejects.toMatchObject({ code: 'not-found' });
});

it('reads no page behind the newest that are wanted while the list is in order, and all where it is not', async () => {
  const hub = await startHub();
  const chosen = async (repository: string) =>
    await chooseNewestTags(clientOf(hub), `acme/${repository}`, allOf(repository), 2, [], AbortSignal.timeout(5000));
  const pages = () => hub.seen.filter(({ path }) => path.includes('/tags?')).length;
  expect(await chosen('web')).toEqual({ tags: ['build-9', 'build-8'], by: 'pushed', reason: null });
  expect(pages()).toBe(2);
  expect((await chosen('mixed')).tags).toEqual(['build-9', 'build-8']);
  expect(pages()).toBe(2 + 3);
  // Nine was never pushed by what the fake says, so that its update counts.
  expect((await chosen('touched')).tags).toEqual(['build-9', 'build-8']);
  expect(pages()).toBe(2 + 3 + 3);
});
