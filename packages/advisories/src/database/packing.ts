import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Fault, toFault } from '@hullcheck/core';
import { verifyDatabase } from './revision.ts';

/** For what is packed once and downloaded often. */
const COMPRESSION_LEVEL = 19;
/** 2^24: what every reader of feeds accepts as well. */
const WINDOW_LOG = 24;
/** An unpacked database of all upstream feeds is below 1 GiB. */
const DATABASE_BYTES_MAX = 4 * 1024 ** 3;
/** Databases pack to a tenth or a twentieth. What unpacks to more than this many times its size is a bomb ... */
const RATIO_MAX = 100;
/** ... unless it is small: an empty database is nearly all zeros. */
const UNPACKED_BYTES_FREE = 64 * 1024 ** 2;
const ZSTD_MAGIC = 0xfd2fb528;

/** Packs a file with zstd and a checksum; equal files give equal bytes. Appears under its name when it is whole. */
export async function packFile(
  from: string,
  to: string,
  level = COMPRESSION_LEVEL,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const temporary = `${to}.${randomUUID()}`;
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_windowLog]: WINDOW_LOG,
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  try {
    await pipeline(
      createReadStream(from),
      createZstdCompress({ params }),
      createWriteStream(temporary, { flush: true }),
    );
    const { size } = await stat(temporary);
    const sha256 = await fileSha256(temporary);
    await rename(temporary, to);
    return { bytes: size, sha256 };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Unpacks and verifies beside the target, then renames: whoever looks sees a whole database or none. */
export async function unpackDatabase(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  const temporary = `${to}.${randomUUID()}.part`;
  try {
    const packed = await stat(from);
    const bytesMax = Math.min(DATABASE_BYTES_MAX, Math.max(UNPACKED_BYTES_FREE, packed.size * RATIO_MAX));
    await pipeline(
      createReadStream(from),
      createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG } }),
      bounded(from, bytesMax),
      createWriteStream(temporary, { flush: true }),
    );
    verifyDatabase(temporary);
    await rename(temporary, to);
  } catch (error) {
    if (error instanceof Fault) throw inPlaceOf(error, temporary, from);
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') throw toFault(error);
    throw new Fault('database-invalid', `${from} cannot be unpacked: it is cut or damaged`, {
      cause: error,
      place: from,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The fault of a file that has no name yet, in the words of where it came from. */
export function inPlaceOf(fault: Fault, temporary: string, place: string): Fault {
  if (fault.place !== temporary) return fault;
  return new Fault(fault.code, fault.message.replaceAll(temporary, place), {
    cause: fault.cause,
    place,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  });
}

function bounded(place: string, bytesMax: number) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let total = 0;
    for await (const chunk of source) {
      total += chunk.byteLength;
      if (total > bytesMax) {
        throw new Fault('limit-exceeded', `${place} unpacks to more than ${bytesMax} bytes: no database does`, {
          place,
        });
      }
      yield chunk;
    }
  };
}

/** Whether the file begins as zstd does. Fault `database-missing` where it can't be read. */
export async function isPacked(location: string): Promise<boolean> {
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
