import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { afterAll, describe, expect, it } from 'vitest';
import { type TarItem, writeTar } from '../layers/testdata/write-tar.ts';
import { type ImageReading, readImage } from '../reading/read-image.ts';
import { readArchiveStream } from './archive-stream.ts';
import { detectArchive, listArchiveImages, openDockerArchive, openOciArchive, readArchive } from './open-archive.ts';
import {
  blobOf,
  configOf,
  database,
  descriptorOf,
  digestOf,
  hexOf,
  indexOf,
  json,
  layers,
  layoutSave,
  legacySave,
  manifestOf,
  manifestType,
  osRelease,
  podmanSave,
  savedEntry,
} from './testdata/build-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;
let files = 0;

function archive(bytes: Buffer): string {
  const path = join(folder, `archive-${files++}.tar`);
  writeFileSync(path, bytes);
  return path;
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Fault) return thrown;
  throw new Error('no Fault was thrown', { cause: thrown });
}

/** What must be equal however an image is held: identity and everything that was found. */
function findings({ facts, reports, inventory }: ImageReading): unknown {
  return {
    id: facts.id,
    platform: facts.platform,
    layers: facts.layers.map(({ diffId, createdBy, empty }) => ({ diffId, createdBy, empty })),
    evidence: reports.map((report) => report?.evidence),
    inventory,
  };
}

const expected = findings(await readArchiveStream(createReadStream(archive(writeTar(...legacySave()))), { signal }));

describe('one image in every shape', () => {
  const gzipped = layers.map((tar) => gzipSync(tar));
  const shapes: Readonly<Record<string, readonly TarItem[]>> = {
    'docker save, legacy': legacySave(),
    'podman save': podmanSave(),
    'docker save since 25': layoutSave(),
    'docker save since 25 with gzip layers': layoutSave(configOf(), gzipped),
    'docker save since 25 with zstd layers': layoutSave(
      configOf(),
      layers.map((tar) => zstdCompressSync(tar)),
    ),
    'OCI layout': layoutSave(configOf(), gzipped).filter(({ name }) => name !== 'manifest.json'),
  };
  it('has the content that the tests count on', () => {
    expect(expected).toMatchObject({
      id: digestOf(configOf()),
      layers: [
        { createdBy: 'step 0', empty: false },
        { createdBy: 'step 1' },
        { createdBy: 'CMD ["/bin/sh"]', empty: true, diffId: null },
      ],
      inventory: { operatingSystem: { id: 'alpine' }, packages: [{ name: 'musl', version: '1.2.5-r0' }] },
    });
  });

  describe.each(Object.entries(shapes))('%s', (_, items) => {
    // The order of entries promises nothing: manifest.json comes last or first.
    it.each([
      ['as written', (all: readonly TarItem[]) => all],
      ['in reverse', (all: readonly TarItem[]) => all.toReversed()],
    ])('%s gives the same from disk, packed and streamed', async (_order, order) => {
      const tar = writeTar(...order(items));
      const path = archive(tar);
      expect(findings(await readArchive(path, { signal })), 'from disk').toEqual(expected);
      expect(findings(await readArchive(archive(gzipSync(tar)), { signal })), 'packed with gzip').toEqual(expected);
      const stream = createReadStream(archive(zstdCompressSync(tar)), { highWaterMark: 700 });
      expect(findings(await readArchiveStream(stream, { signal })), 'streamed, packed with zstd').toEqual(expected);
      const open = (await detectArchive(path)) === 'docker-archive' ? openDockerArchive : openOciArchive;
      const packed = await open(archive(gzipSync(tar)), { signal });
      expect(findings(await readImage({ image: packed, signal })), 'opened, packed').toEqual(expected);
    });
  });

  it('has all digests by which others know it', async () => {
    const image = await openDockerArchive(archive(writeTar(...layoutSave())), { signal });
    expect(image.facts).toMatchObject({
      name: 'app:1',
      source: 'docker-archive',
      tags: ['app:1'],
      digests: [
        { kind: 'config', digest: digestOf(configOf()) },
        { kind: 'manifest', digest: digestOf(manifestOf(configOf(), layers)) },
      ],
    });
  });
});

