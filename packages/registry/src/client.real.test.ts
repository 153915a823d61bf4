import { createHash } from 'node:crypto';
import { parseDigest } from '@hullcheck/core';
import { corpusLayout, type DockerRegistry, dockerRegistryAvailable, startDockerRegistry } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
import { probeConnection } from './probe.ts';

const layout = corpusLayout('alpine-3.20');
const multi = corpusLayout('multiarch');
const available = dockerRegistryAvailable && layout !== undefined && multi !== undefined;
const account = { username: 'reader', password: 'pä55:word' };
const credentials = { kind: 'basic', ...account } as const;
const signal = () => AbortSignal.timeout(30_000);

describe.skipIf(!available)("Debian's docker-registry", () => {
  let plain: DockerRegistry;
  let closed: DockerRegistry;
  const clients: RegistryClient[] = [];

  beforeAll(async () => {
    plain = await startDockerRegistry();
    closed = await startDockerRegistry({ tls: true, htpasswd: account });
    await plain.push(`oci:${multi}`, 'many/platforms:1');
    for (const tag of ['3.20', 'latest']) await plain.push(`oci:${layout}`, `library/alpine:${tag}`);
    await closed.push(`oci:${layout}`, 'team/alpine:3.20');
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await plain?.stop();
    await closed?.stop();
  });

  function connect(registry: DockerRegistry, options: Partial<RegistryClientOptions> = {}): RegistryClient {
    const client = createRegistryClient({
      registry: registry.origin,
      egress: { registry: ['loopback'], elsewhere: [] },
      ...(registry.ca === undefined ? {} : { tls: { ca: registry.ca } }),
      ...options,
    });
    clients.push(client);
    return client;
  }

  async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const item of items) all.push(item);
    return all;
  }

  it('lists what was pushed', async () => {
    const client = connect(plain);
    await client.ping(signal());
    expect(await collect(client.listRepositories(signal()))).toEqual([
      { name: 'library/alpine' },
      { name: 'many/platforms' },
    ]);
    expect((await collect(client.listTags('library/alpine', signal()))).toSorted()).toEqual(['3.20', 'latest']);
    await expect(collect(client.listTags('not/there', signal()))).rejects.toMatchObject({
      code: 'not-found',
      reason: 'NAME_UNKNOWN',
    });
  });

  it('settles on plain HTTP for a host without a scheme on this machine', async () => {
    const client = connect(plain, { registry: plain.host });
    await client.ping(signal());
    expect(client.origin).toBe(plain.origin);
  });

  it('gives manifests and blobs that hash to their digests', async () => {
    const client = connect(closed, { credentials });
    const head = await client.headManifest('team/alpine', '3.20', signal());
    const manifest = await client.getManifest('team/alpine', '3.20', signal());
    expect(manifest.digest).toBe(head.digest);
    expect(manifest.bytes.byteLength).toBe(head.sizeBytes);
    expect(manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    const { config, layers }: { config: Descriptor; layers: Descriptor[] } = JSON.parse(
      Buffer.from(manifest.bytes).toString(),
    );
    for (const { digest: text, size } of [config, ...layers]) {
      const digest = parseDigest(text);
      if (digest === undefined) throw new Error('not a digest');
      const hash = createHash('sha256');
      const blob = await client.openBlob('team/alpine', digest, { sizeBytes: size, signal: signal() });
      for await (const chunk of blob) hash.update(chunk);
      expect(`sha256:${hash.digest('hex')}`).toBe(digest);
    }
    const missing = parseDigest(`sha256:${'0'.repeat(64)}`);
    if (missing === undefined) throw new Error('not a digest');
    await expect(client.openBlob('team/alpine', missing, { signal: signal() })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('gives an index as an index', async () => {
    const manifest = await connect(plain).getManifest('many/platforms', '1', signal());
    expect(manifest.mediaType).toBe('application/vnd.oci.image.index.v1+json');
    const again = await connect(plain).getManifest('many/platforms', manifest.digest, signal());
    expect(again.bytes).toEqual(manifest.bytes);
  });

  it('tells a connection test what works and what does not', async () => {
    const probe = (client: RegistryClient) => probeConnection(client, {}, signal());
    expect(await probe(connect(closed, { credentials }))).toMatchObject({ status: 'connected', code: 'OK' });
    expect(await probe(connect(closed))).toMatchObject({
      status: 'authorization_failed',
      code: 'CREDENTIALS_REQUIRED',
    });
    const wrong = { ...credentials, password: 'CANARY-wrong' };
    const report = await probe(connect(closed, { credentials: wrong }));
    expect(report).toMatchObject({ status: 'authorization_failed', code: 'CREDENTIALS_REFUSED' });
    expect(JSON.stringify(report)).not.toContain('CANARY');
    const distrusting = createRegistryClient({
      registry: closed.origin,
      egress: { registry: ['loopback'], elsewhere: [] },
    });
    clients.push(distrusting);
    expect(await probe(distrusting)).toMatchObject({ status: 'ssl_handshake', code: 'TLS' });
    expect(
      await probe(connect(closed, { registry: closed.host.replace('localhost', '127.0.0.1'), credentials })),
    ).toMatchObject({
      status: 'connected',
    });
    expect(await probe(connect(plain, { egress: { registry: [], elsewhere: [] } }))).toMatchObject({
      code: 'ADDRESS_REFUSED',
    });
  });
});

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}
