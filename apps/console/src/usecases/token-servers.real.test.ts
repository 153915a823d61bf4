import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallInput } from '@hullcheck/contract';
import {
  type ConsoleClient,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  type ScriptedServer,
  startDockerRegistry,
  startScriptedServer,
  startTokenServer,
  type TokenServer,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';

const layout = corpusLayout('alpine-3.20');
const account = { username: 'reader', password: 'CANARY-pass' };
const service = 'registry.test';

let console: TestConsole;
let client: ConsoleClient;
beforeAll(async () => {
  console = await startTestConsole('realms');
  ({ client } = console);
});
afterAll(async () => {
  await console?.stop();
});

const synced = async (id: string, after: string | null) => {
  for (let tries = 0; tries < 600; tries += 1) {
    const row = await client.call('connections.get', { params: { id } });
    if (row.sync.activity === 'idle' && row.sync.at !== after) return row;
    await sleep(100);
  }
  throw new Error('the synchronisation did not end');
};
const given = (server: ScriptedServer) => server.seen.filter(({ headers }) => headers.authorization !== undefined);
type Body = CallInput<'connections.update'>['body'];

describe.skipIf(!dockerRegistryAvailable || layout === undefined)(
  'a registry whose tokens come from another host',
  { timeout: 120_000 },
  () => {
    let folder: string;
    let server: TokenServer;
    let registry: DockerRegistry;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'hullcheck-realms-'));
      server = await startTokenServer({ folder, service, account, mayPull: () => true });
      const dir = join(folder, 'blobs');
      const filled = await startDockerRegistry({ dir });
      await filled.push(`oci:${layout}`, 'team/alpine:3.20');
      await filled.stop();
      registry = await startDockerRegistry({ dir, tokens: { ...server, service } });
    });
    afterAll(async () => {
      await registry?.stop();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it.each(['generic', 'harbor'] as const)(
      'gives them nothing until an administrator confirms the address, exactly, and says so (%s)',
      async (kind) => {
        const input = {
          kind,
          name: `realm ${kind}`,
          url: registry.origin,
          auth: { kind: 'basic' as const, ...account },
          repositories: ['team/alpine'],
        };
        const before = server.seen.length;
        const found = await client.call('connections.test', { body: input });
        expect(found).toMatchObject({
          status: 'authorization_failed',
          code: 'REALM_REFUSED',
          tokenServers: [server.origin],
          privateAddresses: [],
        });
        expect(found.detail).toContain(`on another host (${server.origin}). Confirm`);
        const { id } = await client.call('connections.create', { body: input });
        const refused = await synced(id, null);
        expect(refused.status).toMatchObject({ status: 'authorization_failed', code: 'REALM_REFUSED' });
        expect(refused.status.detail).toContain(`${server.origin}, which gets no credential`);
        expect(refused.status.detail).toContain('allows exactly that address on the form');
        expect(server.seen.slice(before)).toEqual([]);

        // What was saved was not given for this server.
        const { auth, ...kept } = { ...input, trustedRealms: [server.origin] };
        const again = { code: 'invalid-input', message: expect.stringContaining('enter the credential again') };
        const body: Body = kept;
        await expect(client.call('connections.update', { params: { id }, body })).rejects.toMatchObject(again);
        await expect(client.call('connections.test', { body: { ...kept, saved: id } })).rejects.toMatchObject(again);
        expect(server.seen.slice(before)).toEqual([]);

        expect(await client.call('connections.test', { body: { ...kept, auth } })).toMatchObject({
          status: 'connected',
          tokenServers: [],
        });
        await client.call('connections.update', { params: { id }, body: { ...kept, auth } });
        const row = await synced(id, refused.sync.at);
        expect(row).toMatchObject({ status: { status: 'connected' }, trustedRealms: [server.origin] });
        expect(given(server).length).toBeGreaterThan(0);
        const [entry] = await console.query(
          `select detail from audit where action = 'connections.update' and target = $1 and outcome = 'ok'`,
          id,
        );
        expect(entry?.detail).toMatchObject({ trustedRealms: [server.origin] });
        // It stays without being confirmed again, and goes when it is taken back.
        await client.call('connections.update', { params: { id }, body: { ...kept, everyMinutes: null } });
        const same = await synced(id, row.sync.at);
        expect(same.status.status).toBe('connected');
        await client.call('connections.update', { params: { id }, body: { ...kept, trustedRealms: [] } });
        expect((await synced(id, same.sync.at)).status.code).toBe('REALM_REFUSED');
        await client.call('connections.delete', { params: { id } });
      },
    );

    it('takes no address that is more than a server', async () => {
      for (const realm of [
        `${server.origin}/token`,
        'ftp://sso.example.net',
        'https://user@sso.example.net',
        'https://SSO.example.net',
      ]) {
        const body = { kind: 'generic' as const, name: 'x', url: registry.origin, trustedRealms: [realm] };
        await expect(client.call('connections.test', { body })).rejects.toMatchObject({ code: 'invalid-input' });
      }
    });
  },
);

describe('a registry that keeps its blobs elsewhere', () => {
  const config = Buffer.from('{}');
  const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  let server: ScriptedServer;
  let store: ScriptedServer;
  beforeAll(async () => {
    store = await startScriptedServer((_, response) => response.end(config), '127.0.0.2');
    server = await startScriptedServer((request, response) => {
      const path = request.url ?? '';
      if (path.includes('/blobs/')) return response.writeHead(307, { location: `${store.origin}/signed` }).end();
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = { schemaVersion: 2, mediaType, config: { digest, size: config.byteLength }, layers: [] };
      const body = path.includes('/tags/') ? { tags: ['1'] } : path.includes('/manifests/') ? manifest : {};
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  afterAll(async () => {
    await server?.stop();
    await store?.stop();
  });

  it('is told before it is saved that nothing can be read from there, and what to do; no address is offered', async () => {
    const body = { kind: 'generic' as const, name: 'x', url: server.origin, repositories: ['team/app'] };
    const found = await client.call('connections.test', { body });
    expect(found).toMatchObject({ status: 'unreachable', code: 'ADDRESS_REFUSED', privateAddresses: [] });
    expect(found.detail).toMatch(/^127\.0\.0\.2: manifests can be read, but not the blobs.*HULLCHECK_ALLOW_NETWORK/);
    expect(store.seen).toEqual([]);
  });
});
