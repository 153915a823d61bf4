import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsoleClient, type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { createPlayedRegistry } from './played-registry.testing.ts';

describe('a registry that limits pulls', () => {
  const registry = createPlayedRegistry();
  let server: ScriptedServer;
  let running: TestConsole;
  let client: ConsoleClient;
  let id = '';

  beforeAll(async () => {
    for (const repository of ['a/one', 'b/two', 'c/three'])
      for (const tag of ['1', '2']) registry.tag(repository, tag, registry.image(`${repository} ${tag}`));
    registry.tag('c/three', '3-rc1', registry.image('candidate'));
    server = await startScriptedServer((request, response) =>
      registry.answer(request.method ?? '', request.url ?? '', response),
    );
    running = await startTestConsole('limits');
    ({ client } = running);
  });
  afterAll(async () => {
    await running?.stop();
    await server?.stop();
  });

  const input = (more: object = {}) => ({
    kind: 'generic' as const,
    name: 'limited',
    url: server.origin,
    tags: { include: [], exclude: ['*-rc*'] },
    ...more,
  });
  const synced = async (after: string | null) => {
    for (let tries = 0; tries < 300; tries += 1) {
      const row = await client.call('connections.get', { params: { id } });
      if (row.sync.activity === 'idle' && row.sync.at !== null && row.sync.at !== after) return row;
      await sleep(100);
    }
    throw new Error('the reading did not end');
  };
  const again = async () => {
    const before = (await client.call('connections.get', { params: { id } })).sync.at;
    await client.call('connections.sync', { params: { id } });
    return await synced(before);
  };
  /** Images that are being read would be seen among what is asked of the registry. */
  const assessed = async () => {
    for (const { id: image } of await client.images()) await client.settled(image);
  };
  const repositories = async () =>
    (await client.call('repositories.list', { query: { connection: id } })).items.map(
      ({ repository, tags, images, goneAt }) => [repository, tags, images, goneAt === null],
    );

  it('is read until a tenth is left, and keeps what was read', async () => {
    registry.state.remaining = (repository) => (repository === 'b/two' ? 5 : 90);
    ({ id } = await client.call('connections.create', { body: input() }));
    const row = await synced(null);
    expect(row.status).toMatchObject({ status: 'rate_limited', okAt: null });
    expect(row.status.detail).toContain('goes on at b/two');
    expect(row.rateLimit).toMatchObject({ limit: 100, remaining: 5, windowSeconds: 21_600 });
    const waitMs = Date.parse(row.sync.next ?? '') - Date.parse(row.sync.at ?? '');
    expect(waitMs).toBeGreaterThan(50 * 60_000);
    expect(waitMs).toBeLessThan(61 * 60_000);
    expect(await repositories()).toEqual([
      ['a/one', 2, 2, true],
      ['b/two', 0, 0, true],
    ]);
  });

  it('goes on where it stopped', async () => {
    registry.state.remaining = () => 90;
    await assessed();
    const from = server.seen.length;
    const row = await again();
    expect(row.status).toMatchObject({ status: 'connected', code: 'OK', retryAt: null });
    expect(row.status.okAt).not.toBeNull();
    const pulls = server.seen
      .slice(from)
      .filter(({ method, path }) => method === 'GET' && path.includes('/manifests/'));
    expect(pulls.some(({ path }) => path.includes('/a/one/'))).toBe(false);
    expect(await repositories()).toEqual([
      ['a/one', 2, 2, true],
      ['b/two', 2, 2, true],
      ['c/three', 2, 2, true],
    ]);
  });

  it('asks for nothing but HEAD where nothing changed', async () => {
    await assessed();
    const from = server.seen.length;
    await again();
    expect(
      server.seen.slice(from).filter(({ method, path }) => method === 'GET' && path.includes('/manifests/')),
    ).toEqual([]);
  });

  it('marks tags and repositories that are gone, and forgets what is not wanted', async () => {
    registry.tags.get('a/one')?.delete('2');
    registry.tags.delete('c/three');
    await again();
    expect(await repositories()).toEqual([
      ['a/one', 1, 1, true],
      ['b/two', 2, 2, true],
      ['c/three', 0, 0, false],
    ]);
    const { items } = await client.call('repositories.list', { query: { connection: id, q: 'a/one' } });
    const tags = await client.call('repositories.tags', { params: { id: items[0]?.id ?? '' }, query: {} });
    expect(tags.items.map(({ name, goneAt }) => [name, goneAt === null])).toEqual([
      ['1', true],
      ['2', false],
    ]);
    const before = (await client.call('connections.get', { params: { id } })).sync.at;
    await client.call('connections.update', { params: { id }, body: input({ excludeRepositories: ['b/*'] }) });
    await synced(before);
    expect((await repositories()).map(([name]) => name)).toEqual(['a/one', 'c/three']);
  });

  it('reads the image of every wanted platform', async () => {
    registry.tag('d/multi', '1', registry.index('multi'));
    const before = (await client.call('connections.get', { params: { id } })).sync.at;
    const platforms = ['linux/amd64', 'linux/arm64'];
    await client.call('connections.update', { params: { id }, body: input({ repositories: ['d/*'], platforms }) });
    await synced(before);
    expect(await repositories()).toEqual([['d/multi', 1, 2, true]]);
  });

  it('watches what was pushed last, goes on with that while nobody says when, and by name where it is refused', async () => {
    for (const tag of ['alpha', '1', '2']) registry.tag('e/dated', tag, registry.image(`dated ${tag}`));
    const watched = async () => {
      const { items } = await client.call('repositories.list', { query: { connection: id } });
      const tags = await client.call('repositories.tags', { params: { id: items[0]?.id ?? '' }, query: {} });
      return [tags.items.map(({ name }) => name).join(), items[0]?.newestBy, items[0]?.newestReason];
    };
    const tags = [1, 3, 2].map((start_ts, at) => ({ name: ['1', 'alpha', '2'][at] ?? '', start_ts }));
    registry.state.dates = { status: 200, tags };
    const body = input({ kind: 'quay', name: 'dated', repositories: ['e/dated'], tagsMax: 1 });
    ({ id } = await client.call('connections.create', { body }));
    await synced(null);
    expect(await watched()).toEqual(['alpha', 'pushed', null]);
    registry.state.dates = { status: 501, tags: [] };
    await again();
    expect(await watched()).toEqual(['alpha', 'name', expect.stringContaining('failed')]);
    registry.state.dates = { status: 403, tags: [] };
    await again();
    expect(await watched()).toEqual(['2', 'name', expect.stringContaining('forbids')]);
    const before = (await client.call('connections.get', { params: { id } })).sync.at;
    await client.call('connections.update', { params: { id }, body: { ...body, tagsMax: 3 } });
    await synced(before);
    expect(await watched()).toEqual([expect.stringContaining('alpha'), 'all', null]);
  });
});
