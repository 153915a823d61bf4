import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { readJson } from './body.ts';

const limits = (bytesMax: number) => ({ bytesMax, wholeMs: 10_000 });
const message = (...chunks: readonly Uint8Array[]) => Readable.from(chunks) as unknown as IncomingMessage;

it('reads JSON, packed or not, however it is cut', async () => {
  const text = Buffer.from(JSON.stringify({ a: 'ü'.repeat(100) }));
  const bytes = [...text].map((byte) => Uint8Array.of(byte));
  expect(await readJson(message(...bytes), undefined, limits(1_000))).toEqual({ a: 'ü'.repeat(100) });
  expect(await readJson(message(gzipSync(text)), 'gzip', limits(1_000))).toEqual({ a: 'ü'.repeat(100) });
  expect(await readJson(message(), undefined, limits(1_000))).toBeUndefined();
});

it('stops a bomb at the limit, not at its end', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  await expect(readJson(message(bomb), 'gzip', limits(1_000_000))).rejects.toMatchObject({ code: 'limit-exceeded' });
});

it.each([
  [Buffer.from('{'), undefined],
  [Buffer.from('not gzip'), 'gzip'],
  [gzipSync('{"a":1}').subarray(0, 12), 'gzip'],
])('refuses what it can not read', async (bytes, encoding) => {
  await expect(readJson(message(bytes), encoding, limits(1_000))).rejects.toMatchObject({ code: 'invalid-input' });
});

it('knows no other encoding', async () => {
  await expect(readJson(message(Buffer.from('{}')), 'br', limits(1_000))).rejects.toMatchObject({
    code: 'unsupported',
  });
});

it('tells of each piece that it keeps, and stops where that is refused', async () => {
  const held: number[] = [];
  const hold = (bytes: number) => {
    held.push(bytes);
    if (held.length === 3) throw new Fault('rate-limited', 'full');
  };
  const chunk = Buffer.alloc(10, 32);
  await expect(readJson(message(...Array(9).fill(chunk)), undefined, limits(1_000), hold)).rejects.toMatchObject({
    code: 'rate-limited',
  });
  expect(held).toEqual([10, 10, 10]);
});

it('gives up a body that drips, and one that breaks off, packed or not', async () => {
  const drips = new Readable({ read: () => undefined }) as unknown as IncomingMessage;
  await expect(readJson(drips, undefined, { bytesMax: 1_000, wholeMs: 50 })).rejects.toMatchObject({
    code: 'timed-out',
  });
  for (const encoding of [undefined, 'gzip']) {
    const broken = new Readable({ read: () => undefined });
    broken.push(gzipSync(Buffer.alloc(1_000)).subarray(0, 12));
    setTimeout(() => broken.destroy(), 20);
    await expect(readJson(broken as unknown as IncomingMessage, encoding, limits(1_000))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  }
});
