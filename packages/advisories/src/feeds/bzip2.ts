import { Fault } from '@hullcheck/core';
import { BitReader } from './bit-reader.ts';

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** Bits of the longest Huffman code that bzip2 writes. */
const CODE_BITS_MAX = 20;
/** Codes up to this length, which is nearly all of them, are looked up instead of counted. */
const SHORT_CODE_BITS = 10;
const GROUP_SYMBOLS = 50;
const TABLES_MAX = 6;
/** Of a block, in units of 100,000 bytes: the format's own bound on memory. */
const BLOCK_UNIT_BYTES = 100_000;

/**
 * The bytes of a bzip2 file, block by block: at most 900,000 bytes and their order are held, whatever the file says. Several
 * streams behind each other are one, as of `pbzip2`. Checksums are verified. Fault `feed-invalid` or `truncated`.
 * https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<Uint8Array> {
  const bits = new BitReader(source, place);
  for (let first = true; ; first = false) {
    await bits.fill(4);
    if (!first && bits.isAtEnd()) return;
    if (bits.take(24) !== 0x425a68) throw broken(place, 'has no header of bzip2');
    const level = bits.take(8) - 0x30;
    if (level < 1 || level > 9) throw broken(place, 'states no size of blocks');
    let combined = 0;
    for (;;) {
      // A block is smaller than its bytes and tables together; all of it has to be at hand before it is read.
      await bits.fill(level * BLOCK_UNIT_BYTES + 200_000);
      const magic = bits.take(24) * 2 ** 24 + bits.take(24);
      const checksum = bits.take(32);
      if (magic === END_MAGIC) {
        if (checksum !== combined) throw broken(place, 'does not have the checksum that it states');
        bits.align();
        break;
      }
      if (magic !== BLOCK_MAGIC) throw broken(place, 'has a block that is none');
      const block = readBlock(bits, level * BLOCK_UNIT_BYTES, place);
      if (crcOf(block) !== checksum) throw broken(place, 'has a block without the checksum that it states');
      combined = (((combined << 1) | (combined >>> 31)) ^ checksum) >>> 0;
      yield block;
    }
  }
}

function broken(place: string, how: string): Fault {
  return new Fault('feed-invalid', `${place} ${how}`, { place });
}

function readBlock(bits: BitReader, blockMax: number, place: string): Uint8Array {
  if (bits.take(1) !== 0) throw broken(place, 'is of a version of bzip2 before 1.0');
  const origin = bits.take(24);
  const symbols = readSymbols(bits);
  if (symbols.length === 0) throw broken(place, 'has a block without symbols');
  const tableCount = bits.take(3);
  if (tableCount < 2 || tableCount > TABLES_MAX) throw broken(place, 'has a block without code tables');
  const selectors = readSelectors(bits, tableCount, place);
  const decoders = Array.from({ length: tableCount }, () => readDecoder(bits, symbols.length + 2, place));

  // Run lengths and places in the list of symbols last seen (move to front) become the sorted block.
  const order = Uint8Array.from(symbols);
  const sorted = new Uint32Array(blockMax);
  const end = symbols.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  let decoder: Decoder | undefined;
  for (let count = 0; ; count++) {
    if (count % GROUP_SYMBOLS === 0) decoder = decoders[selectors[count / GROUP_SYMBOLS] ?? -1];
    if (decoder === undefined) throw broken(place, 'has a block longer than its tables');
    const symbol = decodeSymbol(bits, decoder, place);
    if (symbol <= 1) {
      // A run is a number in base two with the digits 1 and 2.
      run += weight * (symbol + 1);
      weight *= 2;
      if (run > blockMax) throw broken(place, 'has a block above its size');
      continue;
    }
    if (run > 0) {
      if (length + run > blockMax) throw broken(place, 'has a block above its size');
      sorted.fill(order[0] ?? 0, length, length + run);
      length += run;
      run = 0;
      weight = 1;
    }
    if (symbol === end) break;
    if (length >= blockMax) throw broken(place, 'has a block above its size');
    const at = symbol - 1;
    const byte = order[at] ?? 0;
    order.copyWithin(1, 0, at);
    order[0] = byte;
    sorted[length++] = byte;
  }
  if (origin >= length) throw broken(place, 'has a block that begins outside of itself');
  return expandRuns(unsort(sorted, length, origin));
}

/** Which bytes occur: sixteen flags for sixteen groups of sixteen. */
function readSymbols(bits: BitReader): readonly number[] {
  const groups = bits.take(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue;
    const flags = bits.take(16);
    for (let at = 0; at < 16; at++) if ((flags & (0x8000 >> at)) !== 0) symbols.push(group * 16 + at);
  }
  return symbols;
}

/** Which table decodes which group of fifty symbols; at most 32,767, as its field has fifteen bits. */
function readSelectors(bits: BitReader, tables: number, place: string): Uint8Array {
  const selectors = new Uint8Array(bits.take(15));
  const recent = Array.from({ length: tables }, (_, at) => at);
  for (let at = 0; at < selectors.length; at++) {
    let back = 0;
    while (bits.take(1) === 1) {
      back += 1;
      if (back >= tables) throw broken(place, 'names a code table that it does not have');
    }
    const [table = 0] = recent.splice(back, 1);
    recent.unshift(table);
    selectors[at] = table;
  }
  return selectors;
}

