import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactFacts } from './artifact.ts';
import { describeBytes, EMPTY_CONFIG, LAYER_TYPE, MANIFEST_TYPE, sha256Digest, writeArtifact } from './artifact.ts';
import { exportDatabase, importDatabase } from './carrying.ts';
import { revisionContents } from './contents.testing.ts';
import { signatureTag, writeSignatureArtifact } from './cosign.ts';
import { pullDatabase } from './pull.ts';
import { emptyCache, keyPair, smallPublisher } from './small-database.ts';

/** What a registry holds of one repository: manifests by tag or digest, blobs by digest. */
interface Holdings {
  readonly manifests: Map<string, Uint8Array>;
  readonly blobs: Map<string, Uint8Array>;
}

const key = keyPair();
const servers: ScriptedServer[] = [];
let packed: Buffer;
let revision: string;
let builtAt: string;
let newest: string;

beforeAll(async () => {
  const publisher = smallPublisher();
  const report = await publisher.build();
  newest = report.path;
  ({ revision, builtAt } = report);
  const file = path.join(publisher.mirror.cacheDir, 'packed.zst');
  await exportDatabase(report.path, file, key.signing);
  packed = readFileSync(file);
});
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

function holdings(layer: Uint8Array = packed, facts: Partial<ArtifactFacts> = {}): Holdings {
  const manifest = writeArtifact({ layer: describeBytes(LAYER_TYPE, layer), revision, builtAt, ...facts });
  const digest = sha256Digest(manifest);
  const signature = writeSignatureArtifact(digest, 'registry/db', key.signing);
  return {
    manifests: new Map([
      ['1', manifest],
      [digest, manifest],
      [signatureTag(digest), signature.manifest],
    ]),
    blobs: new Map([layer, EMPTY_CONFIG, ...signature.blobs].map((blob) => [sha256Digest(blob), blob])),
  };
}

