import { Fault } from '@hullcheck/core';
import { detectCompression, MAGIC_BYTES } from '../layers/compression.ts';
import type { Inflater } from '../layers/inflate/inflater.ts';
import { openInflater } from '../layers/inflate/open-inflater.ts';
import { imageLimits, layerLimits } from '../limits.ts';

/** Input pieces of this size bound what one piece can inflate to (gzip at most 1032:1). */
const PIECE_BYTES = 16 * 1024;

/**
 * The bytes of an archive that may itself be packed (`docker save | gzip`); plain ones pass as they are. Faults:
 * `unsupported` for other packings, `limit-exceeded` for bombs, `truncated` and `not-an-image` for damage.
 */
export async function* inflateStream(source: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let output: Buffer[] = [];
  let read = 0;
  let written = 0;
  let packed = false;
  const sink = (bytes: Buffer): void => {
    written += bytes.length;
    const ratioExceeded = written > layerLimits.ratioFreeBytes && written > read * layerLimits.ratioMax;
    if (packed && (ratioExceeded || written > imageLimits.tarBytesMax)) {
      const limit = ratioExceeded
        ? `ratioMax (${layerLimits.ratioMax})`
        : `tarBytesMax (${imageLimits.tarBytesMax} bytes)`;
      throw new Fault('limit-exceeded', `${place} unpacks to more than ${limit}`, { place });
    }
    output.push(packed ? Buffer.from(bytes) : bytes);
  };
  const start = (): Inflater => {
    const detected = detectCompression(head);
    if (detected.kind === 'unsupported') {
      throw new Fault('unsupported', `${place} is packed with ${detected.name}; archives are tar, gzip or zstd`, {
        place,
      });
    }
    packed = detected.kind !== 'none';
    return openInflater(detected.kind, { zstdWindowLog: layerLimits.zstdWindowLogAlone, sink });
  };
  let opened: Inflater | null = null;
  for await (const chunk of source) {
    let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (opened === null) {
      head = Buffer.concat([head, bytes]);
      if (head.length < MAGIC_BYTES) continue;
      opened = start();
      bytes = head;
    }
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = packed ? bytes.subarray(at, at + PIECE_BYTES) : bytes;
      read += piece.length;
      await inPlace(place, () => opened?.push(piece));
      yield* output;
      output = [];
      if (!packed) break;
    }
  }
  const inflater = opened ?? start();
  if (opened === null) await inPlace(place, () => inflater.push(head));
  await inPlace(place, () => inflater.finish());
  yield* output;
}

/** A Fault of the codec says what is wrong; here also where. */
async function inPlace(place: string, step: () => void | Promise<void>): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.place !== undefined) throw thrown;
    throw new Fault(thrown.code, `${place} can't be read: ${thrown.message}`, { place, cause: thrown });
  }
}
