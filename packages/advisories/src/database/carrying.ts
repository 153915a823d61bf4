import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Fault, toFault } from '@hullcheck/core';
import { verifyDatabase } from './revision.ts';
import { databasesFolder } from './revisions.ts';

const COMPRESSION_LEVEL = 19;
/** 2^24: what every reader of feeds accepts as well. */
const WINDOW_LOG = 24;
/** An unpacked database of all upstream feeds is below 1 GiB. */
const DATABASE_BYTES_MAX = 4 * 1024 ** 3;
const ZSTD_MAGIC = 0xfd2fb528;

/** Packs a verified database into one file to carry to another machine. */
export async function exportDatabase(
  location: string,
  to: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  verifyDatabase(location);
  const temporary = `${to}.${randomUUID()}`;
  const params = {
    [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL,
    [constants.ZSTD_c_windowLog]: WINDOW_LOG,
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  try {
    await pipeline(
      createReadStream(location),
      createZstdCompress({ params }),
      createWriteStream(temporary, { flush: true }),
    );
    const handle = await open(temporary, 'r');
    const { size } = await handle.stat();
    await handle.close();
    const sha256 = await fileSha256(temporary);
    await rename(temporary, to);
    return { bytes: size, sha256 };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Takes a packed or plain database file into the cache, verified: the path of its revision. */
export async function importDatabase(from: string, cacheDir: string): Promise<string> {
  const folder = databasesFolder(cacheDir);
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `.building-${randomUUID()}.db`);
  try {
    if (await isPacked(from)) await unpackDatabase(from, temporary);
    else await copyFile(from, temporary);
    const { revision } = verifyDatabase(temporary);
    const location = path.join(folder, `${revision}.db`);
    await rename(temporary, location);
    return location;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Unpacks and verifies beside the target, then renames: whoever looks sees a whole database or none. */
export async function unpackDatabase(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  const temporary = `${to}.${randomUUID()}.part`;
  try {
    await pipeline(
      createReadStream(from),
      createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG } }),
      bounded(from),
      createWriteStream(temporary, { flush: true }),
    );
    verifyDatabase(temporary);
    await rename(temporary, to);
  } catch (error) {
    if (error instanceof Fault || (error instanceof Error && 'code' in error && error.code === 'ENOSPC'))
      throw toFault(error);
    throw new Fault('database-invalid', `${from} cannot be unpacked`, { cause: error, place: from });
  } finally {
    await rm(temporary, { force: true });
  }
}

function bounded(place: string) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let total = 0;
    for await (const chunk of source) {
      total += chunk.byteLength;
      if (total > DATABASE_BYTES_MAX) throw new Fault('limit-exceeded', `${place} unpacks without end`, { place });
      yield chunk;
    }
  };
}

async function isPacked(location: string): Promise<boolean> {
  const handle = await open(location, 'r').catch((error: unknown) => {
    throw new Fault('database-missing', `${location} cannot be read`, { cause: error, place: location });
  });
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    return head.readUInt32LE(0) === ZSTD_MAGIC;
  } finally {
    await handle.close();
  }
}

export async function fileSha256(location: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(location)) hash.update(chunk);
  return hash.digest('hex');
}
