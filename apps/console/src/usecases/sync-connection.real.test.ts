import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsoleClient,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';

const layouts = ['alpine-3.20', 'alpine-3.10', 'debian-bookworm'].map((name) => corpusLayout(name));
const account = { username: 'robot', password: 'CANARY-robot-password' };

describe.skipIf(!dockerRegistryAvailable || layouts.some((layout) => layout === undefined))(
  'a connection to a registry with password and TLS',
  () => {
    let registry: DockerRegistry;
    let console: TestConsole;
    let client: ConsoleClient;
    let id: string;

    beforeAll(async () => {
      registry = await startDockerRegistry({ tls: true, htpasswd: account });
      await registry.push(`oci:${layouts[0]}`, 'team/app:1.0');
      await registry.push(`oci:${layouts[1]}`, 'team/app:0.9');
      await registry.push(`oci:${layouts[1]}`, 'other/tool:latest');
      console = await startTestConsole('connection');
      ({ client } = console);
    });
    afterAll(async () => {
      await console?.stop();
      await registry?.stop();
    });

    const input = (more: object = {}) => ({
      kind: 'generic' as const,
      name: 'team registry',
      url: registry.origin,
      auth: { kind: 'basic' as const, ...account },
      tls: { ca: registry.ca ?? null },
      ...more,
    });
    const synced = async (after: string | null) => {
      for (let tries = 0; tries < 300; tries += 1) {
        const row = await client.call('connections.get', { params: { id } });
        if (row.sync.activity === 'idle' && row.sync.at !== after) return row;
        await sleep(100);
      }
      throw new Error('the synchronisation did not end');
    };
    const tags = async () => {
      const rows = await client.images();
      return rows
        .map(({ repository, tags: own, assessment }) => [repository, own, assessment.state])
        .sort((a, b) => (String(a) < String(b) ? -1 : 1));
    };
    const assessed = async () => {
      for (const { id: image } of await client.images()) await client.settled(image);
    };

    it('is tested before it is saved, and says what is wrong', async () => {
      const test = async (more: object) => (await client.call('connections.test', { body: input(more) })).status;
      expect(await test({})).toBe('connected');
      expect(await test({ auth: { kind: 'basic', username: 'robot', password: 'wrong' } })).toBe(
        'authorization_failed',
      );
      expect(await test({ auth: { kind: 'anonymous' } })).toBe('authorization_failed');
      expect(await test({ tls: { ca: null } })).toBe('ssl_handshake');
      expect(await test({ url: 'https://localhost:1' })).toBe('unreachable');
    });

    it('lists its repositories and assesses their images', async () => {
      ({ id } = await client.call('connections.create', { body: input() }));
      const row = await synced(null);
      expect(row.status).toMatchObject({ status: 'connected', partial: null });
      expect(row.sync).toMatchObject({ repositories: 2, images: 2, error: null });
      await assessed();
      // One image under two names is one row: by its best name, and both can be searched for.
      expect((await client.images()).length).toBe(2);
      const [found] = (await client.call('images.list', { query: { q: 'other/tool' } })).items;
      const [same] = (await client.call('images.list', { query: { q: 'team/app:0.9' } })).items;
      expect(found?.id).toBe(same?.id);
      expect(found?.assessment).toMatchObject({ state: 'partial', readBy: 'console' });
      const repositories = await client.call('repositories.list', {});
      expect(repositories.items.map(({ repository, tags: count, images }) => [repository, count, images])).toEqual([
        ['other/tool', 1, 1],
        ['team/app', 2, 2],
      ]);
      const app = repositories.items.find(({ repository }) => repository === 'team/app')?.id ?? '';
      const { items: ofApp } = await client.call('repositories.tags', { params: { id: app }, query: {} });
      expect(ofApp.map(({ image }) => image?.readBy)).toEqual(['console', 'console']);
    });

    it('follows a tag that moves', async () => {
      const before = (await synced(null)).sync.at;
      await registry.push(`oci:${layouts[2]}`, 'team/app:1.0');
      await client.call('connections.sync', { params: { id } });
      await synced(before);
      await assessed();
      const rows = await client.images();
      const app = rows.find(({ tags: own }) => own.includes('1.0'));
      expect(app?.os?.id).toBe('debian');
      expect(rows.length).toBe(2);
      expect(await tags()).toContainEqual(['team/app', ['1.0'], 'partial']);
    });

    it('reads only what matches its patterns', async () => {
      const before = (await synced(null)).sync.at;
      const { auth: _, ...kept } = input({ repositories: ['other/*'] });
      await client.call('connections.update', { params: { id }, body: kept });
      const row = await synced(before);
      expect(row.sync).toMatchObject({ repositories: 1, images: 1, error: null });
      expect((await client.images()).map(({ repository }) => repository)).toEqual(['other/tool']);
    });

    it('reads single repositories with a credential of their own, keeps it, and marks a tag that is deleted', async () => {
      const own = [{ pattern: 'team/*', auth: { kind: 'basic' as const, ...account } }];
      const named = input({ auth: { kind: 'anonymous' as const }, repositories: ['team/app', 'other/tool'] });
      const body = { ...named, repositoryCredentials: own };
      expect(await client.call('connections.test', { body })).toMatchObject({
        status: 'connected',
        partial: 'pull_only',
      });
      let before = (await synced(null)).sync.at;
      await client.call('connections.update', { params: { id }, body });
      const row = await synced(before);
      expect(row.repositoryCredentials).toEqual([{ pattern: 'team/*', auth: { kind: 'basic', username: 'robot' } }]);
      // The other repository has no credential: the worst of the reading is the connection's status.
      expect(row.status).toMatchObject({ status: 'authorization_failed', code: 'CREDENTIALS_REQUIRED' });
      expect(row.status.detail).toContain('other/tool');
      before = row.sync.at;
      await registry.remove('team/app', '0.9');
      const kept = { ...body, repositories: ['team/app'], repositoryCredentials: [{ pattern: 'team/*' }] };
      await client.call('connections.update', { params: { id }, body: kept });
      expect((await synced(before)).status).toMatchObject({ status: 'connected', partial: 'pull_only' });
      expect(await client.call('connections.test', { body: { ...kept, saved: id } })).toMatchObject({
        status: 'connected',
        partial: 'pull_only',
      });
      const [repository] = (await client.call('repositories.list', { query: { connection: id } })).items;
      const { items } = await client.call('repositories.tags', { params: { id: repository?.id ?? '' }, query: {} });
      expect(items.map(({ name, goneAt }) => [name, goneAt === null])).toEqual([
        ['1.0', true],
        ['0.9', false],
      ]);
      // An address that was not tried with this credential gets none of it.
      const moved = { ...kept, url: 'https://localhost:1', auth: undefined };
      const tried = { ...kept, url: 'https://localhost:1', saved: id };
      await expect(client.call('connections.test', { body: tried })).rejects.toMatchObject({ code: 'invalid-input' });
      await expect(client.call('connections.update', { params: { id }, body: moved })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    });

    it('takes its images and its credential with it', async () => {
      await client.call('connections.delete', { params: { id } });
      expect(await client.images()).toEqual([]);
      expect(console.lines.join('')).not.toContain(account.password);
    });
  },
);