it('takes a layer whose first file is named like JSON for a layer', async () => {
  const tar = writeTar({ name: '[', body: 'x' }, { name: 'etc/os-release', body: 'ID=test\n' });
  const config = configOf({ os: 'linux', architecture: 'amd64' }, [tar]);
  const items = [
    { name: 'c.json', body: config },
    { name: 'l.tar', body: tar },
    { name: 'manifest.json', body: json([savedEntry('c.json', ['l.tar'])]) },
  ];
  const reading = await readArchiveStream(createReadStream(archive(writeTar(...items))), { signal });
  expect(reading.reports[0]).toMatchObject({ diffId: digestOf(tar), entries: 2 });
});

it('does not read layers that are known elsewhere, wherever their files say which they are', async () => {
  const tars = ['ID=base\n', 'ID=own\n'].map((body) => writeTar({ name: 'etc/os-release', body }));
  const [base, own] = tars.map((tar) => digestOf(tar));
  const config = configOf({ os: 'linux', architecture: 'amd64' }, tars);
  const names = tars.map((tar) => `${digestOf(tar).slice('sha256:'.length)}.tar`);
  const items = [
    { name: 'c.json', body: config },
    ...tars.map((body, index) => ({ name: names[index] ?? '', body })),
    { name: 'manifest.json', body: json([savedEntry('c.json', names)]) },
  ];
  const elsewhere = new Set([base].flatMap((digest) => digest ?? []));
  const saved: string[] = [];
  const reading = await readArchiveStream(createReadStream(archive(writeTar(...items))), {
    signal,
    elsewhere,
    save: async ({ diffId }) => void saved.push(diffId),
  });
  expect(saved).toEqual([own]);
  expect(reading.facts.layers.flatMap(({ diffId }) => diffId ?? [])).toEqual([base, own]);
  expect(reading.reports.map((report) => report?.diffId ?? null)).toEqual([null, own]);
  // A file that only says that it is a known layer: the one that it is in truth is missing, not clean.
  const lying = [
    { name: 'c.json', body: configOf({ os: 'linux', architecture: 'amd64' }, tars.slice(1)) },
    { name: names[0] ?? '', body: tars[1] ?? '' },
    { name: 'manifest.json', body: json([savedEntry('c.json', names.slice(0, 1))]) },
  ];
  const { inventory } = await readArchiveStream(createReadStream(archive(writeTar(...lying))), { signal, elsewhere });
  expect(inventory.problems).toMatchObject([{ code: 'layer-missing', layer: own }]);
});

describe('archives of several images', () => {
  const arm = configOf({ os: 'linux', architecture: 'arm64', variant: 'v8' });
  const amd = configOf();

  it('lists and opens each by index', async () => {
    const other = configOf({ os: 'linux', architecture: 'amd64', author: 'other' });
    const name = (config: Buffer): string => `${hexOf(config)}.json`;
    const entry = (config: Buffer, tag: string): object => savedEntry(name(config), ['a.tar', 'b.tar'], [tag]);
    const path = archive(
      writeTar(
        { name: name(amd), body: amd },
        { name: name(other), body: other },
        { name: 'a.tar', body: osRelease },
        { name: 'b.tar', body: database },
        { name: 'manifest.json', body: json([entry(amd, 'one:1'), entry(other, 'two:2')]) },
      ),
    );
    expect(await listArchiveImages(path)).toEqual([
      { index: 0, tags: ['one:1'] },
      { index: 1, tags: ['two:2'] },
    ]);
    expect((await openDockerArchive(path, { signal })).facts.id).toBe(digestOf(amd));
    expect((await openDockerArchive(path, { signal, index: 1 })).facts.id).toBe(digestOf(other));
    expect((await faultOf(openDockerArchive(path, { signal, index: 2 }))).code).toBe('not-found');
  });

  const [armManifest, amdManifest] = [manifestOf(arm, layers), manifestOf(amd, layers)];
  const nested = indexOf([
    descriptorOf(armManifest, manifestType, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
    descriptorOf(amdManifest, manifestType, { platform: { os: 'linux', architecture: 'amd64' } }),
    descriptorOf(json({}), manifestType, { platform: { os: 'unknown', architecture: 'unknown' } }),
  ]);
  const top = indexOf([descriptorOf(nested, 'application/vnd.oci.image.index.v1+json')]);
  const both = [
    blobOf(arm),
    blobOf(amd),
    blobOf(armManifest),
    blobOf(amdManifest),
    blobOf(nested),
    ...layers.map(blobOf),
    { name: 'index.json', body: top },
  ];

  it('chooses the wanted platform and names what there is', async () => {
    const path = archive(writeTar(...both));
    const wanted = async (architecture: string): Promise<unknown> =>
      (await openOciArchive(path, { signal, platform: { os: 'linux', architecture, variant: null } })).facts.id;
    expect([await wanted('arm64'), await wanted('amd64')]).toEqual([digestOf(arm), digestOf(amd)]);
    expect(await faultOf(wanted('s390x'))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('linux/arm64/v8, linux/amd64'),
    });
  });

  it('passes over platforms whose blobs containerd left out', async () => {
    const path = archive(writeTar(...both.filter(({ name }) => !name.endsWith(hexOf(amdManifest)))));
    const { facts } = await openOciArchive(path, { signal });
    expect(facts).toMatchObject({
      id: digestOf(arm),
      digests: [
        { kind: 'config' },
        { kind: 'index', digest: digestOf(nested) },
        { kind: 'manifest', digest: digestOf(armManifest) },
      ],
    });
  });

  it('refuses indexes nested without end', async () => {
    let index = top;
    const blobs: TarItem[] = both.slice(0, -1);
    for (let depth = 0; depth < 6; depth++) {
      blobs.push(blobOf(index));
      index = indexOf([descriptorOf(index, 'application/vnd.oci.image.index.v1+json')]);
    }
    const fault = await faultOf(
      openOciArchive(archive(writeTar(...blobs, { name: 'index.json', body: index })), { signal }),
    );
    expect(fault).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('indexDepthMax') });
  });
});

