import type { ClaimedFile } from '@hullcheck/core';
import { limits } from '../limits.ts';

/** The part of a claimed file that text readers need. */
export type Readable = Pick<ClaimedFile, 'sizeBytes' | 'read'>;

/** `whole`: every line was handed over. Otherwise the limit that cut the reading short; what came before it was handed over. */
export type LinesOutcome = 'whole' | 'stopped' | 'file-bytes' | 'line-bytes';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Hands over the file line by line, without line ends, decoded as UTF-8 with replacement, in chunks: a 256 MiB package
 * database never lies in memory whole. The visitor says whether to go on.
 */
export function readLines(
  file: Readable,
  bounds: { readonly fileBytesMax: number; readonly lineBytesMax: number },
  visit: (line: string) => boolean,
): LinesOutcome {
  let rest: Uint8Array = new Uint8Array(0);
  let offset = 0;
  while (offset < bounds.fileBytesMax) {
    const wanted = Math.min(limits.readChunkBytes, bounds.fileBytesMax - offset);
    const chunk = file.read(offset, wanted);
    if (chunk.byteLength === 0) break;
    offset += chunk.byteLength;
    const bytes = rest.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      if (!visit(decodeLine(bytes, start, end))) return 'stopped';
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.byteLength > bounds.lineBytesMax) return 'line-bytes';
  }
  if (offset >= bounds.fileBytesMax && file.sizeBytes > offset) return 'file-bytes';
  if (rest.byteLength > 0 && !visit(decodeLine(Buffer.from(rest), 0, rest.byteLength))) return 'stopped';
  return 'whole';
}

function decodeLine(bytes: Buffer, start: number, end: number): string {
  const last = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
  return bytes.toString('utf8', start, last);
}

/** The whole file, or undefined when it is larger than `bytesMax`. Reads in pieces: a file above the in-memory limit has no `bytes()`. */
export function readWhole(file: Readable, bytesMax: number): Uint8Array | undefined {
  if (file.sizeBytes > bytesMax) return undefined;
  const whole = new Uint8Array(file.sizeBytes);
  let offset = 0;
  while (offset < whole.byteLength) {
    const chunk = file.read(offset, Math.min(limits.readChunkBytes, whole.byteLength - offset));
    if (chunk.byteLength === 0) break;
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole.subarray(0, offset);
}
