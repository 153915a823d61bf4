import { createHash } from 'node:crypto';
import { type Digest, Fault, type ImageFacts } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { attachedSbomLimits, imageLimits } from '../limits.ts';
import { findAttachedSbom, type SbomRegistry } from './attached-sbom.ts';
import { parseDocument } from './bounded-json.ts';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
const manifest = digestOf(Buffer.from('image'));
const facts: ImageFacts = {
  name: 'registry.example.com/app:1',
  id: null,
  source: 'registry',
  digests: [{ kind: 'manifest', digest: manifest, repository: null }],
  tags: [],
  platform: null,
  created: null,
  size: null,
  layers: [],
};
const cyclonedx = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  components: [{ type: 'library', name: 'left-pad', version: '1.3.0', purl: 'pkg:npm/left-pad@1.3.0' }],
};

/** A registry of these manifests, by tag or digest; each blob is one text. */
function registryOf(manifests: Readonly<Record<string, { mediaType: string; blobs: readonly string[] }>>) {
  const asked: string[] = [];
  const blobs = new Map<string, Buffer>();
  const answers = new Map<string, Uint8Array>();
  for (const [reference, { mediaType, blobs: texts }] of Object.entries(manifests)) {
    const layers = texts.map((text) => {
      const bytes = Buffer.from(text);
      blobs.set(digestOf(bytes), bytes);
      return { mediaType, digest: digestOf(bytes), size: bytes.length };
    });
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: manifest, size: 2 };
    answers.set(reference, Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers })));
  }
  const registry: SbomRegistry = {
    async getManifest(_, reference) {
      asked.push(reference);
      const bytes = answers.get(reference);
      if (bytes === undefined) throw new Fault('not-found', 'no such manifest');
      return { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes, digest: digestOf(bytes) };
    },
    async openBlob(_, digest) {
      asked.push(digest);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new Fault('not-found', 'no such blob');
      return (async function* () {
        yield bytes;
      })();
    },
    async listReferrers() {
      return [];
    },
  };
  return { registry, asked };
}

async function find(registry: SbomRegistry, signal = AbortSignal.timeout(10_000)) {
  const unusable: string[] = [];
  const onUnusable = (fault: Fault) => void unusable.push(fault.code);
  const found = await findAttachedSbom(registry, { repository: 'app', facts, signal, onUnusable });
  return { purls: found?.inventory.packages.map(({ purl }) => purl), unusable };
}

const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [],
  predicateType: 'https://slsa.dev/provenance/v1',
};
const tag = (suffix: string) => `${manifest.replace(':', '-')}.${suffix}`;
const sbom = { mediaType: 'application/vnd.cyclonedx+json', blobs: [JSON.stringify(cyclonedx)] };

it.each(['authorization-failed', 'limit-exceeded', 'unsupported', 'unreachable', 'timed-out'] as const)(
  'is looked for elsewhere where the list of referrers fails with %s',
  async (code) => {
    const { registry } = registryOf({ [tag('sbom')]: sbom });
    const refusing = { ...registry, listReferrers: () => Promise.reject(new Fault(code, 'no list')) };
    expect(await find(refusing)).toEqual({ purls: ['pkg:npm/left-pad@1.3.0'], unusable: [code] });
  },
);

it('is looked for no further where the registry wants no more requests, and the layers are left to be read', async () => {
  const { registry, asked } = registryOf({ [tag('sbom')]: sbom });
  const limited = { ...registry, listReferrers: () => Promise.reject(new Fault('rate-limited', 'slow down')) };
  expect(await find(limited)).toEqual({ purls: undefined, unusable: ['rate-limited'] });
  expect(asked).toEqual([]);
});

it('is a fault where the caller has ended it', async () => {
  const stop = new AbortController();
  const { registry } = registryOf({});
  const listReferrers = () => {
    stop.abort();
    return Promise.reject(new Fault('cancelled', 'cancelled'));
  };
  await expect(find({ ...registry, listReferrers }, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
});

it('is looked for in so many blobs in all, not in each of the manifests', async () => {
  const blobs = Array.from({ length: 6 }, (_, at) => JSON.stringify({ ...statement, at }));
  const mediaType = 'application/vnd.in-toto+json';
  const { registry, asked } = registryOf({ [tag('att')]: { mediaType, blobs }, [tag('sbom')]: { mediaType, blobs } });
  expect(await find(registry)).toEqual({ purls: undefined, unusable: [] });
  expect(asked.filter((one) => one.startsWith('sha256:'))).toHaveLength(attachedSbomLimits.documentsMax);
});

it('is not parsed where little text would become very many objects', () => {
  const text = `[${'{},'.repeat(imageLimits.jsonValuesMax / 2)}{}]`;
  const parse = () => parseDocument(Buffer.from(text), { safeParse: () => expect.fail() } as never, 'sbom', 2 ** 30);
  expect(parse).toThrow(/has more values than jsonValuesMax/);
});
