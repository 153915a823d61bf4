import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  startDockerRegistry,
  startTokenServer,
  type TokenServer,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';

const layout = corpusLayout('alpine-3.20');
const account = { username: 'reader', password: 'CANARY:pä55' };
const service = 'registry.test';
const signal = () => AbortSignal.timeout(60_000);

describe.skipIf(!dockerRegistryAvailable || layout === undefined)(
  "Debian's docker-registry with a token server",
  () => {
    let folder: string;
    let server: TokenServer;
    let registry: DockerRegistry;
    let filled: DockerRegistry;
    const clients: RegistryClient[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'hullcheck-tokens-'));
      server = await startTokenServer({
        folder,
        service,
        account,
        mayPull: (name) => name.startsWith('team/'),
        seconds: 60,
      });
      const dir = join(folder, 'blobs');
      // Filled while it is open to all: it then serves the same blobs with its doors shut.
      filled = await startDockerRegistry({ dir });
      await filled.push(`oci:${layout}`, 'team/alpine:3.20');
      await filled.push(`oci:${layout}`, 'other/alpine:1');
      registry = await startDockerRegistry({ dir, tokens: { ...server, service } });
    });
    afterAll(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await registry?.stop();
      await filled?.stop();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const connect = (options: Partial<RegistryClientOptions> = {}) => {
      const client = createRegistryClient({
        registry: registry.origin,
        egress: { registry: ['loopback'], elsewhere: ['loopback'] },
        // Its token server is another host.
        trustedRealms: [server.origin],
        credentials: { kind: 'basic', ...account },
        ...options,
      });
      clients.push(client);
      return client;
    };

    it('reads what the account may read, with one token for many requests', async () => {
      const client = connect();
      const before = server.seen.length;
      const manifest = await client.getManifest('team/alpine', '3.20', signal());
      expect(manifest.bytes.byteLength).toBeGreaterThan(100);
      await client.headManifest('team/alpine', '3.20', signal());
      const tags: string[] = [];
      for await (const tag of client.listTags('team/alpine', signal())) tags.push(tag);
      expect(tags).toEqual(['3.20']);
      const asked = server.seen.slice(before).map(({ path }) => new URL(path, 'http://x').searchParams.getAll('scope'));
      expect(asked.filter((scopes) => scopes.includes('repository:team/alpine:pull'))).toHaveLength(1);
    });

    it('tells a token that grants less from wrong credentials', async () => {
      await expect(connect().getManifest('other/alpine', '1', signal())).rejects.toMatchObject({
        code: 'authorization-failed',
        reason: 'NO_ACCESS_TO_REPOSITORY',
      });
      await expect(
        connect({ credentials: { kind: 'basic', username: 'reader', password: 'wrong' } }).ping(signal()),
      ).rejects.toMatchObject({ code: 'authorization-failed', message: expect.not.stringContaining('wrong') });
      await expect(connect({ credentials: null }).getManifest('team/alpine', '3.20', signal())).rejects.toMatchObject({
        code: 'authorization-failed',
      });
    });

    it('gives the credential to no token server that nobody confirmed', async () => {
      const before = server.seen.length;
      await expect(connect({ trustedRealms: [] }).getManifest('team/alpine', '3.20', signal())).rejects.toMatchObject({
        code: 'authorization-failed',
      });
      expect(server.seen.slice(before).filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it('lists thousands of tags, each once', async () => {
      const open = createRegistryClient({ registry: filled.origin, egress: { registry: ['loopback'], elsewhere: [] } });
      clients.push(open);
      const { bytes, mediaType } = await open.getManifest('team/alpine', '3.20', signal());
      const names = Array.from({ length: 3000 }, (_, at) => `1.${at}`);
      const queue = [...names];
      const lane = async () => {
        for (let tag = queue.pop(); tag !== undefined; tag = queue.pop()) {
          const answer = await fetch(`${filled.origin}/v2/team/alpine/manifests/${tag}`, {
            method: 'PUT',
            headers: { 'content-type': mediaType ?? 'application/vnd.oci.image.manifest.v1+json' },
            body: Buffer.from(bytes),
          });
          expect(answer.status).toBe(201);
          await answer.body?.cancel();
        }
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      const tags: string[] = [];
      for await (const tag of connect().listTags('team/alpine', signal())) tags.push(tag);
      expect(tags.toSorted()).toEqual(['3.20', ...names].toSorted());
    });
  },
);
