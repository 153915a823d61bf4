import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Digest, parseDigest } from '@hullcheck/core';
import { createRegistryClient, createRegistryWriter, type RegistryWriter } from '@hullcheck/registry';
import {
  type ConsoleClient,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';

const layout = corpusLayout('debian-bookworm');
const other = corpusLayout('alpine-3.10');
const signal = () => AbortSignal.timeout(60_000);

describe.skipIf(!dockerRegistryAvailable || layout === undefined)('an image with an SBOM in its registry', () => {
  let registry: DockerRegistry;
  let writer: RegistryWriter;
  let running: TestConsole;
  let client: ConsoleClient;
  let connection: string;
  let image: string;

  const input = (attachedSboms: boolean) => ({
    kind: 'generic' as const,
    name: 'team registry',
    url: registry.origin,
    auth: { kind: 'anonymous' as const },
    everyMinutes: null,
    attachedSboms,
  });

  const address = () => ({ registry: registry.origin, egress: { registry: ['loopback' as const], elsewhere: [] } });

  /** As cosign attaches it: a manifest at the tag of the image's digest. */
  async function attachSbom(repository: string, manifest: string, sbom: unknown) {
    const push = async (bytes: Buffer, mediaType: string) => {
      const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`) as Digest;
      const blob = { digest, sizeBytes: bytes.length, open: () => Readable.from([bytes]) };
      await writer.pushBlob(repository, blob, signal());
      return { mediaType, digest, size: bytes.length };
    };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const config = await push(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
    const layers = [await push(Buffer.from(JSON.stringify(sbom)), 'application/vnd.cyclonedx+json')];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
    await writer.pushManifest(repository, `${manifest.replace(':', '-')}.sbom`, { mediaType, bytes }, signal());
  }

  async function manifestOf(repository: string): Promise<string> {
    const reader = createRegistryClient(address());
    const { digest } = await reader.headManifest(repository, '1.0', signal());
    await reader.close();
    return digest;
  }

  beforeAll(async () => {
    registry = await startDockerRegistry();
    writer = createRegistryWriter(address());
    await registry.push(`oci:${layout}`, 'team/app:1.0');
    running = await startTestConsole('stated');
    ({ client } = running);
  });
  afterAll(async () => {
    await running?.stop();
    await writer?.close();
    await registry?.stop();
  });

  const detail = async () => {
    await client.settled(image);
    return await client.call('images.get', { params: { id: image } });
  };

  it('is assessed by what the SBOM states where its connection believes it, and shown as such', async () => {
    const manifest = await manifestOf('team/app');
    const purl = 'pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl';
    await attachSbom('team/app', manifest, {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [{ type: 'library', name: 'libssl3', version: '3.0.9-1', purl }],
    });
    ({ id: connection } = await client.call('connections.create', { body: input(true) }));
    await expect.poll(async () => (await client.images()).map(({ id }) => id), { timeout: 60_000 }).toHaveLength(1);
    image = (await client.images())[0]?.id ?? '';
    const found = await detail();
    expect(found.assessment).toMatchObject({ state: 'partial', readBy: 'attached-sbom' });
    expect(found.problems).toContainEqual(expect.objectContaining({ code: 'stated-by-sbom' }));
    const packages = await client.call('images.packages', { params: { id: image }, query: {} });
    expect(packages.items.map(({ name }) => name)).toEqual(['libssl3']);
    const findings = await client.call('images.findings', { params: { id: image }, query: { limit: 500 } });
    expect(findings.items.length).toBeGreaterThan(5);
  });

  it('is read when nobody believes it any more, and then its layers are known', async () => {
    await client.call('connections.update', { params: { id: connection }, body: input(false) });
    await client.call('images.assess', { params: { id: image } });
    const read = await detail();
    expect(read.assessment).toMatchObject({ readBy: 'console' });
    expect(read.problems.map(({ code }) => code)).not.toContain('stated-by-sbom');
    const packages = await client.call('images.packages', { params: { id: image }, query: { limit: 500 } });
    expect(packages.items.length).toBeGreaterThan(80);
    await client.call('connections.update', { params: { id: connection }, body: input(true) });
    await client.call('images.assess', { params: { id: image } });
    // What the console read itself costs nothing and says more.
    expect((await detail()).assessment.readBy).toBe('console');
  });

  it.skipIf(other === undefined)(
    'leaves the console free to answer while a document is read that is made to cost, and then has its layers read',
    async () => {
      await registry.push(`oci:${other}`, 'team/slow:1.0');
      const costly = Object.fromEntries(Array.from({ length: 800_000 }, (_, n) => [`k${n.toString(36)}`, 0]));
      await attachSbom('team/slow', await manifestOf('team/slow'), costly);
      // What it takes here: in the console's own thread no turn would take less. Of the processor, which a busy machine does not change.
      const text = JSON.stringify(costly);
      const cpuMs = () => {
        const { user, system } = process.threadCpuUsage();
        return (user + system) / 1_000;
      };
      const parseCosts = Array.from({ length: 3 }, () => {
        const startedMs = cpuMs();
        JSON.parse(text);
        return cpuMs() - startedMs;
      });
      let turnAt = cpuMs();
      let longestMs = 0;
      const turn = setInterval(() => {
        longestMs = Math.max(longestMs, cpuMs() - turnAt);
        turnAt = cpuMs();
      }, 10);
      await client.call('connections.sync', { params: { id: connection } });
      const listed = async () => (await client.images()).find(({ repository }) => repository === 'team/slow');
      await expect.poll(listed, { timeout: 60_000 }).toBeDefined();
      const found = await client.settled((await listed())?.id ?? '', 100_000);
      clearInterval(turn);
      expect(found.assessment).toMatchObject({ readBy: 'console' });
      expect(found.problems.map(({ code }) => code)).not.toContain('stated-by-sbom');
      expect(longestMs).toBeLessThan(Math.min(...parseCosts) / 2);
    },
    180_000,
  );
});
