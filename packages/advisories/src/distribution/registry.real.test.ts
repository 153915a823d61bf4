import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDigest } from '@hullcheck/core';
import { createRegistryClient } from '@hullcheck/registry';
import { type DockerRegistry, dockerRegistryAvailable, startDockerRegistry } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL } from '../database/small-mirror.ts';
import { revisionContents } from './contents.testing.ts';
import { pullDatabase } from './pull.ts';
import { pushDatabase } from './push.ts';
import { revisionSignature } from './signed-revision.ts';
import { emptyCache, keyPair, smallPublisher } from './small-database.ts';

const account = { username: 'publisher', password: 'pä55:word' };
const signal = () => AbortSignal.timeout(60_000);

describe.skipIf(!dockerRegistryAvailable)("a database in Debian's docker-registry, with TLS and a password", () => {
  let registry: DockerRegistry;
  const key = keyPair();
  beforeAll(async () => {
    registry = await startDockerRegistry({ tls: true, htpasswd: account });
  });
  afterAll(() => registry?.stop());

  const access = () => ({
    egress: { registry: ['loopback'], elsewhere: [] },
    credentials: { kind: 'basic', ...account } as const,
    ...(registry.ca === undefined ? {} : { tls: { ca: registry.ca } }),
  });

  it('is published signed and taken, and the next revision after it', async () => {
    const publisher = smallPublisher();
    const first = await publisher.build();
    const reference = `${registry.host}/hullcheck/database`;
    const push = (location: string, signingKey = key.signing) =>
      pushDatabase(location, { reference, registry: access(), signingKey, signal: signal() });
    const pushed = await push(first.path);
    expect(await push(first.path)).toEqual({ ...pushed, wasThere: true });
    const cacheDir = emptyCache();
    const pull = (keys = key.trusted) =>
      pullDatabase({ reference: `oci:${reference}`, registry: access(), cacheDir, keys, signal: signal() });
    const taken = await pull();
    expect(taken).toMatchObject({ outcome: 'taken', revision: first.revision });
    expect(revisionContents(taken.path)).toEqual(revisionContents(first.path));
    expect(revisionSignature(taken.path, key.trusted)).toBe('signed');

    const kev = { ...SMALL.kev, 'CVE-2024-1001': '2024-06-01' };
    const second = await publisher.build({ ...SMALL, kev }, '2026-09-02T00:00:00Z');
    await push(second.path, keyPair().signing);
    await expect(pull()).rejects.toMatchObject({ code: 'database-invalid' });
    await push(second.path);
    expect(await pull()).toMatchObject({ outcome: 'taken', revision: second.revision });
  });

  it('carries a signature that OpenSSL verifies over the payload that cosign reads', async () => {
    const { path: location } = await smallPublisher().build();
    const { digest } = await pushDatabase(location, {
      reference: `${registry.host}/other/database:nightly`,
      registry: access(),
      signingKey: key.signing,
      signal: signal(),
    });
    const client = createRegistryClient({ ...access(), registry: registry.host });
    try {
      const { bytes } = await client.getManifest('other/database', `${digest.replace(':', '-')}.sig`, signal());
      const [layer] = JSON.parse(Buffer.from(bytes).toString()).layers;
      const payloadDigest = parseDigest(layer.digest);
      if (payloadDigest === undefined) throw new Error('not a digest');
      const parts: Uint8Array[] = [];
      for await (const part of await client.openBlob('other/database', payloadDigest, { signal: signal() }))
        parts.push(part);
      const folder = emptyCache();
      const write = (name: string, content: Uint8Array | string) => {
        writeFileSync(path.join(folder, name), content);
        return path.join(folder, name);
      };
      const payload = Buffer.concat(parts);
      expect(JSON.parse(payload.toString()).critical.image).toEqual({ 'docker-manifest-digest': digest });
      const signature = Buffer.from(layer.annotations['dev.cosignproject.cosign/signature'], 'base64');
      const said = execFileSync('openssl', [
        'dgst',
        '-sha256',
        '-verify',
        write('key.pub', key.publicPem),
        '-signature',
        write('signature', signature),
        write('payload', payload),
      ]);
      expect(said.toString()).toContain('Verified OK');
    } finally {
      await client.close();
    }
  });
});
