import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Fault } from '@hullcheck/core';
import { detectCompression, MAGIC_BYTES } from '../layers/compression.ts';
import { TarWalker } from '../layers/tar-walker.ts';
import { ArchiveEntries } from './archive-entries.ts';
import type { FoundFile, ImageFiles } from './image-files.ts';
import { inflateStream } from './inflate-stream.ts';

/** Headers lie between bodies that are passed over: larger reads would only fetch bodies. */
const INDEX_READ_BYTES = 16 * 1024;

/**
 * Indexes an archive on disk. A plain tar is read by seeking over bodies, and its layers later in parallel by range; a
 * packed one is inflated once to index it, and once more for each file read from it.
 */
export async function openArchiveFile(path: string, signal: AbortSignal): Promise<ImageFiles> {
  const place = basename(path);
  const file = await openRegular(path, place);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(MAGIC_BYTES);
    await file.read(head, 0, MAGIC_BYTES, 0);
    const detected = detectCompression(head);
    if (detected.kind === 'none') return await indexPlain(file, path, place, size, signal);
    return await indexPacked(path, place, signal);
  } finally {
    await file.close();
  }
}

/** Whether layers of this archive can be read in any order without inflating it anew each time. */
export async function isPacked(path: string): Promise<boolean> {
  const file = await openRegular(path, basename(path));
  try {
    const head = Buffer.alloc(MAGIC_BYTES);
    await file.read(head, 0, MAGIC_BYTES, 0);
    return detectCompression(head).kind !== 'none';
  } finally {
    await file.close();
  }
}

async function openRegular(path: string, place: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new Fault(missing ? 'not-found' : 'invalid-input', `${place} can't be opened`, { place, cause });
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Fault('not-an-image', `not an image archive: ${place} is no file`, { place });
}

async function indexPlain(
  file: FileHandle,
  path: string,
  place: string,
  size: number,
  signal: AbortSignal,
): Promise<ImageFiles> {
  const entries = new ArchiveEntries(place);
  const walker = new TarWalker(entries);
  const buffer = Buffer.allocUnsafe(INDEX_READ_BYTES);
  let at = 0;
  while (at < size) {
    if (signal.aborted) throw new Fault('cancelled', 'opening the archive was cancelled', { place });
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    walker.push(buffer.subarray(0, bytesRead));
    at += bytesRead;
    const skippable = walker.skippable;
    if (skippable > 0) {
      walker.skip();
      at += skippable;
    }
  }
  if (at > size + BLOCK_SLACK_BYTES) {
    throw new Fault('truncated', `${place} is damaged: it ends ${at - size} bytes before the end of its last file`, {
      place,
    });
  }
  walker.finish();
  entries.requireWhole(walker.recognised);
  return fromEntries(place, entries, (offset, length) => ({ kind: 'file', path, offset, length }));
}

/** Padding of the last entry may be missing where a tar has no end mark. */
const BLOCK_SLACK_BYTES = 511;

async function indexPacked(path: string, place: string, signal: AbortSignal): Promise<ImageFiles> {
  const entries = new ArchiveEntries(place);
  const walker = new TarWalker(entries);
  for await (const chunk of inflateStream(createReadStream(path, { signal }), place)) walker.push(chunk);
  walker.finish();
  entries.requireWhole(walker.recognised);
  return fromEntries(place, entries, (offset, length) => ({
    kind: 'stream',
    open: async (openSignal) => inflatedRange(path, place, offset, length, openSignal),
  }));
}

async function* inflatedRange(
  path: string,
  place: string,
  offset: number,
  length: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let at = 0;
  const end = offset + length;
  for await (const chunk of inflateStream(createReadStream(path, { signal }), place)) {
    const from = Math.max(0, offset - at);
    const to = Math.min(chunk.length, end - at);
    if (to > from) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at >= end) return;
  }
}

function fromEntries(
  place: string,
  entries: ArchiveEntries,
  bytesAt: (offset: number, length: number) => NonNullable<FoundFile['bytes']>,
): ImageFiles {
  const find = (name: string): FoundFile | undefined => {
    const found = entries.find(name);
    if (found === undefined) return undefined;
    const { offset, sizeBytes } = found.entry;
    return { name: found.name, sizeBytes, bytes: bytesAt(offset, sizeBytes) };
  };
  return {
    place,
    find,
    async readDocument(name, bytesMax) {
      const found = find(name);
      if (found === undefined || found.bytes === null) return undefined;
      if (found.sizeBytes > bytesMax) {
        throw new Fault('limit-exceeded', `${place}: ${name} has ${found.sizeBytes} bytes, more than ${bytesMax}`, {
          place,
        });
      }
      return readBytes(found.bytes, found.sizeBytes);
    },
  };
}

async function readBytes(bytes: NonNullable<FoundFile['bytes']>, length: number): Promise<Uint8Array> {
  const content = Buffer.alloc(length);
  if (bytes.kind === 'stream') {
    let at = 0;
    for await (const chunk of await bytes.open(new AbortController().signal)) {
      content.set(chunk, at);
      at += chunk.length;
    }
    return content;
  }
  const file = await open(bytes.path, 'r');
  try {
    await file.read(content, 0, length, bytes.offset);
  } finally {
    await file.close();
  }
  return content;
}
