/** Takes exact lengths from a stream of chunks of any size. */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes, or undefined when the stream ends before. */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength >= length) return this.#split(length);
    const chunks = [this.#rest];
    let have = this.#rest.byteLength;
    while (have < length && !this.#ended) {
      const chunk = await this.#next();
      if (chunk !== undefined) {
        chunks.push(chunk);
        have += chunk.byteLength;
      }
    }
    this.#rest = Buffer.concat(chunks);
    return have < length ? undefined : this.#split(length);
  }

  /** Passes over `length` bytes without holding them; false when the stream ends before. */
  async skip(length: number): Promise<boolean> {
    let left = length;
    while (left > this.#rest.byteLength) {
      left -= this.#rest.byteLength;
      const chunk = await this.#next();
      if (chunk === undefined) return false;
      this.#rest = chunk;
    }
    this.#rest = this.#rest.subarray(left);
    return true;
  }

  /** Ends the stream underneath. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#source.next();
    if (done === true) {
      this.#ended = true;
      return undefined;
    }
    return value;
  }

  #split(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