describe('what is not so', () => {
  const config = configOf();
  const without = (name: RegExp): TarItem[] => legacySave().filter((item) => !name.test(item.name));
  const withManifest = (value: unknown): TarItem[] => [
    ...without(/^manifest/),
    { name: 'manifest.json', body: json(value) },
  ];
  const layout = (manifest: Buffer, more: readonly TarItem[] = [blobOf(config), ...layers.map(blobOf)]): TarItem[] => [
    ...more,
    blobOf(manifest),
    { name: 'index.json', body: indexOf([descriptorOf(manifest, manifestType)]) },
  ];
  const saved = (names: readonly string[], name = `${hexOf(config)}.json`): unknown => [savedEntry(name, names)];
  const ids = ['id0/layer.tar', 'id1/layer.tar'];

  it.each<readonly [string, readonly TarItem[], string, string]>([
    [
      'no manifest at all',
      without(/^manifest/),
      'not-an-image',
      'not an image archive: no manifest.json or index.json in archive',
    ],
    [
      'a manifest that is no JSON',
      [...without(/^manifest/), { name: 'manifest.json', body: '{nonsense' }],
      'not-an-image',
      'manifest.json is not JSON',
    ],
    ['a manifest of another shape', withManifest({ Config: 1 }), 'not-an-image', 'manifest.json has the wrong shape'],
    [
      'a manifest nested beyond depth',
      [...without(/^manifest/), { name: 'manifest.json', body: '['.repeat(5000) }],
      'limit-exceeded',
      'jsonDepthMax',
    ],
    ['no configuration', without(/^[0-9a-f]{64}\.json$/), 'not-found', 'the image configuration, is missing'],
    [
      'a configuration that is not what its name says',
      [
        ...without(/\.json$/),
        { name: `${hexOf(config)}.json`, body: '{"rootfs":{}}' },
        { name: 'manifest.json', body: json(saved(ids)) },
      ],
      'digest-mismatch',
      `${hexOf(config)}.json is sha256:`,
    ],
    [
      'fewer layers than the configuration names',
      withManifest(saved(ids.slice(1))),
      'not-an-image',
      'the manifest lists 1 layers',
    ],
    [
      'a configuration outside the archive',
      withManifest(saved(ids, '../../etc/passwd')),
      'not-an-image',
      'leads out of the archive',
    ],
    [
      'a layer that is a link out of the archive',
      [...without(/id0\/layer/), { name: 'id0/layer.tar', type: '2', link: '../../etc/passwd' }],
      'not-an-image',
      'leads out of the archive',
    ],
    [
      'a layer that is an absolute link',
      [...without(/id0\/layer/), { name: 'id0/layer.tar', type: '2', link: '/etc/passwd' }],
      'not-an-image',
      'leads out of the archive',
    ],
    [
      'a layer that is a link to itself',
      [...without(/id0\/layer/), { name: 'id0/layer.tar', type: '2', link: 'layer.tar' }],
      'not-an-image',
      'link in circles',
    ],
    [
      'a file that is there twice',
      [...legacySave(), { name: 'id0/layer.tar', body: database }],
      'not-an-image',
      'id0/layer.tar twice',
    ],
    [
      'layers in another order',
      withManifest(saved(ids.toReversed())),
      'digest-mismatch',
      'the image configuration promises',
    ],
    [
      'schema version 1',
      layout(json({ schemaVersion: 1, fsLayers: [], history: [] })),
      'unsupported',
      'schema version 1',
    ],
    [
      'an artifact',
      layout(manifestOf(config, layers, { config: descriptorOf(config, 'application/vnd.cncf.helm.config.v1+json') })),
      'not-an-image',
      'vnd.cncf.helm.config',
    ],
    [
      'a document that is both (CVE-2021-41190)',
      layout(manifestOf(config, layers, { manifests: [] })),
      'not-an-image',
      'both an index and a manifest',
    ],
    [
      'an index that calls itself a manifest',
      layout(json({ mediaType: manifestType, manifests: [] })),
      'not-an-image',
      'not what its media type says',
    ],
    [
      'more layers than layersMax',
      layout(
        json({
          schemaVersion: 2,
          config: descriptorOf(config, ''),
          layers: Array.from({ length: 1025 }, () => descriptorOf(osRelease, '')),
        }),
      ),
      'not-an-image',
      'wrong shape at layers',
    ],
    [
      'a blob that is not its digest',
      layout(manifestOf(config, layers), [
        blobOf(config),
        blobOf(osRelease),
        { name: blobOf(database).name, body: Buffer.alloc(database.length) },
      ]),
      'digest-mismatch',
      `the manifest promises ${digestOf(database)}`,
    ],
    [
      'a digest that leads elsewhere (CVE-2024-3727)',
      layout(manifestOf(config, [], { layers: [{ mediaType: '', digest: 'sha256:../../../etc/passwd', size: 1 }] })),
      'not-an-image',
      'wrong shape at layers',
    ],
  ])('%s', async (_, items, code, text) => {
    const bytes = writeTar(...items);
    const fault = await faultOf(readArchive(archive(bytes), { signal }));
    expect({ code: fault.code, message: fault.message }).toEqual({ code, message: expect.stringContaining(text) });
    const streamed = await faultOf(readArchiveStream(createReadStream(archive(bytes)), { signal, place: 'archive' }));
    expect({ code: streamed.code, message: streamed.message }, 'streamed').toEqual({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('a layer that the archive does not hold makes the reading partial, not clean', async () => {
    const reading = await readArchive(archive(writeTar(...without(/id1\/layer/))), { signal });
    expect(reading.reports[1]).toBeNull();
    expect(reading.inventory.problems).toContainEqual(
      expect.objectContaining({ code: 'layer-missing', layer: digestOf(database) }),
    );
  });

  it.each([
    ['text', Buffer.from('hello world '.repeat(100)), 'not-an-image', 'is no tar'],
    ['an empty file', Buffer.alloc(0), 'not-an-image', 'is no tar'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'unsupported', 'packed with xz'],
    ['an archive cut in a layer', writeTar(...legacySave()).subarray(0, 5000), 'truncated', 'is damaged'],
    ['a gzip archive cut short', gzipSync(writeTar(...legacySave())).subarray(0, 300), 'truncated', 'ends early'],
    [
      'a bomb',
      Buffer.concat(Array.from({ length: 10 }, () => gzipSync(Buffer.alloc(16 * 1024 * 1024, 0)))),
      'limit-exceeded',
      'ratioMax',
    ],
  ])('%s', async (_, bytes, code, text) => {
    const fault = await faultOf(readArchive(archive(bytes), { signal }));
    expect({ code: fault.code, message: fault.message }).toEqual({ code, message: expect.stringContaining(text) });
    expect(fault.message).toContain('archive-');
  });

  it('a file that is not there', async () => {
    expect((await faultOf(readArchive(join(folder, 'none.tar'), { signal }))).code).toBe('not-found');
  });
});
