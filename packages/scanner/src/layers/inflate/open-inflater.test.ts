import { createHash } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { detectCompression } from '../compression.ts';
import { type InflateBy, openInflater } from './open-inflater.ts';

const plain = Buffer.alloc(900_000);
for (let i = 0; i < plain.length; i++) plain[i] = i > 100_000 && i < 700_000 ? 7 : (i * i) >> 7;
const gzip = gzipSync(plain);
const zstd = zstdCompressSync(plain);
/** Compared in place of the bytes: comparing a megabyte byte by byte takes vitest a second. */
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const once = sha256(plain);
const twice = sha256(Buffer.concat([plain, plain]));

async function inflate(kind: 'gzip' | 'zstd', bytes: Buffer, pieceBytes: number, by: InflateBy): Promise<string> {
  const out: Buffer[] = [];
  try {
    const inflater = openInflater(kind, {
      zstdWindowLog: 23,
      by,
      sink: (part) => out.push(Buffer.from(part)),
    });
    for (let at = 0; at < bytes.length; at += pieceBytes) await inflater.push(bytes.subarray(at, at + pieceBytes));
    await inflater.finish();
    return sha256(Buffer.concat(out));
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

const damagedCrc = Buffer.from(gzip);
damagedCrc[gzip.length - 6] = (gzip[gzip.length - 6] ?? 0) ^ 1;
const wide = zstdCompressSync(Buffer.alloc(20_000_000, 1), { params: { [constants.ZSTD_c_windowLog]: 24 } });

describe('inflating', () => {
  it.each([
    { name: 'one gzip member', kind: 'gzip' as const, bytes: gzip, result: once },
    { name: 'two gzip members', kind: 'gzip' as const, bytes: Buffer.concat([gzip, gzip]), result: twice },
    {
      name: 'gzip with zero padding',
      kind: 'gzip' as const,
      bytes: Buffer.concat([gzip, Buffer.alloc(1000)]),
      result: once,
    },
    {
      name: 'gzip with other bytes behind',
      kind: 'gzip' as const,
      bytes: Buffer.concat([gzip, Buffer.from('zz')]),
      result: 'not-an-image',
    },
    { name: 'gzip cut in its trailer', kind: 'gzip' as const, bytes: gzip.subarray(0, -4), result: 'truncated' },
    {
      name: 'gzip cut in the middle',
      kind: 'gzip' as const,
      bytes: gzip.subarray(0, gzip.length >> 1),
      result: 'truncated',
    },
    { name: 'gzip with a wrong CRC', kind: 'gzip' as const, bytes: damagedCrc, result: 'not-an-image' },
    { name: 'one zstd frame', kind: 'zstd' as const, bytes: zstd, result: once },
    { name: 'zstd cut', kind: 'zstd' as const, bytes: zstd.subarray(0, -9), result: 'truncated' },
    { name: 'zstd with a window above the limit', kind: 'zstd' as const, bytes: wide, result: 'limit-exceeded' },
  ])('$name, by our module, by the internal handle and by the public stream', async ({ kind, bytes, result }) => {
    for (const pieceBytes of [777, 65_536, bytes.length]) {
      for (const by of ['module', 'handle', 'stream'] as const) {
        expect(await inflate(kind, bytes, pieceBytes, by), `${by}, pieces of ${pieceBytes}`).toEqual(result);
      }
    }
  });

  it('takes single bytes, and several zstd frames', async () => {
    expect(await inflate('gzip', Buffer.concat([gzip, gzip]), 1, 'module')).toEqual(twice);
    expect(await inflate('gzip', Buffer.concat([gzip, gzip]), 1, 'handle')).toEqual(twice);
    expect(await inflate('zstd', Buffer.concat([zstd, zstd]), 1, 'handle')).toEqual(twice);
  });

  it('refuses bytes behind the zero padding of gzip', async () => {
    const bytes = Buffer.concat([gzip, Buffer.alloc(5), Buffer.from('zz')]);
    expect(await inflate('gzip', bytes, 777, 'module')).toBe('not-an-image');
    expect(await inflate('gzip', bytes, 777, 'handle')).toBe('not-an-image');
  });
});

describe('telling the compression', () => {
  it.each([
    ['fd377a585a00', { kind: 'unsupported', name: 'xz' }],
    ['425a6839', { kind: 'unsupported', name: 'bzip2' }],
    ['04224d18', { kind: 'unsupported', name: 'lz4' }],
    ['1f8b0800', { kind: 'gzip' }],
    ['28b52ffd', { kind: 'zstd' }],
    ['502a4d18', { kind: 'zstd' }],
    ['6574632f', { kind: 'none' }],
    ['', { kind: 'none' }],
  ])('%s', (hex, detected) => {
    expect(detectCompression(Buffer.from(hex, 'hex'))).toEqual(detected);
  });
});
