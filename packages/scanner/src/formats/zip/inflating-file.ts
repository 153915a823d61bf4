import { crc32 } from 'node:zlib';
import { openSyncHandle, type SyncHandle } from '../../zlib-handle.ts';
import type { Readable } from '../text/index.ts';
import type { ZipEntry } from './directory.ts';
import { toBuffer, type ZipFault } from './fault.ts';
import { zipLimits } from './limits.ts';

/** How many bytes all that is read of one file may inflate to, passes that had to start over included. */
export class InflateBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** False when the budget is spent; it stays so. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  get spent(): boolean {
    return this.#left < 0;
  }
}

/**
 * A deflated entry too large for memory, read by position. Reads forward go on from where inflating stands; a read further back than
 * `innerWindowBytes` starts over, unless it lies in the kept end. `verify` must have passed first. Reads are short once the budget is spent.
 */
export class InflatingFile implements Readable {
  readonly sizeBytes: number;
  readonly #file: Readable;
  readonly #entry: ZipEntry;
  readonly #dataAt: number;
  readonly #budget: InflateBudget;
  readonly #output = Buffer.allocUnsafeSlow(zipLimits.inflateChunkBytes);
  readonly #tail: Buffer;
  readonly #window = Buffer.allocUnsafeSlow(zipLimits.innerWindowBytes);
  #handle: SyncHandle | undefined;
  #input: Buffer = Buffer.alloc(0);
  #inputAt = 0;
  #fed = 0;
  /** Inflated bytes so far; the window ends here. */
  #at = 0;

  constructor(file: Readable, entry: ZipEntry, dataAt: number, budget: InflateBudget) {
    this.#file = file;
    this.#entry = entry;
    this.#dataAt = dataAt;
    this.#budget = budget;
    this.sizeBytes = entry.sizeBytes;
    this.#tail = Buffer.alloc(Math.min(entry.sizeBytes, zipLimits.innerTailBytes));
  }

  /** Inflates once to the end: checks size and checksum, and keeps the end. */
  verify(): ZipFault | undefined {
    const tailAt = this.sizeBytes - this.#tail.length;
    let sum = 0;
    for (;;) {
      const from = this.#at;
      const piece = this.#inflate();
      if (piece === undefined) break;
      if (this.#at > this.sizeBytes) return { fault: 'it inflates to more than it states', code: 'unreadable' };
      sum = crc32(piece, sum);
      if (this.#at > tailAt) piece.copy(this.#tail, Math.max(0, from - tailAt), Math.max(0, tailAt - from));
    }
    if (this.#budget.spent)
      return { fault: 'what is read of the archive inflates to more than inflatedBytesMax', code: 'limit-exceeded' };
    if (this.#at < this.sizeBytes) return { fault: 'it inflates to less than it states', code: 'truncated' };
    return sum === this.#entry.crc32 ? undefined : { fault: 'its checksum is wrong', code: 'unreadable' };
  }

  read(offset: number, length: number): Uint8Array {
    const start = Math.max(0, offset);
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - start, zipLimits.innerInMemoryBytesMax));
    const tailAt = this.sizeBytes - this.#tail.length;
    if (start >= tailAt) return this.#tail.subarray(start - tailAt, start - tailAt + wanted);
    if (start < this.#windowStart()) this.close();
    const result = Buffer.allocUnsafe(wanted);
    let filled = this.#copyWindow(start, result);
    while (filled < wanted) {
      const from = this.#at;
      const piece = this.#inflate();
      if (piece === undefined) break;
      if (this.#at <= start) continue;
      filled += piece.copy(result, filled, Math.max(0, start - from));
    }
    return result.subarray(0, filled);
  }

  /** Frees the codec; a later read starts over. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#input = Buffer.alloc(0);
    this.#inputAt = 0;
    this.#fed = 0;
    this.#at = 0;
  }

  #windowStart(): number {
    return Math.max(0, this.#at - this.#window.length);
  }

  #copyWindow(start: number, result: Buffer): number {
    const length = Math.min(result.length, Math.max(0, this.#at - start));
    const ring = this.#window.length;
    for (let copied = 0; copied < length; ) {
      const at = (start + copied) % ring;
      copied += this.#window.copy(result, copied, at, Math.min(ring, at + length - copied));
    }
    return length;
  }

  #keepWindow(piece: Buffer): void {
    const ring = this.#window.length;
    const first = this.#at % ring;
    const copied = piece.copy(this.#window, first);
    if (copied < piece.length) piece.copy(this.#window, 0, copied);
  }

  /** The next inflated bytes, valid until the next call; undefined at the end, at damage and when the budget is spent. */
  #inflate(): Buffer | undefined {
    this.#handle ??= openSyncHandle('deflate', 0);
    for (;;) {
      if (this.#inputAt === this.#input.length && this.#fed < this.#entry.compressedBytes) {
        const wanted = Math.min(zipLimits.readChunkBytes, this.#entry.compressedBytes - this.#fed);
        this.#input = toBuffer(this.#file.read(this.#dataAt + this.#fed, wanted));
        this.#inputAt = 0;
        if (this.#input.length === 0) return undefined;
        this.#fed += this.#input.length;
      }
      const left = this.#input.length - this.#inputAt;
      const { availableIn, availableOut, error } = this.#handle.write(
        this.#handle.continueFlag,
        this.#input,
        this.#inputAt,
        left,
        this.#output,
      );
      const produced = this.#output.length - availableOut;
      this.#inputAt = this.#input.length - availableIn;
      if (error !== undefined || !this.#budget.take(produced)) return undefined;
      if (produced > 0) {
        const piece = this.#output.subarray(0, produced);
        this.#keepWindow(piece);
        this.#at += produced;
        return piece;
      }
      if (availableIn === left && (left > 0 || this.#fed >= this.#entry.compressedBytes)) return undefined;
    }
  }
}
