import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { LayerReport } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { layerLimits } from '../limits.ts';
import { compileClaims } from './claims.ts';
import type { LinkedReads } from './layer-contents.ts';
import { type LayerFailure, LayerReader, type LayerReading } from './layer-reader.ts';
import { analyzers } from './testdata/plain-analyzers.ts';
import { pax, type TarItem, writeTar } from './testdata/write-tar.ts';

const matcher = compileClaims(analyzers);

async function read(
  bytes: Buffer,
  linkedReads?: LinkedReads,
  pieceBytes = 65_536,
): Promise<LayerReading | LayerFailure> {
  const reader = new LayerReader({
    analyzers,
    matcher,
    spillFolder: tmpdir(),
    zstdWindowLog: 23,
    ...(linkedReads === undefined ? {} : { linkedReads }),
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) await reader.push(bytes.subarray(at, at + pieceBytes));
  return reader.finish();
}

async function reportOf(...items: readonly TarItem[]): Promise<LayerReport> {
  const result = await read(writeTar(...items));
  if (!('report' in result)) throw result.fault;
  return result.report;
}

const evidenceOf = (report: LayerReport): unknown[] =>
  report.evidence.map(({ analyzer, path, data }) => [analyzer, path, data]);
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const elf = (tail: string): string => `\x7fELF${tail}`;

describe('one pass over a layer', () => {
  const tar = writeTar({ name: './etc/os-release', body: 'ID=alpine' }, { name: 'other', body: 'x'.repeat(70_000) });

  it.each([
    ['none', tar],
    ['gzip', gzipSync(tar)],
    ['zstd', zstdCompressSync(tar)],
  ])('computes both digests and the same evidence of %s bytes, in pieces of any size', async (compression, bytes) => {
    for (const pieceBytes of [1, 4096, bytes.length]) {
      const result = await read(bytes, undefined, pieceBytes);
      expect('report' in result && result.report).toMatchObject({
        diffId: sha256(tar),
        blobDigest: sha256(bytes),
        compression,
        blobBytes: bytes.length,
        tarBytes: tar.length,
        entries: 2,
        readers: { walker: 1, limits: 1, text: 3, elf: 1 },
        evidence: [{ analyzer: 'text', path: 'etc/os-release', data: 'ID=alpine' }],
        problems: [],
      });
    }
  });

  it('tells deletions, hidden folders and links', async () => {
    const report = await reportOf(
      { name: 'etc/.wh.passwd' },
      { name: '.wh.top' },
      { name: 'var/cache/.wh..wh..opq' },
      { name: '.wh..wh.plnk', type: '5' },
      { name: 'etc/.wh..' },
      { name: 'lib', type: '2', link: 'usr/lib' },
      { name: '__proto__', type: '2', link: 'x' },
    );
    expect(report.whiteouts).toEqual(['etc/passwd', 'top']);
    expect(report.opaque).toEqual(['var/cache']);
    expect(report.links.lib).toBe('usr/lib');
    expect(Object.getPrototypeOf(report.links)).toBe(Object.prototype);
    expect(report.problems.map(({ path, detail }) => [path, detail])).toEqual([
      ['etc/.wh..', 'a whiteout that names nothing'],
    ]);
  });

  it('makes a throw of an analyzer a problem of that file, with control characters visible', async () => {
    const report = await reportOf({ name: 'a/package.json', body: 'BROKEN' }, { name: 'b/package.json', body: 'fine' });
    expect(evidenceOf(report)).toEqual([
      ['text', 'a/package.json', null],
      ['text', 'b/package.json', 'fine'],
    ]);
    expect(report.problems).toEqual([
      {
        code: 'unreadable',
        path: 'a/package.json',
        layer: report.diffId,
        detail: 'text could not read it: broken\\x1b[31m file',
      },
    ]);
  });

  it('lets a later entry replace an earlier one, and a file replace a folder with all below', async () => {
    const report = await reportOf(
      { name: 'a/package.json', body: 'first' },
      { name: 'a/package.json', body: 'second' },
      { name: 'b/package.json', body: 'gone' },
      { name: 'b/package.json', type: '2', link: '../a/package.json' },
      { name: 'c/d/package.json', body: 'gone too' },
      { name: 'c', body: 'a file now' },
    );
    expect(evidenceOf(report)).toEqual([['text', 'a/package.json', 'second']]);
    expect(report.links).toEqual({ 'b/package.json': '../a/package.json' });
  });

  it('refuses names that lead out, as runtimes do', async () => {
    const report = await reportOf(
      { name: '../../etc/os-release', body: 'ID=evil' },
      { name: 'x/../../package.json', body: 'evil' },
    );
    expect(report.evidence).toEqual([]);
    expect(report.problems.map(({ code }) => code)).toEqual(['unreadable', 'unreadable']);
  });

  it('keeps what lies behind the end mark from taking the place of what runtimes see', async () => {
    const bytes = Buffer.concat([
      writeTar({ name: 'etc/os-release', body: 'ID=debian' }),
      writeTar(
        { name: 'etc/os-release', body: 'ID=clean' },
        { name: 'package.json', body: 'more' },
        { name: '.wh.db' },
      ),
    ]);
    const result = await read(bytes);
    if (!('report' in result)) throw result.fault;
    expect(evidenceOf(result.report)).toEqual([
      ['text', 'etc/os-release', 'ID=debian'],
      ['text', 'package.json', 'more'],
    ]);
    expect(result.report.whiteouts).toEqual([]);
    expect(result.report.problems.map(({ code }) => code)).toEqual(['unsupported']);
  });

  it('marks a claimed file of which the layer holds only a part', async () => {
    const result = await read(writeTar({ name: 'package.json', body: 'x'.repeat(2000) }).subarray(0, 1200));
    if (!('report' in result)) throw result.fault;
    expect(evidenceOf(result.report)).toEqual([['text', 'package.json', null]]);
    expect(result.report.problems.map(({ code, path }) => [code, path])).toEqual([
      ['truncated', 'package.json'],
      ['truncated', null],
    ]);
  });

  it('reports a claimed sparse file instead of analysing its map', async () => {
    const report = await reportOf(pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'package.json' }), {
      name: 's',
      body: 'map',
    });
    expect(evidenceOf(report)).toEqual([['text', 'package.json', null]]);
    expect(report.problems[0]).toMatchObject({ code: 'unsupported', path: 'package.json' });
  });
});

