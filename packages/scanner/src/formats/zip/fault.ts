import type { Readable } from '../text/index.ts';

/** Why an archive, or one of its entries, can't be read, or can't be trusted. */
export interface ZipFault {
  readonly fault: string;
  readonly code: 'unreadable' | 'truncated' | 'limit-exceeded' | 'unsupported';
}

export function isFault(value: object): value is ZipFault {
  return 'fault' in value;
}

/** Exactly `length` bytes from `offset`, or fewer where the file ends: one read of a spilled file may give less than was asked for. */
export function readExactly(file: Readable, offset: number, length: number): Buffer {
  const first = toBuffer(file.read(offset, length));
  if (first.length === length || first.length === 0) return first;
  const pieces = [first];
  let filled = first.length;
  while (filled < length) {
    const piece = toBuffer(file.read(offset + filled, length - filled));
    if (piece.length === 0) break;
    pieces.push(piece);
    filled += piece.length;
  }
  return Buffer.concat(pieces);
}

export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number that is a place in a file, or undefined when no file is that long. */
export function readUint64(bytes: Buffer, at: number): number | undefined {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}
