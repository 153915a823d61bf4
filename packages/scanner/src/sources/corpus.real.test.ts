import { execFile, execFileSync, spawn } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type LayerReport, parseDigest } from '@hullcheck/core';
import { createRegistryClient } from '@hullcheck/registry';
import {
  corpusArchive,
  corpusLayout,
  dockerRegistryAvailable,
  findProgram,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { TarWalker } from '../layers/tar-walker.ts';
import { type ImageReading, readImage } from '../reading/read-image.ts';
import { readLayers } from '../reading/read-layers.ts';
import { readArchiveStream } from './archive-stream.ts';
import { openDockerArchive, openOciDir, readArchive } from './open-archive.ts';
import { openRegistryImage } from './registry-image.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const platform = { os: 'linux', architecture: 'amd64', variant: null };
const names = [
  'alpine-3.10',
  'alpine-3.20',
  'alpine-3.18-del',
  'distroless',
  'debian-bookworm',
  'go-rust',
  'node-app',
  'python-app',
  'scratch-busybox',
  'zstd',
  'multiarch',
];
const layouts = names.flatMap((name) => {
  const path = corpusLayout(name);
  return path === undefined ? [] : [{ name, path }];
});
const archives = names.flatMap((name) => {
  const path = corpusArchive(name);
  const layout = corpusLayout(name);
  return path === undefined || layout === undefined ? [] : [{ name, path, layout }];
});

/** A layer report without what differs between packed and unpacked storage of the same layer. */
function unpacked(report: LayerReport | null): unknown {
  return report && { ...report, blobDigest: null, blobBytes: null, compression: null };
}
const contentOf = (reading: ImageReading): unknown => ({
  layers: reading.reports.map(unpacked),
  inventory: reading.inventory,
});

describe.skipIf(archives.length === 0)('the corpus', () => {
  it.each(archives)(
    '$name gives the same from a docker archive, a stream of it and an OCI layout',
    async ({ path, layout }) => {
      const fromArchive = await readImage({ image: await openDockerArchive(path, { signal }), signal });
      const fromLayout = await readImage({ image: await openOciDir(layout, { signal, platform }), signal });
      const fromStream = await readArchiveStream(createReadStream(path), { signal });
      expect(fromArchive.reports.every((report) => report !== null)).toBe(true);
      expect(contentOf(fromLayout)).toEqual(contentOf(fromArchive));
      expect(contentOf(fromStream)).toEqual(contentOf(fromArchive));
    },
  );

  it.each(layouts)('the layers of $name hash as sha256sum says', async ({ path }) => {
    const image = await openOciDir(path, { signal, platform });
    const { reports } = await readImage({ image, signal });
    for (const [index, layer] of image.layers.entries()) {
      if (layer.bytes?.kind !== 'file') throw new Error('a layout has files');
      const { stdout } = await run('sha256sum', [layer.bytes.path]);
      expect(reports[index]?.blobDigest).toBe(`sha256:${stdout.slice(0, 64)}`);
      const unpack = reports[index]?.compression === 'zstd' ? 'zstd' : 'gzip';
      const tar = await run('sh', ['-c', `${unpack} -dc < "$0" | sha256sum`, layer.bytes.path]);
      expect(reports[index]?.diffId).toBe(`sha256:${tar.stdout.slice(0, 64)}`);
    }
  });
});

describe.skipIf(layouts.length === 0 || findProgram('tar') === undefined)('the entries of corpus layers', () => {
  it.each(layouts)('of $name are those of GNU tar: names, kinds, sizes', async ({ path }) => {
    const image = await openOciDir(path, { signal, platform });
    for (const layer of image.layers) {
      if (layer.bytes?.kind !== 'file') throw new Error('a layout has files');
      const head = readFileSync(layer.bytes.path).subarray(0, 4);
      const kind = head[0] === 0x1f ? 'gzip' : 'zstd';
      const listing = execFileSync(
        'sh',
        ['-c', `${kind} -dc < "$0" | tar --numeric-owner --quoting-style=literal -tvf -`, layer.bytes.path],
        {
          maxBuffer: 256 * 1024 * 1024,
          env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' },
        },
      );
      const expected = listing.toString('utf8').trimEnd().split('\n').map(fromListing);
      expect(await walked(layer.bytes.path, kind)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    }
  });
});

/** `-rw-r--r-- 0/0  12 2026-11-01 00:00 path -> target` to `- 12 path -> target`. */
function fromListing(line: string): string {
  const match = /^(.)\S+\s+\S+\s+(\S+) \d{4}-\d\d-\d\d \d\d:\d\d (.*)$/.exec(line);
  if (match === null) throw new Error(`not a line of tar's listing: ${line}`);
  const [, kind = '', size = '', rest = ''] = match;
  return `${kind} ${/^[-]$/.test(kind) ? size : 0} ${rest}`;
}

async function walked(path: string, kind: 'gzip' | 'zstd'): Promise<string[]> {
  const lines: string[] = [];
  const marks = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h', other: 'c' };
  const walker = new TarWalker({
    entry: ({ name, linkName, type, size }) => {
      const target = type === 'symlink' ? ` -> ${linkName}` : type === 'hardlink' ? ` link to ${linkName}` : '';
      lines.push(`${marks[type]} ${size} ${name}${target}`);
      return null;
    },
    problem: (code, detail) => lines.push(`${code} ${detail}`),
  });
  const inflate = kind === 'gzip' ? createGunzip() : createZstdDecompress();
  for await (const chunk of createReadStream(path).pipe(inflate)) walker.push(chunk);
  walker.finish();
  return lines;
}

/** Largest resident memory so far, in MB. */
function peakMegabytes(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

describe.skipIf(archives.length === 0 || process.platform !== 'linux')('the memory of the reading process', () => {
  async function peakOf(
    read: (onReader: (reader: { readonly pid: number | undefined }) => void) => Promise<unknown>,
  ): Promise<number> {
    let peak = 0;
    let pid: number | undefined;
    const watch = setInterval(() => {
      peak = Math.max(peak, peakMegabytes(pid));
    }, 10);
    await read((reader) => {
      pid = reader.pid;
    }).finally(() => clearInterval(watch));
    return peak;
  }

  it.each(archives.slice(-4))('stays under 200 MB for $name', async ({ path }) => {
    const peak = await peakOf((onReader) => readArchive(path, { signal, onReader }));
    expect(peak).toBeGreaterThan(30);
    expect(peak).toBeLessThan(200);
  });

  it('stays under 300 MB for a gzip bomb in a layer, which is refused', async () => {
    const bomb = spawn('sh', ['-c', 'head -c 4G /dev/zero | gzip -1']);
    const diffId = parseDigest(`sha256:${'0'.repeat(64)}`);
    if (diffId === undefined) throw new Error('no digest');
    const layer = {
      diffId,
      digest: null,
      sizeBytes: null,
      mediaType: null,
      bytes: { kind: 'stream' as const, open: async () => bomb.stdout },
    };
    let code: unknown;
    const peak = await peakOf((onReader) =>
      readLayers({ layers: [layer], signal, onReader }).catch((thrown: { code?: unknown }) => {
        code = thrown.code;
      }),
    );
    bomb.kill();
    expect(code).toBe('limit-exceeded');
    expect(peak).toBeLessThan(300);
  });
});

describe.skipIf(archives.length === 0 || !dockerRegistryAvailable)('a real registry', () => {
  it.each(['multiarch', 'zstd', 'debian-bookworm'])('gives %s as its layout does', async (name) => {
    const layout = corpusLayout(name);
    if (layout === undefined) return;
    const registry = await startDockerRegistry();
    const client = createRegistryClient({ registry: registry.host, egress: { registry: ['loopback'], elsewhere: [] } });
    try {
      await registry.push(`oci:${layout}:latest`, `team/${name}:1`);
      const image = await openRegistryImage(client, { repository: `team/${name}`, reference: '1', platform, signal });
      const fromLayout = await readImage({ image: await openOciDir(layout, { signal, platform }), signal });
      expect(contentOf(await readImage({ image, signal }))).toEqual(contentOf(fromLayout));
      expect(image.facts.id).toBe(fromLayout.facts.id);
    } finally {
      await client.close();
      await registry.stop();
    }
  });
});
