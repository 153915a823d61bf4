import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Certificate,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  makeCertificate,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';

const layout = corpusLayout('alpine-3.20');

describe.skipIf(!dockerRegistryAvailable || layout === undefined)(
  'a connection to a registry that demands a client certificate',
  () => {
    let folder: string;
    let client: Certificate;
    let stranger: Certificate;
    let filled: DockerRegistry;
    let registry: DockerRegistry;
    let console: TestConsole;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hc-certificates-'));
      const made = ['client', 'stranger'].map((name) => {
        mkdirSync(join(folder, name));
        return makeCertificate(join(folder, name));
      });
      [client, stranger] = (await Promise.all(made)) as [Certificate, Certificate];
      const dir = join(folder, 'blobs');
      filled = await startDockerRegistry({ dir });
      await filled.push(`oci:${layout}`, 'team/app:1.0');
      registry = await startDockerRegistry({ dir, tls: true, clientAuthority: client });
      console = await startTestConsole('client-certificate');
    });
    afterAll(async () => {
      await console?.stop();
      await registry?.stop();
      await filled?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const pairOf = ({ certificate, key }: Certificate) => ({ certificate, key });
    const input = (clientCertificate: { certificate: string; key: string } | null | undefined, more: object = {}) => ({
      kind: 'generic' as const,
      name: 'behind mutual TLS',
      url: registry.origin,
      auth: { kind: 'anonymous' as const },
      tls: { ca: registry.ca ?? null, ...(clientCertificate === undefined ? {} : { clientCertificate }) },
      ...more,
    });

    it('is tried with it before it is saved', async () => {
      const test = async (certificate: Parameters<typeof input>[0]) =>
        await console.client.call('connections.test', { body: input(certificate) });
      expect(await test(pairOf(client))).toMatchObject({ status: 'connected' });
      expect(await test(null)).toMatchObject({
        status: 'ssl_handshake',
        detail: expect.stringContaining('client certificate'),
      });
      expect(await test(pairOf(stranger))).toMatchObject({ status: 'ssl_handshake' });
    });

    it('is not saved with a key of another certificate, nor over plain HTTP', async () => {
      const save = (body: ReturnType<typeof input>) => console.client.call('connections.create', { body });
      await expect(save(input({ ...pairOf(client), key: stranger.key }))).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining('not that of the client certificate'),
      });
      await expect(save(input(pairOf(client), { url: 'http://localhost:5000' }))).rejects.toMatchObject({
        code: 'invalid-input',
      });
      for (const certificate of [client.certificate + client.key, client.key + client.certificate]) {
        const refused = { code: 'invalid-input', message: expect.stringContaining('holds a private key') };
        const body = input({ ...pairOf(client), certificate });
        await expect(save(body)).rejects.toMatchObject(refused);
        await expect(console.client.call('connections.test', { body })).rejects.toMatchObject(refused);
      }
    });

    it('reads by it, goes on doing so where other things change, and never gives the key out again', async () => {
      const { id } = await console.client.call('connections.create', { body: input(pairOf(client)) });
      const read = async (after: string | null) => {
        for (let tries = 0; tries < 300; tries += 1) {
          const row = await console.client.call('connections.get', { params: { id } });
          if (row.sync.activity === 'idle' && row.sync.at !== null && row.sync.at !== after) return row;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error('the reading did not end');
      };
      const first = await read(null);
      expect(first).toMatchObject({ status: { status: 'connected' }, sync: { images: 1, error: null } });
      expect(first.tls.clientCertificate).toEqual({ subject: 'localhost', endsAt: expect.any(String) });
      expect(JSON.stringify(first)).not.toContain('PRIVATE KEY');
      const { auth: _, ...kept } = input(undefined, { name: 'renamed', tagsMax: 5 });
      await console.client.call('connections.update', { params: { id }, body: kept });
      expect(await read(first.sync.at)).toMatchObject({ status: { status: 'connected' }, sync: { error: null } });
      for (const { id: image } of await console.client.images())
        expect((await console.client.settled(image)).assessment.readBy).toBe('console');
      // It stays with the address that it was given for.
      const moved = { ...kept, auth: { kind: 'anonymous' as const }, url: 'https://localhost:1' };
      await expect(console.client.call('connections.update', { params: { id }, body: moved })).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining('address changed'),
      });
    });
  },
);
