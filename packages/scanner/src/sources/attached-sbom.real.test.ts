import { Readable } from 'node:stream';
import type { Digest, Fault, ImageFacts } from '@hullcheck/core';
import {
  createRegistryClient,
  createRegistryWriter,
  type RegistryClient,
  type RegistryWriter,
} from '@hullcheck/registry';
import {
  corpusLayout,
  type DockerRegistry,
  digestOf,
  dockerRegistryAvailable,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttachedSbom } from './attached-sbom.ts';
import { openRegistryImage } from './registry-image.ts';

const layout = corpusLayout('alpine-3.20');
const OCI = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
};
const signal = () => AbortSignal.timeout(60_000);
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const spdx = {
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app',
  documentNamespace: 'https://example.org/app',
  packages: [
    {
      SPDXID: 'SPDXRef-musl',
      name: 'musl',
      versionInfo: '1.2.5-r0',
      externalRefs: [
        {
          referenceCategory: 'PACKAGE-MANAGER',
          referenceType: 'purl',
          referenceLocator: 'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3',
        },
      ],
    },
  ],
};
const cyclonedx = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  components: [{ type: 'library', name: 'left-pad', version: '1.3.0', purl: 'pkg:npm/left-pad@1.3.0' }],
};
const statement = (subject: string, predicateType: string, predicate: unknown) => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  subject: [{ name: 'app', digest: { sha256: subject.slice('sha256:'.length) } }],
  predicateType,
  predicate,
});