interface Decoder {
  /** By length of a code: the code behind the last one of that length, and what to take off to index `symbols`. */
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
  /** By the next bits: a symbol and, in the lowest five bits, the length of its code; 0 where the code is longer. */
  readonly short: Uint16Array;
}

/** A canonical Huffman code by the lengths of its codes. */
function readDecoder(bits: BitReader, symbolCount: number, place: string): Decoder {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.take(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    while (bits.take(1) === 1) {
      length += bits.take(1) === 0 ? 1 : -1;
      if (length < 1 || length > CODE_BITS_MAX) break;
    }
    if (length < 1 || length > CODE_BITS_MAX) throw broken(place, 'has a code of an impossible length');
    lengths[symbol] = length;
  }
  const counts = new Int32Array(CODE_BITS_MAX + 1);
  for (const one of lengths) counts[one] = (counts[one] ?? 0) + 1;
  const limits = new Int32Array(CODE_BITS_MAX + 1);
  const offsets = new Int32Array(CODE_BITS_MAX + 1);
  let code = 0;
  let before = 0;
  for (let size = 1; size <= CODE_BITS_MAX; size++) {
    code <<= 1;
    offsets[size] = code - before;
    const count = counts[size] ?? 0;
    code += count;
    before += count;
    limits[size] = code;
    if (code > 2 ** size) throw broken(place, 'has codes that are the beginnings of others');
  }
  const symbols = new Uint16Array(symbolCount);
  let filled = 0;
  for (let size = 1; size <= CODE_BITS_MAX; size++) {
    for (const [symbol, one] of lengths.entries()) if (one === size) symbols[filled++] = symbol;
  }
  const short = new Uint16Array(2 ** SHORT_CODE_BITS);
  for (let size = 1; size <= SHORT_CODE_BITS; size++) {
    const span = 2 ** (SHORT_CODE_BITS - size);
    for (let one = (limits[size] ?? 0) - (counts[size] ?? 0); one < (limits[size] ?? 0); one++) {
      const symbol = symbols[one - (offsets[size] ?? 0)] ?? 0;
      short.fill((symbol << 5) | size, one * span, (one + 1) * span);
    }
  }
  return { limits, offsets, symbols, short };
}

function decodeSymbol(bits: BitReader, { limits, offsets, symbols, short }: Decoder, place: string): number {
  const found = short[bits.peek(SHORT_CODE_BITS)] ?? 0;
  if (found !== 0) {
    bits.skip(found & 31);
    return found >> 5;
  }
  const next = bits.peek(CODE_BITS_MAX);
  for (let size = SHORT_CODE_BITS + 1; size <= CODE_BITS_MAX; size++) {
    const code = next >> (CODE_BITS_MAX - size);
    if (code >= (limits[size] ?? 0)) continue;
    bits.skip(size);
    return symbols[code - (offsets[size] ?? 0)] ?? 0;
  }
  throw broken(place, 'has a code of no symbol');
}

/** The inverse of the Burrows-Wheeler transform: each entry gets the place of its successor in the bits above its byte. */
function unsort(sorted: Uint32Array, length: number, origin: number): Uint8Array {
  const starts = new Uint32Array(257);
  for (let at = 0; at < length; at++) {
    const next = (sorted[at] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let byte = 1; byte <= 256; byte++) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
  for (let at = 0; at < length; at++) {
    const byte = (sorted[at] ?? 0) & 0xff;
    const to = starts[byte] ?? 0;
    starts[byte] = to + 1;
    sorted[to] = ((sorted[to] ?? 0) | (at << 8)) >>> 0;
  }
  const plain = new Uint8Array(length);
  let at = (sorted[origin] ?? 0) >>> 8;
  for (let out = 0; out < length; out++) {
    const entry = sorted[at] ?? 0;
    plain[out] = entry & 0xff;
    at = entry >>> 8;
  }
  return plain;
}

/** Four equal bytes are followed by how often the byte comes again: what the first step of bzip2 did. At most 51 times the size. */
function expandRuns(packed: Uint8Array): Uint8Array {
  // Twice over the same bytes: the size first, so that nothing grows.
  const plain = new Uint8Array(expandInto(undefined, packed));
  expandInto(plain, packed);
  return plain;
}

function expandInto(plain: Uint8Array | undefined, packed: Uint8Array): number {
  let filled = 0;
  let equal = 0;
  let last = -1;
  for (const byte of packed) {
    if (equal === 4) {
      plain?.fill(last, filled, filled + byte);
      filled += byte;
      equal = 0;
      last = -1;
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    if (plain !== undefined) plain[filled] = byte;
    filled += 1;
  }
  return filled;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** CRC-32 with the most significant bit first, which zlib's is not. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return (crc ^ 0xffffffff) >>> 0;
}
