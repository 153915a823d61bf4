import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { neededFiles, takeFinishedFiles } from '../store/uploads.ts';
import { uploadLimits } from './limits.ts';

export interface UploadContext {
  readonly database: Database;
  readonly folder: string;
  readonly log: Logger;
}

/** An archive in the uploads folder, whole and on the disk. */
export interface StoredFile {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    for await (const chunk of file.createReadStream()) hash.update(chunk as Uint8Array);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** Throws `storage-full` where the disk has no room for so much, and `limit-exceeded` where no archive may have it. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  if (bytes > uploadLimits.bytesMax) throw tooLarge();
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserve = Math.min(uploadLimits.freeBytesMin, (blocks * bsize) / 10);
  if (bavail * bsize - bytes < reserve) {
    throw new Fault('storage-full', 'the disk of the console is too full for this archive', {
      hint: 'Free some space, or move the data folder.',
    });
  }
}

function tooLarge(): Fault {
  return new Fault('limit-exceeded', `an archive has at most ${uploadLimits.bytesMax / 1024 ** 3} GiB`);
}

/** Writes the bytes as they come, with their hash; what ends it leaves nothing behind. */
export async function storeFile(
  folder: string,
  id: string,
  body: AsyncIterable<Uint8Array>,
  lengthBytes: number | null,
  signal: AbortSignal,
): Promise<StoredFile> {
  const unfinished = join(folder, `${id}.part`);
  const hash = createHash('sha256');
  let bytes = 0;
  let nextCheck = 256 * 1024 * 1024;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      for await (const chunk of body) {
        signal.throwIfAborted();
        bytes += chunk.byteLength;
        if (bytes > uploadLimits.bytesMax) throw tooLarge();
        if (bytes > nextCheck) {
          await checkSpace(folder, 0);
          nextCheck = bytes + 256 * 1024 * 1024;
        }
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      signal.throwIfAborted();
      if (lengthBytes !== null && bytes !== lengthBytes) {
        throw new Fault('truncated', `${bytes} of ${lengthBytes} bytes came`, { hint: 'Send the archive again.' });
      }
      if (bytes === 0) throw new Fault('not-an-image', 'the archive is empty');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, join(folder, `${id}.tar`));
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new Fault('storage-full', 'the disk of the console is full', { cause: error });
    }
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
      throw new Fault('truncated', 'the upload ended before its end', { cause: error });
    throw error;
  }
  return { id, file: `${id}.tar`, bytes, sha256: hash.digest('hex') };
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

/** The name is durable only when the folder is: a row must never point to a file that a power cut took. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Removes archives that nothing needs any more, and what a crash left: parts, and files without a row. */
export async function cleanUploads(context: UploadContext, orphanAgeMs: number, nowMs: number): Promise<void> {
  const finished = await context.database.write(takeFinishedFiles);
  for (const { file } of finished) await rm(join(context.folder, file), { force: true });
  const names = await readdir(context.folder);
  if (names.length === 0) return;
  const needed = await neededFiles(context.database);
  for (const name of names) {
    if (needed.has(name)) continue;
    const path = join(context.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && nowMs - found.mtimeMs > orphanAgeMs) await rm(path, { force: true });
  }
}