async function offer(held: Holdings, break_: { afterBytes?: number; ignoreRange?: boolean } = {}) {
  const server = await startScriptedServer((request, response) => {
    const [, kind = '', name = ''] = /^\/v2\/db\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
    const bytes = kind === 'manifests' ? held.manifests.get(name) : held.blobs.get(name);
    if (request.url === '/v2/') response.writeHead(200).end();
    else if (bytes === undefined) response.writeHead(404).end();
    else if (kind === 'manifests') {
      response
        .writeHead(200, { 'content-type': MANIFEST_TYPE, 'docker-content-digest': sha256Digest(bytes) })
        .end(bytes);
    } else {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = bytes.subarray(from);
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': rest.byteLength,
        ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}` } : {}),
      });
      if (break_.afterBytes === undefined || from > 0) response.end(rest);
      else response.write(rest.subarray(0, break_.afterBytes), () => response.destroy());
    }
  });
  servers.push(server);
  return server;
}

function pull(
  server: ScriptedServer,
  options: { cacheDir?: string; signed?: boolean; keys?: typeof key.trusted } = {},
) {
  return pullDatabase({
    reference: `oci:${server.host}/db`,
    registry: { egress: { registry: ['loopback'], elsewhere: [] } },
    cacheDir: options.cacheDir ?? emptyCache(),
    keys: options.keys ?? (options.signed === true ? key.trusted : []),
    signal: AbortSignal.timeout(20_000),
  });
}

/** A cache with a database in it, and proof that it is all that is left there. */
async function cacheInUse() {
  const publisher = smallPublisher();
  const before = await publisher.build(
    { kev: { 'CVE-2024-1000': '2024-05-01' }, tracker: { bash: { 'CVE-2024-1': '2' } }, epss: { 'CVE-2024-1': 0.1 } },
    '2026-08-01T00:00:00Z',
  );
  const cacheDir = emptyCache();
  await importDatabase(before.path, cacheDir);
  return {
    cacheDir,
    stays: () => expect(readdirSync(path.join(cacheDir, 'databases'))).toEqual([`${before.revision}.db`]),
  };
}

describe('pulling a database', () => {
  it('takes what was published, row for row, and nothing the second time', async () => {
    const cacheDir = emptyCache();
    const server = await offer(holdings());
    const taken = await pull(server, { cacheDir, signed: true });
    expect(taken).toMatchObject({
      outcome: 'taken',
      revision,
      builtAt,
      way: { kind: 'whole' },
      bytes: packed.byteLength,
    });
    expect(revisionContents(taken.path)).toEqual(revisionContents(newest));
    const asked = server.seen.length;
    expect(await pull(server, { cacheDir, signed: true })).toMatchObject({ outcome: 'unchanged', revision });
    expect(server.seen.slice(asked).some(({ path: asking }) => asking.includes(sha256Digest(packed)))).toBe(false);
  });

  it('picks a broken download up where it broke', async () => {
    const server = await offer(holdings(), { afterBytes: 1000 });
    expect(await pull(server)).toMatchObject({ outcome: 'taken', revision });
    expect(server.seen.some(({ headers }) => headers.range === 'bytes=1000-')).toBe(true);
  });

  it('keeps a younger database than the one that is offered, also where an old one was signed', async () => {
    const publisher = smallPublisher();
    const younger = await publisher.build(
      { kev: { 'CVE-2024-1000': '2024-05-01' }, tracker: { bash: { 'CVE-2024-1': '2' } }, epss: { 'CVE-2024-1': 0.1 } },
      '2026-10-01T00:00:00Z',
    );
    const cacheDir = emptyCache();
    await importDatabase(younger.path, cacheDir);
    const server = await offer(holdings());
    expect(await pull(server, { cacheDir, signed: true })).toMatchObject({
      outcome: 'older',
      revision: younger.revision,
    });
  });

  const bomb = (size: number) => zstdCompressSync(Buffer.alloc(size));
  const cases: readonly [string, () => Holdings, object][] = [
    [
      'a layer that is not what its digest names',
      () => {
        const held = holdings();
        held.blobs.set(sha256Digest(packed), Buffer.from(packed).fill(0, 100, 200));
        return held;
      },
      { code: 'digest-mismatch' },
    ],
    [
      'a layer that is longer than stated',
      () => {
        const held = holdings();
        held.blobs.set(sha256Digest(packed), Buffer.concat([packed, Buffer.alloc(10)]));
        return held;
      },
      { code: 'size-mismatch' },
    ],
    ['a layer that is cut', () => holdings(packed.subarray(0, packed.byteLength - 100)), { code: 'database-invalid' }],
    [
      'a layer that is missing',
      () => {
        const held = holdings();
        held.blobs.delete(sha256Digest(packed));
        return held;
      },
      { code: 'not-found' },
    ],
    [
      'an artifact without a layer',
      () => {
        const held = holdings();
        held.manifests.set(
          '1',
          rewrite(held, (manifest) => ({ ...manifest, layers: [] })),
        );
        return held;
      },
      { code: 'database-invalid', message: expect.stringContaining('one layer') },
    ],
    [
      'a layer larger than any database',
      () => {
        const held = holdings();
        held.manifests.set(
          '1',
          rewrite(held, (manifest) => ({ ...manifest, layers: [{ ...manifest.layers[0], size: 2 ** 40 }] })),
        );
        return held;
      },
      { code: 'limit-exceeded' },
    ],
    ['a zstd bomb', () => holdings(bomb(200 * 1024 ** 2)), { code: 'limit-exceeded' }],
    [
      'a zstd frame that wants a window of 128 MiB',
      () =>
        holdings(
          zstdCompressSync(packed, {
            params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 },
          }),
        ),
      { code: 'database-invalid' },
    ],
    ['a gzip bomb', () => holdings(gzipSync(Buffer.alloc(200 * 1024 ** 2))), { code: 'database-invalid' }],
    [
      'a database that is another revision than the artifact says',
      () => holdings(packed, { revision: '0'.repeat(64) }),
      { code: 'database-invalid', message: expect.stringContaining('another revision') },
    ],
    [
      'a database that is older than the artifact says',
      () => holdings(packed, { builtAt: '2026-12-01T00:00:00Z' }),
      { code: 'database-invalid' },
    ],
    [
      'another schema',
      () => {
        const held = holdings();
        held.manifests.set(
          '1',
          rewrite(held, (manifest) => ({
            ...manifest,
            annotations: { ...manifest.annotations, 'io.hullcheck.database.schema': '2' },
          })),
        );
        return held;
      },
      { message: expect.stringContaining('schema 2, this version reads schema 1') },
    ],
    [
      'an image',
      () => {
        const held = holdings();
        held.manifests.set(
          '1',
          rewrite(held, (manifest) => ({ ...manifest, artifactType: undefined })),
        );
        return held;
      },
      { message: expect.stringContaining('no vulnerability database') },
    ],
  ];
  it.each(cases)('refuses %s, and the database in use stays', async (_name, make, fault) => {
    const { cacheDir, stays } = await cacheInUse();
    await expect(pull(await offer(make()), { cacheDir })).rejects.toMatchObject(fault);
    stays();
  });
});

describe('pulling with a key', () => {
  const cases: readonly [string, (held: Holdings) => void, string][] = [
    ['an artifact without a signature', (held) => held.manifests.delete(tagOf(held)), 'it is not signed'],
    ['a signature of another key', (held) => sign(held, digestOf(held), keyPair()), 'no trusted key'],
    [
      'a signature of another artifact',
      (held) => sign(held, sha256Digest(Buffer.from('other')), key),
      'no trusted key',
    ],
    [
      'a payload that was changed after it was signed',
      (held) => {
        const foreign = writeSignatureArtifact(sha256Digest(Buffer.from('other')), 'registry/db', key.signing);
        const own = writeSignatureArtifact(digestOf(held), 'registry/db', key.signing);
        const text = JSON.parse(own.manifest.toString());
        text.layers[0].annotations = JSON.parse(foreign.manifest.toString()).layers[0].annotations;
        held.manifests.set(tagOf(held), Buffer.from(JSON.stringify(text)));
      },
      'no trusted key',
    ],
    [
      'a signature that cannot be read',
      (held) => held.manifests.set(tagOf(held), Buffer.from('{"schemaVersion":2,"layers":7,"config":{}}')),
      'cannot be read',
    ],
  ];
  it.each(cases)('refuses %s before its layer is fetched', async (_name, spoil, reason) => {
    const { cacheDir, stays } = await cacheInUse();
    const held = holdings();
    spoil(held);
    const server = await offer(held);
    await expect(pull(server, { cacheDir, signed: true })).rejects.toMatchObject({
      code: 'database-invalid',
      message: expect.stringContaining(reason),
    });
    expect(server.seen.some(({ path: asking }) => asking.includes(sha256Digest(packed)))).toBe(false);
    stays();
  });

  it('trusts any of several keys, so that one can be replaced', async () => {
    const server = await offer(holdings());
    expect(await pull(server, { keys: [...keyPair().trusted, ...key.trusted] })).toMatchObject({ outcome: 'taken' });
  });
});

function digestOf(held: Holdings) {
  return sha256Digest(held.manifests.get('1') ?? Buffer.alloc(0));
}

function tagOf(held: Holdings): string {
  return signatureTag(digestOf(held));
}

function sign(held: Holdings, digest: ReturnType<typeof digestOf>, by: typeof key): void {
  const signature = writeSignatureArtifact(digest, 'registry/db', by.signing);
  held.manifests.set(tagOf(held), signature.manifest);
  for (const blob of signature.blobs) held.blobs.set(sha256Digest(blob), blob);
}

// biome-ignore lint/suspicious/noExplicitAny: a manifest that is bent into what no type allows.
function rewrite(held: Holdings, change: (manifest: any) => object): Buffer {
  return Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(held.manifests.get('1') ?? '').toString()))));
}
