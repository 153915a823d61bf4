import { Readable } from 'node:stream';
import { type DockerRegistry, dockerRegistryAvailable, startDockerRegistry } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient } from './client.ts';
import { blob, collect, digest, digestOf } from './hostile.testing.ts';
import { createRegistryWriter } from './push.ts';

const account = { username: 'writer', password: 'pä55:word' };
const signal = () => AbortSignal.timeout(30_000);

describe.skipIf(!dockerRegistryAvailable)("pushing to Debian's docker-registry, with TLS and a password", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ tls: true, htpasswd: account });
  });
  afterAll(() => registry?.stop());

  const options = (password = account.password) => ({
    registry: registry.origin,
    egress: { registry: ['loopback'], elsewhere: [] },
    credentials: { kind: 'basic', username: account.username, password } as const,
    ...(registry.ca === undefined ? {} : { tls: { ca: registry.ca } }),
  });

  it('gives back what was pushed, under tag and digest', async () => {
    const writer = createRegistryWriter(options());
    const reader = createRegistryClient(options());
    try {
      const body = { digest, sizeBytes: blob.byteLength, open: () => Readable.from([blob]) };
      expect(await writer.pushBlob('team/thing', body, signal())).toBe('pushed');
      expect(await writer.pushBlob('team/thing', body, signal())).toBe('present');
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const descriptor = { mediaType: 'application/octet-stream', digest, size: blob.byteLength };
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [descriptor] }),
      );
      expect(await writer.pushManifest('team/thing', '1', { mediaType, bytes }, signal())).toBe(digestOf(bytes));
      expect(Buffer.from((await reader.getManifest('team/thing', '1', signal())).bytes)).toEqual(bytes);
      const read = await reader.openBlob('team/thing', digest, { sizeBytes: blob.byteLength, signal: signal() });
      expect(digestOf(await collect(read))).toBe(digest);
    } finally {
      await Promise.all([writer.close(), reader.close()]);
    }
  });

  it('says that a password is wrong, without repeating it', async () => {
    const writer = createRegistryWriter(options('CANARY-wrong'));
    const body = { digest, sizeBytes: blob.byteLength, open: () => Readable.from([blob]) };
    const failed = await writer.pushBlob('team/other', body, signal()).catch((error: unknown) => error);
    await writer.close();
    expect(failed).toMatchObject({ code: 'authorization-failed', reason: 'CREDENTIALS_REFUSED' });
    expect(JSON.stringify(failed)).not.toContain('CANARY');
  });
});