describe.skipIf(!dockerRegistryAvailable || layout === undefined)('an SBOM attached to an image', () => {
  let registry: DockerRegistry;
  let client: RegistryClient;
  let writer: RegistryWriter;
  let facts: ImageFacts;
  let manifest: Digest;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    const options = { registry: registry.origin, egress: { registry: ['loopback' as const], elsewhere: [] } };
    client = createRegistryClient(options);
    writer = createRegistryWriter(options);
  });
  afterAll(async () => {
    await client?.close();
    await writer?.close();
    await registry?.stop();
  });

  /** Each test has a repository of its own: what one attaches no other sees. */
  async function pushImage(repository: string) {
    await registry.push(`oci:${layout}`, `${repository}:1`);
    ({ facts } = await openRegistryImage(client, { repository, reference: '1', signal: signal() }));
    const found = facts.digests.find(({ kind }) => kind === 'manifest');
    if (found === undefined) throw new Error('an image has a manifest');
    manifest = found.digest;
  }

  async function pushBlob(repository: string, bytes: Uint8Array, mediaType: string) {
    const blob = { digest: digestOf(bytes), sizeBytes: bytes.length, open: () => Readable.from([bytes]) };
    await writer.pushBlob(repository, blob, signal());
    return { mediaType, digest: blob.digest, size: bytes.length };
  }

  async function attach(
    repository: string,
    reference: string | undefined,
    blobs: readonly { value: unknown; mediaType: string; annotations?: Record<string, string> }[],
  ) {
    const config = await pushBlob(repository, json({}), 'application/vnd.oci.empty.v1+json');
    const layers = [];
    for (const { value, mediaType, annotations } of blobs)
      layers.push({ ...(await pushBlob(repository, json(value), mediaType)), annotations });
    const bytes = json({ schemaVersion: 2, mediaType: OCI.manifest, config, layers });
    const digest = await writer.pushManifest(
      repository,
      reference ?? digestOf(bytes),
      { mediaType: OCI.manifest, bytes },
      signal(),
    );
    return { mediaType: OCI.manifest, digest, size: bytes.length };
  }

  const pushIndex = (repository: string, tag: string, manifests: readonly object[]) =>
    writer.pushManifest(
      repository,
      tag,
      { mediaType: OCI.index, bytes: json({ schemaVersion: 2, mediaType: OCI.index, manifests }) },
      signal(),
    );

  async function find(repository: string) {
    const unusable: Fault[] = [];
    const options = { repository, facts, signal: signal(), onUnusable: (fault: Fault) => void unusable.push(fault) };
    const found = await findAttachedSbom(client, options);
    return {
      found,
      purls: found?.inventory.packages.map(({ purl }) => purl),
      unusable: unusable.map((it) => it.message),
    };
  }

  it('is none where nothing is attached', async () => {
    await pushImage('plain/app');
    expect(await find('plain/app')).toEqual({ found: undefined, purls: undefined, unusable: [] });
  });

  it('is BuildKit’s attestation in the index of the image, beside a provenance that is not fetched', async () => {
    const repository = 'buildkit/app';
    await pushImage(repository);
    const attestation = await attach(repository, undefined, [
      {
        value: statement(manifest, 'https://spdx.dev/Document', spdx),
        mediaType: 'application/vnd.in-toto+json',
        annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' },
      },
      {
        value: statement(manifest, 'https://slsa.dev/provenance/v1', {}),
        mediaType: 'application/vnd.in-toto+json',
        annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
      },
    ]);
    const own = await client.getManifest(repository, manifest, signal());
    const platform = { os: 'linux', architecture: 'amd64' };
    await pushIndex(repository, 'multi', [
      { mediaType: own.mediaType, digest: manifest, size: own.bytes.length, platform },
      {
        ...attestation,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': manifest,
        },
      },
    ]);
    ({ facts } = await openRegistryImage(client, { repository, reference: 'multi', signal: signal() }));
    const { found, purls } = await find(repository);
    expect(found?.attachedAs).toBe('an attestation of the build');
    expect(purls).toEqual(['pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3']);
    expect(found?.inventory.operatingSystem).toMatchObject({ id: 'alpine' });
  });

  it('is a referrer, which this registry keeps by its tag', async () => {
    const repository = 'referrer/app';
    await pushImage(repository);
    const sbom = await attach(repository, undefined, [
      { value: cyclonedx, mediaType: 'application/vnd.cyclonedx+json' },
    ]);
    await pushIndex(repository, manifest.replace(':', '-'), [
      { ...sbom, artifactType: 'application/vnd.example.signature' },
      { ...sbom, artifactType: 'application/vnd.cyclonedx+json' },
    ]);
    const { found, purls } = await find(repository);
    expect(found?.attachedAs).toBe('a referrer');
    expect(purls).toEqual(['pkg:npm/left-pad@1.3.0']);
  });

  it.each([
    ['plain', (value: unknown) => value],
    ['as a text, as cosign wrote it before 2.0', (value: unknown) => JSON.stringify(value)],
  ])('is an attestation of cosign in an envelope: %s', async (_, predicateOf) => {
    const repository = `cosign/${_.length}`;
    await pushImage(repository);
    const payload = json(statement(manifest, 'https://cyclonedx.org/bom', predicateOf(cyclonedx))).toString('base64');
    await attach(repository, `${manifest.replace(':', '-')}.att`, [
      {
        value: { payloadType: 'application/vnd.in-toto+json', payload, signatures: [{ keyid: '', sig: 'AA==' }] },
        mediaType: 'application/vnd.dsse.envelope.v1+json',
        annotations: { predicateType: 'https://cyclonedx.org/bom' },
      },
    ]);
    const { found, purls } = await find(repository);
    expect(found?.attachedAs).toBe('a tag of cosign');
    expect(purls).toEqual(['pkg:npm/left-pad@1.3.0']);
  });

  it.each([
    ['states the content of another image', statement(`sha256:${'00'.repeat(32)}`, 'https://spdx.dev/Document', spdx)],
    ['is no in-toto statement', { hello: 'world' }],
    ["can't be read as an SBOM", null],
  ])('that %s is not used, and somebody is told', async (reason, value) => {
    const repository = `unusable/${reason.length}`;
    await pushImage(repository);
    const said = value ?? statement(manifest, 'https://spdx.dev/Document', { no: 'sbom' });
    await attach(repository, `${manifest.replace(':', '-')}.att`, [
      { value: said, mediaType: 'application/vnd.in-toto+json' },
    ]);
    const { found, unusable } = await find(repository);
    expect(found).toBeUndefined();
    expect(unusable).toEqual([expect.stringContaining(reason)]);
  });
});
