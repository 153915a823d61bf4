import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Digest, Fault, type LayerReport, parseDigest } from '@hullcheck/core';
import { afterAll, describe, expect, it } from 'vitest';
import { type TarItem, writeTar } from '../layers/testdata/write-tar.ts';
import type { SourceLayer } from '../source.ts';
import { type ReadLayersOptions, readLayers } from './read-layers.ts';

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const plain = new URL('../layers/testdata/plain-analyzers.ts', import.meta.url);
const hostile = new URL('./testdata/hostile-analyzers.ts', import.meta.url);
const signal = new AbortController().signal;

function digestOf(bytes: Buffer): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('no digest');
  return digest;
}

let files = 0;
function layerOf(tar: Buffer, blob: Buffer = gzipSync(tar), kind: 'file' | 'stream' = 'file'): SourceLayer {
  const promise = { diffId: digestOf(tar), digest: digestOf(blob), sizeBytes: blob.length, mediaType: null };
  if (kind === 'stream') return { ...promise, bytes: { kind, open: async () => pieces(blob) } };
  const path = join(folder, `layer-${files++}`);
  // Not at the start of its file: a range is what an archive gives.
  writeFileSync(path, Buffer.concat([Buffer.alloc(512, 1), blob, Buffer.alloc(99, 1)]));
  return { ...promise, bytes: { kind, path, offset: 512, length: blob.length } };
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

const tarOf = (...items: readonly TarItem[]): Buffer => writeTar(...items);
const base = tarOf({ name: 'etc/os-release', body: 'ID=alpine' });
const upper = tarOf({ name: 'app/package.json', body: '{}' }, { name: 'filler', body: 'x'.repeat(300_000) });

function read(layers: readonly SourceLayer[], options: Partial<ReadLayersOptions> = {}): ReturnType<typeof readLayers> {
  return readLayers({ layers, signal, catalogueUrl: plain, ...options });
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Fault) return thrown;
  throw new Error('no Fault was thrown', { cause: thrown });
}

describe('reading layers in a process of their own', () => {
  it('gives the same reports for files and streams, each layer once, in order', async () => {
    const saved: Digest[] = [];
    const progress: number[] = [];
    const fromFiles = await read([layerOf(base), layerOf(upper), layerOf(base)], {
      save: async (report) => void saved.push(report.diffId),
      onProgress: (p) => progress.push(p.layersDone),
    });
    const fromStreams = await read([layerOf(base, undefined, 'stream'), layerOf(upper, undefined, 'stream')]);
    expect(fromFiles.map(({ diffId }) => diffId)).toEqual([digestOf(base), digestOf(upper), digestOf(base)]);
    expect(fromFiles.slice(0, 2)).toEqual(fromStreams);
    expect(fromFiles[0]?.report?.evidence).toEqual([{ analyzer: 'text', path: 'etc/os-release', data: 'ID=alpine' }]);
    expect(saved.toSorted()).toEqual([digestOf(base), digestOf(upper)].toSorted());
    expect(progress.at(-1)).toBe(3);
  });

  it('starts no process when all is known, and says which layers are not to be had', async () => {
    const [kept] = await read([layerOf(base)]);
    const known = async (diffId: Digest): Promise<LayerReport | undefined> =>
      diffId === digestOf(base) ? (kept?.report ?? undefined) : undefined;
    const foreign: SourceLayer = {
      ...layerOf(upper),
      bytes: null,
      mediaType: 'application/vnd.docker.image.rootfs.foreign',
    };
    let started = 0;
    const results = await read([layerOf(base), foreign], { known, onReader: () => void started++ });
    expect(started).toBe(0);
    expect(results[0]?.report).toEqual(kept?.report);
    expect(results[1]).toMatchObject({ report: null, problems: [{ code: 'layer-missing', layer: digestOf(upper) }] });
  });

  it('reads a zstd frame with a large window alone', async () => {
    const tar = tarOf(
      { name: 'etc/os-release', body: 'ID=wide' },
      { name: 'zeros', body: Buffer.alloc(18_000_000, 3) },
    );
    const blob = zstdCompressSync(tar, {
      params: { [constants.ZSTD_c_windowLog]: 24, [constants.ZSTD_c_compressionLevel]: 1 },
    });
    const results = await read([layerOf(tar, blob), layerOf(base), layerOf(tar, blob, 'stream')]);
    expect(results[0]?.report?.evidence).toEqual([{ analyzer: 'text', path: 'etc/os-release', data: 'ID=wide' }]);
  });

  it("reads a hard link's target in a second pass of a file, and says so where a stream has only one", async () => {
    const tar = tarOf({ name: 'store/1', body: 'stored' }, { name: 'package.json', type: '1', link: 'store/1' });
    const [file] = await read([layerOf(tar)]);
    const [stream] = await read([layerOf(tar, undefined, 'stream')]);
    expect(file).toMatchObject({ report: { evidence: [{ data: 'stored' }] }, problems: [] });
    expect(stream).toMatchObject({
      report: { evidence: [{ data: null }] },
      problems: [{ code: 'unsupported', path: 'package.json' }],
    });
  });
});

