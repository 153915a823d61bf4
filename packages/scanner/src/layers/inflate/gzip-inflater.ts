import { crc32 } from 'node:zlib';
import { DeflateDecoder } from './deflate-decoder.ts';
import { damagedStream, endsEarly, type Inflater, requireZeros } from './inflater.ts';

/*
 * gzip (RFC 1952) around DeflateDecoder: any number of members one behind the other, and zeros behind the last.
 *
 *   fixed ──► extra length ──► extra ──► name ──► comment ──► header CRC ──► body ──► trailer ──┐
 *     ▲  (those that the flags announce)                                                        │
 *     └── another byte than zero ◄──────────────────────────────────────────────────────── between ──► padding
 */
type Part =
  | 'fixed'
  | 'extra-length'
  | 'extra'
  | 'name'
  | 'comment'
  | 'header-crc'
  | 'body'
  | 'trailer'
  | 'between'
  | 'padding';

const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;
const FLAGS_AT = 3;
const DEFLATE = 8;
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

/** Both checks of each member are made: a stream that a runtime refuses to unpack is refused here. */
export class GzipInflater implements Inflater {
  readonly #decoder = DeflateDecoder.take();
  readonly #sink: (bytes: Buffer) => void;
  #part: Part = 'fixed';
  /** A few bytes of fixed length that may come in pieces. */
  readonly #gathered = Buffer.alloc(FIXED_BYTES);
  #gatheredBytes = 0;
  #flags = 0;
  #extraLeft = 0;
  #headerCrc = 0;
  /** The same without the field in hand: what the header's own CRC is of. */
  #headerCrcBefore = 0;
  #bodyCrc = 0;
  /** Modulo 2^32, as the trailer states it. */
  #bodyBytes = 0;

  constructor(sink: (bytes: Buffer) => void) {
    this.#sink = (bytes) => {
      this.#bodyCrc = crc32(bytes, this.#bodyCrc);
      this.#bodyBytes = (this.#bodyBytes + bytes.length) >>> 0;
      sink(bytes);
    };
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#part === 'body') at = this.#takeBody(chunk, at);
      else if (this.#part === 'trailer') at = this.#takeTrailer(chunk, at);
      else if (this.#part === 'between') this.#part = chunk[at] === 0 ? 'padding' : 'fixed';
      else if (this.#part === 'padding') {
        requireZeros(chunk, at);
        at = chunk.length;
      } else at = this.#takeHeader(chunk, at);
    }
  }

  finish(): void {
    this.#decoder.release();
    if (this.#part !== 'between' && this.#part !== 'padding') throw endsEarly('gzip');
  }

  #takeBody(chunk: Buffer, at: number): number {
    const decoded = this.#decoder.decode(chunk, at, this.#sink);
    if (decoded.kind === 'damaged') throw damagedStream('gzip', decoded.reason);
    if (decoded.kind === 'wants-more') return chunk.length;
    this.#part = 'trailer';
    return decoded.at;
  }

  #takeTrailer(chunk: Buffer, at: number): number {
    const next = this.#gather(chunk, at, TRAILER_BYTES);
    if (this.#gatheredBytes < TRAILER_BYTES) return next;
    this.#gatheredBytes = 0;
    if (this.#gathered.readUInt32LE(0) !== this.#bodyCrc) throw damagedStream('gzip', 'its CRC-32 does not agree');
    if (this.#gathered.readUInt32LE(4) !== this.#bodyBytes) throw damagedStream('gzip', 'its length does not agree');
    this.#part = 'between';
    return next;
  }

  /** One field of the header, or as much of it as there is. */
  #takeHeader(chunk: Buffer, at: number): number {
    const part = this.#part;
    let next: number;
    let whole: boolean;
    if (part === 'name' || part === 'comment') {
      const nul = chunk.indexOf(0, at);
      whole = nul >= 0;
      next = whole ? nul + 1 : chunk.length;
    } else if (part === 'extra') {
      next = Math.min(chunk.length, at + this.#extraLeft);
      this.#extraLeft -= next - at;
      whole = this.#extraLeft === 0;
    } else {
      const length = part === 'fixed' ? FIXED_BYTES : 2;
      next = this.#gather(chunk, at, length);
      whole = this.#gatheredBytes === length;
    }
    this.#headerCrc = crc32(chunk.subarray(at, next), this.#headerCrc);
    if (part === 'fixed') this.#checkMagic();
    if (!whole) return next;
    this.#gatheredBytes = 0;
    if (part === 'fixed') this.#checkFixed();
    if (part === 'extra-length') this.#extraLeft = this.#gathered.readUInt16LE(0);
    if (part === 'header-crc' && this.#gathered.readUInt16LE(0) !== (this.#headerCrcBefore & 0xffff)) {
      throw damagedStream('gzip', 'the CRC of its header does not agree');
    }
    this.#enterAfter(part);
    return next;
  }

  #enterAfter(part: Part): void {
    const order: readonly (readonly [Part, number])[] = [
      ['extra-length', flags.extra],
      ['extra', flags.extra],
      ['name', flags.name],
      ['comment', flags.comment],
      ['header-crc', flags.headerCrc],
    ];
    const behind = order.findIndex(([name]) => name === part) + 1;
    const next = order
      .slice(behind)
      .find(([name, flag]) => (this.#flags & flag) !== 0 && (name !== 'extra' || this.#extraLeft > 0));
    this.#headerCrcBefore = this.#headerCrc;
    this.#part = next?.[0] ?? 'body';
    if (next !== undefined) return;
    this.#decoder.begin();
    this.#headerCrc = 0;
    this.#bodyCrc = 0;
    this.#bodyBytes = 0;
  }

  #checkMagic(): void {
    const [first, second] = this.#gathered;
    if (first !== 0x1f || (this.#gatheredBytes > 1 && second !== 0x8b)) {
      throw damagedStream('gzip', 'bytes that begin no gzip member');
    }
  }

  #checkFixed(): void {
    if (this.#gathered[2] !== DEFLATE) throw damagedStream('gzip', 'unknown method of compression');
    this.#flags = this.#gathered[FLAGS_AT] ?? 0;
    if ((this.#flags & flags.reserved) !== 0) throw damagedStream('gzip', 'unknown flags in its header');
  }

  #gather(chunk: Buffer, at: number, length: number): number {
    const taken = chunk.copy(this.#gathered, this.#gatheredBytes, at, at + length - this.#gatheredBytes);
    this.#gatheredBytes += taken;
    return at + taken;
  }
}