describe('executables', () => {
  it('are claimed by magic with an execute bit, and hide lower ones where they say nothing', async () => {
    const report = await reportOf(
      { name: 'bin/go', mode: 0o755, body: elf('tail') },
      { name: 'bin/c', mode: 0o755, body: elf('none') },
      { name: 'bin/script', mode: 0o755, body: '#!/bin/sh' },
      { name: 'bin/tiny', mode: 0o755, body: 'x' },
      { name: 'lib/data', mode: 0o644, body: elf('tail') },
    );
    expect(evidenceOf(report)).toEqual([
      ['elf', 'bin/c', null],
      ['elf', 'bin/go', { sizeBytes: 8, tail: 'tail' }],
      ['elf', 'bin/script', null],
      ['elf', 'bin/tiny', null],
    ]);
  });

  it('above the memory limit spill to a file without a name', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('hullcheck-spill-'));
    const report = await reportOf({ name: 'bin/big', mode: 0o755, body: elf(`${'x'.repeat(17 * 1024 * 1024)}last`) });
    expect(evidenceOf(report)).toEqual([['elf', 'bin/big', { sizeBytes: 17 * 1024 * 1024 + 8, tail: 'last' }]]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('hullcheck-spill-'))).toEqual(before);
  });
});

describe('hard links', () => {
  it('share the evidence of their target', async () => {
    const report = await reportOf(
      { name: 'a/package.json', body: 'shared' },
      { name: 'b/package.json', type: '1', link: './a/package.json' },
      { name: 'bin/one', mode: 0o755, body: elf('tail') },
      { name: 'bin/two', mode: 0o755, type: '1', link: 'bin/one' },
    );
    expect(evidenceOf(report)).toEqual([
      ['text', 'a/package.json', 'shared'],
      ['text', 'b/package.json', 'shared'],
      ['elf', 'bin/one', { sizeBytes: 8, tail: 'tail' }],
      ['elf', 'bin/two', { sizeBytes: 8, tail: 'tail' }],
    ]);
  });

  it("to bytes that had passed by (pnpm's store) are read in a second pass", async () => {
    const bytes = writeTar(
      { name: 'store/00/abc', body: 'from the store' },
      { name: 'app/package.json', type: '1', link: 'store/00/abc' },
      { name: 'app/sub/package.json', type: '1', link: 'store/00/none' },
    );
    const first = await read(bytes);
    if (!('report' in first)) throw first.fault;
    expect([...first.wanted.keys()]).toEqual(['store/00/abc', 'store/00/none']);
    const second = await read(bytes, first.wanted);
    if (!('report' in second)) throw second.fault;
    expect(evidenceOf(second.report)).toEqual([
      ['text', 'app/package.json', 'from the store'],
      ['text', 'app/sub/package.json', null],
    ]);
    expect(second.report.problems.map(({ code, path }) => [code, path])).toEqual([
      ['unreadable', 'app/sub/package.json'],
    ]);
  });
});

describe('bytes that are no layer', () => {
  it.each([
    ['xz', 'fd377a585a000000', 'unsupported'],
    ['bzip2', '425a683931415926', 'unsupported'],
    ['lz4', '04224d1864404000', 'unsupported'],
    ['zip', '504b030414000000', 'unsupported'],
    ['neither a tar', '68656c6c6f20776f726c64', 'not-an-image'],
  ])('%s is named', async (name, hex, code) => {
    const bytes = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(600, 1)]);
    const result = await read(bytes);
    expect('fault' in result && result.fault).toMatchObject({
      code,
      message: expect.stringContaining(name.replace('neither a tar', 'no tar')),
    });
  });

  it('an empty blob and an empty tar are layers without entries', async () => {
    for (const bytes of [Buffer.alloc(0), writeTar(), gzipSync(writeTar())]) {
      const result = await read(bytes);
      expect('report' in result && result.report.entries).toBe(0);
    }
  });

  it('a damaged gzip stream still has the digest of its bytes', async () => {
    const bytes = gzipSync(writeTar({ name: 'a', body: 'x'.repeat(5000) }));
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 1;
    const result = await read(bytes);
    expect(result).toMatchObject({
      fault: { code: 'not-an-image' },
      blobDigest: sha256(bytes),
      blobBytes: bytes.length,
    });
  });

  it.each([
    ['gzip', (bytes: Buffer) => gzipSync(bytes, { level: 9 })],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('a %s bomb ends at the ratio', async (_, compress) => {
    // Members one after another: a bomb of any size is made without holding it.
    const member = compress(Buffer.alloc(16 * 1024 * 1024));
    const bomb = Buffer.concat([
      compress(writeTar({ name: 'zeros', size: 2 ** 32 }).subarray(0, 512)),
      ...Array.from({ length: 20 }, () => member),
    ]);
    const result = await read(bomb);
    expect('fault' in result && result.fault).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('ratioMax'),
    });
    expect(layerLimits.ratioFreeBytes).toBeLessThan(20 * 16 * 1024 * 1024);
  });
});