describe('what was promised and is not so', () => {
  const good = layerOf(upper);
  const other = digestOf(Buffer.from('other'));
  const streamed = layerOf(upper, undefined, 'stream');
  it.each([
    ['a wrong blob digest', { ...good, digest: other }, 'digest-mismatch'],
    ['a wrong diffID', { ...good, diffId: other }, 'digest-mismatch'],
    ['a size that lies', { ...good, sizeBytes: 17 }, 'size-mismatch'],
    ['a stream longer than promised', { ...streamed, sizeBytes: 17 }, 'size-mismatch'],
    ['a stream shorter than promised', { ...streamed, sizeBytes: 1_000_000 }, 'truncated'],
    [
      'a file cut short',
      { ...good, sizeBytes: null, bytes: good.bytes?.kind === 'file' ? { ...good.bytes, length: 900_000 } : null },
      'truncated',
    ],
    ['a gzip stream cut short', { ...layerOf(upper, gzipSync(upper).subarray(0, -8)) }, 'truncated'],
    ['xz', layerOf(upper, Buffer.from('fd377a585a0000000000', 'hex')), 'unsupported'],
  ] satisfies readonly (readonly [string, SourceLayer, string])[])('%s', async (_, layer, code) => {
    const fault = await faultOf(read([layerOf(base), layer]));
    expect({ code: fault.code, place: fault.place }).toEqual({ code, place: `layer 1 (${layer.digest})` });
  });

  it('more layers than layersMax are refused before any is read', async () => {
    const fault = await faultOf(read(Array.from({ length: 1025 }, () => good)));
    expect(fault.code).toBe('limit-exceeded');
  });
});

describe('a reading process that fails', () => {
  const acting = (action: string): SourceLayer => layerOf(tarOf({ name: `act/${action}`, body: 'x' }));
  const readHostile = (action: string, options: Partial<ReadLayersOptions> = {}): ReturnType<typeof readLayers> =>
    read([acting(action)], { catalogueUrl: hostile, ...options });

  it.each([
    ['breaks down', 'fault', 'reader-crashed'],
    ['fills its heap', 'heap', 'reader-crashed'],
    ['hoards memory outside the heap', 'hoard', 'reader-crashed'],
  ])(
    'because it %s is a Fault',
    async (_, action, code) => {
      expect((await faultOf(readHostile(action))).code).toBe(code);
    },
    60_000,
  );

  it('because a layer leaves too much to tell is a Fault that names the limit', async () => {
    const fault = await faultOf(readHostile('talk'));
    expect(fault).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('reportCharsMax') });
  });

  it('because it never ends is timed out', async () => {
    const fault = await faultOf(readHostile('loop', { wallMs: 1500 }));
    expect(fault.code).toBe('timed-out');
  });

  it('because it was killed is a Fault, and nothing is kept', async () => {
    let saved = 0;
    const fault = await faultOf(
      readHostile('loop', {
        save: async () => void saved++,
        onReader: ({ pid }) => void sleep(300).then(() => process.kill(pid ?? 0, 'SIGKILL')),
      }),
    );
    expect({ code: fault.code, message: fault.message, saved }).toEqual({
      code: 'reader-crashed',
      message: 'the reading process ended (SIGKILL)',
      saved: 0,
    });
  });

  it('or is no longer wanted is gone at once', async () => {
    const stop = new AbortController();
    let pid: number | undefined;
    const reading = readHostile('loop', {
      signal: stop.signal,
      onReader: (reader) => {
        pid = reader.pid;
        void sleep(300).then(() => stop.abort());
      },
    });
    expect((await faultOf(reading)).code).toBe('cancelled');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('has no environment, may not write, nor start programs', async () => {
    const layers = ['environment', 'write', 'execute'].map(acting);
    const results = await read(layers, { catalogueUrl: hostile });
    expect(results.map(({ report }) => report?.evidence[0]?.data)).toEqual([
      [],
      'ERR_ACCESS_DENIED',
      'ERR_ACCESS_DENIED',
    ]);
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
