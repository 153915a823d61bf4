/** One 512-byte tar header, parsed. Formats: v7, ustar, GNU (base-256 numbers). Source: POSIX pax, GNU tar manual. */
export interface TarHeader {
  /** Path bytes as written; ustar's prefix already joined. */
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  /** Bytes of the body as the header states them. */
  readonly size: number;
  /** The type flag character; NUL of old archives becomes `\0`. */
  readonly type: string;
  /** GNU old sparse format: further 512-byte maps lie between header and body. */
  readonly sparseMapFollows: boolean;
}

export type HeaderResult =
  | { readonly kind: 'header'; readonly header: TarHeader }
  | { readonly kind: 'zero' }
  | { readonly kind: 'bad'; readonly reason: string };

export const BLOCK_BYTES = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const SPACE = 0x20;

const ZERO = Buffer.alloc(BLOCK_BYTES);

/** Parses the block at `offset`. Never throws: what is wrong comes back as `bad` with the reason. */
export function parseTarHeader(bytes: Buffer, offset: number): HeaderResult {
  if (bytes[offset] === 0 && bytes.compare(ZERO, 0, BLOCK_BYTES, offset, offset + BLOCK_BYTES) === 0) {
    return { kind: 'zero' };
  }
  const stated = parseNumber(bytes, offset + CHECKSUM_AT, CHECKSUM_BYTES);
  if (stated === undefined || !checksumAgrees(bytes, offset, stated)) {
    return { kind: 'bad', reason: 'header checksum does not agree' };
  }
  const size = parseNumber(bytes, offset + 124, 12);
  if (size === undefined) return { kind: 'bad', reason: 'size field is not a number' };
  const mode = parseNumber(bytes, offset + 100, 8) ?? 0;
  const magic = bytes.toString('latin1', offset + 257, offset + 263);
  let name = text(bytes, offset, 100);
  // GNU archives ("ustar ") use the prefix field for times; only POSIX ones ("ustar\0") hold a path there.
  if (magic === 'ustar\0' && bytes[offset + 345] !== 0) name = `${text(bytes, offset + 345, 155)}/${name}`;
  const type = String.fromCharCode(bytes[offset + 156] ?? 0);
  return {
    kind: 'header',
    header: {
      name,
      linkName: bytes[offset + 157] === 0 ? '' : text(bytes, offset + 157, 100),
      mode: mode & 0o7777,
      size,
      type,
      sparseMapFollows: type === 'S' && bytes[offset + 482] !== 0,
    },
  };
}

/** Octal text, or base-256 where the first bit is set; undefined for anything else, negative or beyond 2^53. */
export function parseNumber(bytes: Buffer, offset: number, length: number): number | undefined {
  const first = bytes[offset] ?? 0;
  if (first & 0x80) {
    // Sign bit set: negative. No field we read may be (Go archive/tar refuses them too).
    if (first & 0x40) return undefined;
    let value = first & 0x3f;
    for (let i = 1; i < length; i++) {
      value = value * 256 + (bytes[offset + i] ?? 0);
      if (value > Number.MAX_SAFE_INTEGER) return undefined;
    }
    return value;
  }
  let index = offset;
  const end = offset + length;
  while (index < end && (bytes[index] === 0x20 || bytes[index] === 0)) index++;
  let value = 0;
  while (index < end) {
    const byte = bytes[index] ?? 0;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + (byte - 0x30);
    index++;
  }
  return value;
}

/** Both sums are accepted: some old writers summed signed bytes, and every common reader takes either. */
function checksumAgrees(bytes: Buffer, offset: number, stated: number): boolean {
  let field = 0;
  for (let i = CHECKSUM_AT; i < CHECKSUM_AT + CHECKSUM_BYTES; i++) field += bytes[offset + i] ?? 0;
  const unsigned = sumBytes(bytes, offset) - field + CHECKSUM_BYTES * SPACE;
  return stated === unsigned || stated === unsigned - 256 * countHighBytes(bytes, offset);
}

let view: DataView = new DataView(new ArrayBuffer(0));

/** Sums a block four bytes at a time, the even and the odd ones apart in halves of 16 bits that 128 of them can't fill. */
function sumBytes(bytes: Buffer, offset: number): number {
  // Blocks follow each other in the same few buffers.
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  const start = bytes.byteOffset + offset;
  let even = 0;
  let odd = 0;
  for (let at = start; at < start + BLOCK_BYTES; at += 4) {
    const word = view.getUint32(at, true);
    even += word & 0x00ff00ff;
    odd += (word >>> 8) & 0x00ff00ff;
  }
  return (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
}

function countHighBytes(bytes: Buffer, offset: number): number {
  let count = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    if (i === CHECKSUM_AT) i += CHECKSUM_BYTES;
    if ((bytes[offset + i] ?? 0) > 127) count++;
  }
  return count;
}

function text(bytes: Buffer, offset: number, length: number): string {
  let end = offset;
  const limit = offset + length;
  let ascii = true;
  while (end < limit) {
    const byte = bytes[end] ?? 0;
    if (byte === 0) break;
    if (byte > 127) ascii = false;
    end++;
  }
  return ascii ? bytes.toString('latin1', offset, end) : bytes.toString('utf8', offset, end);
}
