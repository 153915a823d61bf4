import { Fault, type ImageFacts } from '@hullcheck/core';
import { digestOf } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { attachedSbomLimits, imageLimits } from '../limits.ts';
import type { ReaderProcess } from '../reading/reader-process.ts';
import { readAttachedDocument } from './attached-document.ts';
import { type AttachedSbomOptions, findAttachedSbom, type SbomRegistry } from './attached-sbom.ts';
import { parseDocument } from './bounded-json.ts';

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

async function find(
  registry: SbomRegistry,
  { signal = AbortSignal.timeout(60_000), ...options }: Partial<AttachedSbomOptions> = {},
) {
  const unusable: string[] = [];
  const onUnusable = (fault: Fault) => void unusable.push(fault.code);
  const found = await findAttachedSbom(registry, { repository: 'app', facts, signal, onUnusable, ...options });
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
  await expect(find({ ...registry, listReferrers }, { signal: stop.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

it('is looked for in so many blobs in all, not in each of the manifests', async () => {
  const blobs = Array.from({ length: 6 }, (_, at) => JSON.stringify({ ...statement, at }));
  const mediaType = 'application/vnd.in-toto+json';
  const { registry, asked } = registryOf({ [tag('att')]: { mediaType, blobs }, [tag('sbom')]: { mediaType, blobs } });
  expect(await find(registry)).toEqual({ purls: undefined, unusable: [] });
  expect(asked.filter((one) => one.startsWith('sha256:'))).toHaveLength(attachedSbomLimits.documentsMax);
});

it.each([
  ['is no JSON', '{', 'not-an-image'],
  ['is an SBOM of no known form', '{"bomFormat": "other"}', 'not-an-image'],
  ['is gone', null, undefined],
] as const)('is looked for in the next blob of the manifest where the last one %s', async (_, text, code) => {
  const gone = JSON.stringify({ of: 'a blob that the registry has lost' });
  const blobs = [JSON.stringify(cyclonedx), text ?? gone];
  const { registry, asked } = registryOf({ [tag('sbom')]: { ...sbom, blobs } });
  const lost = digestOf(Buffer.from(gone));
  const openBlob: SbomRegistry['openBlob'] = (repository, digest, options) => {
    if (digest === lost) return Promise.reject(new Fault('not-found', 'no such blob'));
    return registry.openBlob(repository, digest, options);
  };
  const found = await find({ ...registry, openBlob });
  expect(found.purls).toEqual(['pkg:npm/left-pad@1.3.0']);
  expect(found.unusable).toEqual(code === undefined ? [] : [code]);
  expect(asked).toContain(tag('sbom'));
});

it('is looked for in no further blob where the registry wants no more requests', async () => {
  const { registry } = registryOf({ [tag('sbom')]: { ...sbom, blobs: [JSON.stringify(cyclonedx), '{}'] } });
  let opened = 0;
  const openBlob = () => {
    opened += 1;
    return Promise.reject(new Fault('rate-limited', 'slow down'));
  };
  expect(await find({ ...registry, openBlob })).toEqual({ purls: undefined, unusable: ['rate-limited'] });
  expect(opened).toBe(1);
});

it('is not parsed where little text would become very many objects', () => {
  const text = `[${'{},'.repeat(imageLimits.jsonValuesMax / 2)}{}]`;
  const parse = () => parseDocument(Buffer.from(text), { safeParse: () => expect.fail() } as never, 'sbom', 2 ** 30);
  expect(parse).toThrow(/has more values than jsonValuesMax/);
});

describe('a document that is made to cost', () => {
  /** One object of very many names: a third of what the limits let in, and a second of a parser. */
  const names = () => `{${Array.from({ length: 1_000_000 }, (_, n) => `"k${n.toString(36)}":0`).join()}}`;
  const costly = { mediaType: sbom.mediaType, blobs: [names()] };

  it('lets this process go on while it is read in another one', async () => {
    const here = performance.now();
    const read = () => readAttachedDocument(Buffer.from(costly.blobs[0] ?? ''), { place: 'sbom', subject: null });
    expect(read).toThrow(/can't be read as an SBOM/);
    const hereMs = performance.now() - here;
    const { registry } = registryOf({ [tag('sbom')]: costly });
    let turnAt = performance.now();
    let longestMs = 0;
    const turn = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - turnAt);
      turnAt = performance.now();
    }, 10);
    expect(await find(registry)).toEqual({ purls: undefined, unusable: ['not-an-image'] });
    clearInterval(turn);
    expect(longestMs).toBeLessThan(hereMs / 3);
  }, 60_000);

  it('ends the process that reads it, not this one, and another document is read by the next', async () => {
    const { registry } = registryOf({ [tag('att')]: costly, [tag('sbom')]: sbom });
    const pids: (number | undefined)[] = [];
    const onReader = ({ pid }: ReaderProcess) => {
      pids.push(pid);
      // As the kernel does where memory is short.
      if (pids.length === 1 && pid !== undefined) setTimeout(() => process.kill(pid, 'SIGKILL'), 500);
    };
    expect(await find(registry, { onReader })).toEqual({
      purls: ['pkg:npm/left-pad@1.3.0'],
      unusable: ['reader-crashed'],
    });
    expect(new Set(pids).size).toBe(2);
  }, 60_000);

  it('is read no further where the assessment was ended', async () => {
    const { registry } = registryOf({ [tag('sbom')]: costly });
    const stop = new AbortController();
    let pid: number | undefined;
    const onReader = (reader: ReaderProcess) => {
      ({ pid } = reader);
      setTimeout(() => stop.abort(), 500);
    };
    await expect(find(registry, { signal: stop.signal, onReader })).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });
});
