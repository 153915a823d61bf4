import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDigest } from '@hullcheck/core';
import {
  type ConsoleClient,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  listedContainer,
  listedImage,
  playAgent,
  type ScriptedServer,
  startDockerRegistry,
  startScriptedServer,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { createPlayedRegistry } from './played-registry.testing.ts';

const layouts = ['alpine-3.20', 'alpine-3.10', 'debian-bookworm'].map((name) => corpusLayout(name));
const account = { username: 'robot', password: 'CANARY-robot-password' };

interface Stored {
  readonly digest: string;
  readonly configDigest: string;
}

/** Manifest and configuration of a layout's one image. */
function storedIn(layout: string): Stored {
  const read = (path: string) => JSON.parse(readFileSync(join(layout, path), 'utf8'));
  const digest: string = read('index.json').manifests[0].digest;
  return { digest, configDigest: read(`blobs/${digest.replace(':', '/')}`).config.digest };
}

let console: TestConsole;
let client: ConsoleClient;

/** A host whose agent reads nothing reports these as running, known by manifest. */
async function report(name: string, images: readonly { readonly stored: Stored; readonly reference: string }[]) {
  const listed = images.map(({ stored, reference }) => {
    const [config, manifest] = [parseDigest(stored.configDigest), parseDigest(stored.digest)];
    if (config === undefined || manifest === undefined) throw new Error('no digest');
    return { ...listedImage(config, 'unused'), manifestDigests: [manifest], repoTags: [], repoDigests: [reference] };
  });
  const containers = listed.map(({ key, repoDigests }, index) =>
    listedContainer(`${name}-${index}`, { imageKey: key, imageReference: repoDigests[0] ?? '' }),
  );
  const agent = await playAgent(client, name, { images: listed, containers });
  await agent.report({ agent: { version: '1', mode: 'inventory' } });
}

const imageOf = async (repository: string) => {
  const [row] = (await client.call('images.list', { query: { limit: 1, repository } })).items;
  return row === undefined ? undefined : await client.call('images.get', { params: { id: row.id } });
};
const assessmentOf = async (repository: string) => (await imageOf(repository))?.assessment;
const unreadable = (repository: string) =>
  expect
    .poll(() => assessmentOf(repository), { timeout: 30_000, interval: 100 })
    .toMatchObject({ activity: 'idle', state: 'none', reason: expect.stringContaining('Connect its registry') });
const read = (repository: string) =>
  expect
    .poll(() => assessmentOf(repository), { timeout: 60_000, interval: 100 })
    .toMatchObject({ activity: 'idle', state: expect.stringMatching(/partial|not-assessable/), readBy: 'console' });
const synced = async (id: string, after: string | null) => {
  for (let tries = 0; tries < 600; tries += 1) {
    const row = await client.call('connections.get', { params: { id } });
    if (row.sync.activity === 'idle' && row.sync.at !== after) return row;
    await sleep(100);
  }
  throw new Error('the synchronisation did not end');
};

beforeAll(async () => {
  console = await startTestConsole('unread');
  ({ client } = console);
});
afterAll(async () => {
  await console?.stop();
});

describe.skipIf(!dockerRegistryAvailable || layouts.some((layout) => layout === undefined))(
  'what runs and nobody could read',
  { timeout: 180_000 },
  () => {
    let registry: DockerRegistry;
    const [newer = '', old = '', other = ''] = layouts.flatMap((layout) => layout ?? []);

    beforeAll(async () => {
      registry = await startDockerRegistry({ htpasswd: account });
      await registry.push(`oci:${old}`, 'team/app:0.1');
      // By their names the newest 20 are these.
      for (let minor = 1; minor <= 20; minor += 1) await registry.push(`oci:${newer}`, `team/app:1.${minor}`);
      await registry.push(`oci:${other}`, 'team/other:1');
    });
    afterAll(async () => {
      await registry?.stop();
    });

    const input = (password: string) => ({
      kind: 'generic' as const,
      name: 'team registry',
      url: registry.origin,
      auth: { kind: 'basic' as const, username: account.username, password },
      repositories: ['team/app'],
    });

    it('is assessed as soon as the connection is saved that can read it, also outside the newest tags', async () => {
      const stored = [storedIn(old), storedIn(other)] as const;
      await report('lister', [
        { stored: stored[0], reference: `${registry.host}/team/app@${stored[0].digest}` },
        { stored: stored[1], reference: `${registry.host}/team/other@${stored[1].digest}` },
      ]);
      await unreadable('team/app');
      await unreadable('team/other');

      const { id } = await client.call('connections.create', { body: input('wrong') });
      const refused = await synced(id, null);
      expect(refused.status.status).toBe('authorization_failed');
      // Thousands of them would each be refused as the test was.
      expect(await assessmentOf('team/app')).toMatchObject({ activity: 'idle', state: 'none' });

      await client.call('connections.update', { params: { id }, body: input(account.password) });
      await read('team/app');
      await read('team/other');
      const row = await synced(id, refused.sync.at);
      expect(row.status.status).toBe('connected');
      const [repository] = (await client.call('repositories.list', { query: { connection: id } })).items;
      const { items } = await client.call('repositories.tags', { params: { id: repository?.id ?? '' }, query: {} });
      expect(items).toHaveLength(20);
      expect(items.map(({ name }) => name)).not.toContain('0.1');
    });
  },
);

describe('a registry that fails and comes back', { timeout: 120_000 }, () => {
  const played = createPlayedRegistry();
  let answers: 'all' | 'nothing' | 'nothing of late/app' = 'all';
  let server: ScriptedServer;
  let id: string;

  beforeAll(async () => {
    server = await startScriptedServer((request, response) => {
      const path = request.url ?? '';
      const fails = answers === 'nothing' || (answers !== 'all' && path.startsWith('/v2/late/app/'));
      if (fails) return response.writeHead(answers === 'nothing' ? 401 : 403).end();
      return played.answer(request.method ?? '', path, response);
    });
    played.tag('late/app', '1', played.image('at rest'));
    ({ id } = await client.call('connections.create', {
      body: { kind: 'generic', name: 'late', url: server.origin, repositories: ['late/app'] },
    }));
    await synced(id, null);
  });
  afterAll(async () => {
    await server?.stop();
  });

  const reading = async () => {
    const { sync } = await client.call('connections.get', { params: { id } });
    await client.call('connections.sync', { params: { id } });
    return await synced(id, sync.at);
  };
  const tries = async (repository: string) => {
    const image = await imageOf(repository);
    return (await console.query('select count(*)::int as n from assessment where image_id = $1', image?.id))[0]?.n;
  };

  it('is asked again for what hosts have of it, once, as soon as it is connected again', async () => {
    for (const [repository, fails] of [
      ['late/first', 'nothing'],
      ['late/second', 'nothing of late/app'],
    ] as const) {
      const image = played.image(repository);
      played.tag(repository, '1', image);
      // Whoever has a digest may ask for it; nobody has what this one says until later.
      const kept = played.blobs.get(image.digest);
      played.blobs.delete(image.digest);
      answers = fails;
      await report(repository.replace('/', '-'), [
        { stored: image, reference: `${server.host}/${repository}@${image.digest}` },
      ]);
      await unreadable(repository);
      expect((await reading()).status.status).toBe('authorization_failed');
      await unreadable(repository);
      const before = await tries(repository);
      if (kept !== undefined) played.blobs.set(image.digest, kept);
      answers = 'all';
      expect((await reading()).status.status).toBe('connected');
      await read(repository);
      expect(await tries(repository)).toBe(Number(before) + 1);
    }
  });

  it('is not asked again and again for what it has not, while it is connected or some of it fails', async () => {
    const image = played.image('nowhere');
    await report('nowhere', [{ stored: image, reference: `${server.host}/late/nowhere@${image.digest}` }]);
    await unreadable('late/nowhere');
    const before = await tries('late/nowhere');
    for (const state of ['all', 'nothing of late/app', 'nothing of late/app'] as const) {
      answers = state;
      await reading();
    }
    await unreadable('late/nowhere');
    expect(await tries('late/nowhere')).toBe(before);
  });
});
