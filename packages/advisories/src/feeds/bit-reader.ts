import { Fault } from '@hullcheck/core';

/** Most significant bit first. Bytes are fetched between blocks; inside one there is enough or the file is cut. */
export class BitReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #place: string;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The next bits, and how many of them: fetched by the byte, because codes are read bit by bit. */
  #window = 0;
  #held = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>, place: string) {
    this.#source = source[Symbol.asyncIterator]();
    this.#place = place;
  }

  /** Has at least so many bytes at hand, unless the file ends before. */
  async fill(count: number): Promise<void> {
    const chunks = [this.#bytes.subarray(this.#at)];
    let have = this.#bytes.byteLength - this.#at;
    while (have < count && !this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else {
        chunks.push(next.value);
        have += next.value.byteLength;
      }
    }
    this.#bytes = chunks.length === 1 ? (chunks[0] ?? this.#bytes) : Buffer.concat(chunks);
    this.#at = 0;
  }

  isAtEnd(): boolean {
    return this.#held === 0 && this.#at >= this.#bytes.byteLength;
  }

  /** The next bits, at most 24, without taking them; zeros behind the end. */
  peek(count: number): number {
    while (this.#held < count) {
      this.#window = (this.#window << 8) | (this.#bytes[this.#at] ?? 0);
      this.#at += 1;
      this.#held += 8;
    }
    return (this.#window >>> (this.#held - count)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#held -= count;
    const beyond = this.#at - this.#bytes.byteLength;
    if (beyond > 0 && this.#held < beyond * 8) {
      throw new Fault('truncated', `${this.#place} ends in a block`, { place: this.#place });
    }
  }

  take(count: number): number {
    if (count > 16) {
      const high = this.take(count - 16);
      return high * 0x10000 + this.take(16);
    }
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  align(): void {
    this.#held -= this.#held % 8;
    // What was fetched ahead belongs to the next stream.
    this.#at -= this.#held / 8;
    this.#held = 0;
  }
}
