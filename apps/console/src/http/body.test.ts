import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readJson } from './body.ts';

const message = (...chunks: readonly Uint8Array[]) => Readable.from(chunks) as unknown as IncomingMessage;

it('reads JSON, packed or not, however it is cut', async () => {
  const text = Buffer.from(JSON.stringify({ a: 'ü'.repeat(100) }));
  const bytes = [...text].map((byte) => Uint8Array.of(byte));
  expect(await readJson(message(...bytes), undefined, 1_000)).toEqual({ a: 'ü'.repeat(100) });
  expect(await readJson(message(gzipSync(text)), 'gzip', 1_000)).toEqual({ a: 'ü'.repeat(100) });
  expect(await readJson(message(), undefined, 1_000)).toBeUndefined();
});

it('stops a bomb at the limit, not at its end', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  await expect(readJson(message(bomb), 'gzip', 1_000_000)).rejects.toMatchObject({ code: 'limit-exceeded' });
});

it.each([
  [Buffer.from('{'), undefined],
  [Buffer.from('not gzip'), 'gzip'],
  [gzipSync('{"a":1}').subarray(0, 12), 'gzip'],
])('refuses what it can not read', async (bytes, encoding) => {
  await expect(readJson(message(bytes), encoding, 1_000)).rejects.toMatchObject({ code: 'invalid-input' });
});

it('knows no other encoding', async () => {
  await expect(readJson(message(Buffer.from('{}')), 'br', 1_000)).rejects.toMatchObject({ code: 'unsupported' });
});
