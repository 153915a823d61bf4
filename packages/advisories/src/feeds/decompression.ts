import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { bunzip2 } from './bzip2.ts';
import { RECORD_BYTES_MAX, UNPACKED_BYTES_MAX, ZSTD_WINDOW_LOG_MAX } from './limits.ts';
import type { SnapshotReader } from './snapshot.ts';

/** The bytes of a file, unpacked as its name says (`.zst`, `.gz`, `.bz2`, otherwise as they are), at most `bytesMax` of them. */
export async function* unpackedBytes(file: SnapshotReader, bytesMax = UNPACKED_BYTES_MAX): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of decompressed(file)) {
    total += chunk.byteLength;
    if (total > bytesMax) {
      throw new Fault('limit-exceeded', `${file.path} unpacks to more than ${bytesMax} bytes`, { place: file.path });
    }
    yield chunk;
  }
}

async function* decompressed(file: SnapshotReader): AsyncGenerator<Uint8Array> {
  if (file.path.endsWith('.bz2')) {
    yield* bunzip2(file.stream(), file.path);
    return;
  }
  const decoder = file.path.endsWith('.zst')
    ? createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } })
    : file.path.endsWith('.gz')
      ? createGunzip()
      : undefined;
  if (decoder === undefined) {
    yield* file.stream();
    return;
  }
  // The callback only receives what the loop below throws as well.
  pipeline(Readable.from(file.stream(), { objectMode: false }), decoder, () => {});
  try {
    for await (const chunk of decoder) yield asBytes(chunk);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('feed-invalid', `${file.path} cannot be unpacked`, { cause: error, place: file.path });
  }
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('a decompressor gave something other than bytes');
}

/** The whole file as text, at most `bytesMax` bytes; bytes that are not UTF-8 become replacement characters. */
export async function unpackedText(file: SnapshotReader, bytesMax = RECORD_BYTES_MAX): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of unpackedBytes(file, bytesMax)) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
