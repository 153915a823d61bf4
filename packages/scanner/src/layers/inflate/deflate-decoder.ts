import { inflateModule } from './inflate.generated.ts';

/** The part of the standard that is used here; the types of Node leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** What `inflate.c` exports. Addresses are offsets into its memory. */
interface InflateExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  prepare(): void;
  begin(): void;
  inputAt(): number;
  inputBytes(): number;
  inputBeforeBytes(): number;
  writtenStart(): number;
  writtenEnd(): number;
  inflate(from: number, length: number): number;
  bytesLeft(): number;
}

const WANTS_INPUT = 0;
const OUTPUT_FULL = 1;
const STREAM_END = 2;

const damages: { readonly [answer: number]: string } = {
  [-1]: 'unknown kind of block',
  [-2]: 'lengths of a stored block disagree',
  [-3]: 'code lengths that make no code',
  [-4]: 'a code of no literal or length',
  [-5]: 'a code of no distance',
  [-6]: 'a distance that reaches before the start',
};

export type Decoded =
  | { readonly kind: 'wants-more' }
  /** `at` is the first byte behind the stream. */
  | { readonly kind: 'end'; readonly at: number }
  | { readonly kind: 'damaged'; readonly reason: string };

let compiled: object | undefined;
const idle: DeflateDecoder[] = [];
/** As many as threads read at once in one process; what is above is left to the garbage collector. */
const IDLE_MAX = 2;

/**
 * Raw DEFLATE in WebAssembly: a quarter faster than Node's zlib (docs/adr/0009). Decoders are used again, because each
 * reserves address space until it is collected.
 */
export class DeflateDecoder {
  readonly #exports: InflateExports;
  readonly #memory: Buffer;
  readonly #inputAt: number;
  readonly #inputBytes: number;
  readonly #inputBeforeBytes: number;
  /** Bytes of the stream that wait before `inputAt` for those that follow them. */
  #waiting = 0;

  /** Throws where WebAssembly or its vectors are not to be had. */
  static take(): DeflateDecoder {
    return idle.pop() ?? new DeflateDecoder();
  }

  private constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(inflateModule, 'base64'));
    // The border to what our own source compiles to: inflate.c states the same names and types.
    this.#exports = new WebAssembly.Instance(compiled).exports as InflateExports;
    this.#exports.prepare();
    this.#memory = Buffer.from(this.#exports.memory.buffer);
    this.#inputAt = this.#exports.inputAt();
    this.#inputBytes = this.#exports.inputBytes();
    this.#inputBeforeBytes = this.#exports.inputBeforeBytes();
  }

  begin(): void {
    this.#waiting = 0;
    this.#exports.begin();
  }

  /** For the next one who takes it. */
  release(): void {
    if (idle.length < IDLE_MAX) idle.push(this);
  }

  /** Takes `chunk` from `at` on; `sink` gets what comes out, in pieces that are valid during its call. */
  decode(chunk: Buffer, at: number, sink: (bytes: Buffer) => void): Decoded {
    const module = this.#exports;
    const memory = this.#memory;
    for (let next = at; next < chunk.length; ) {
      const end = Math.min(chunk.length, next + this.#inputBytes);
      chunk.copy(memory, this.#inputAt, next, end);
      const inputEnd = this.#inputAt + end - next;
      let from = this.#inputAt - this.#waiting;
      for (let answer = OUTPUT_FULL; answer === OUTPUT_FULL; ) {
        const start = module.writtenStart();
        answer = module.inflate(from, inputEnd - from);
        from = inputEnd - module.bytesLeft();
        const written = module.writtenEnd();
        if (written > start) sink(memory.subarray(start, written));
        if (answer === STREAM_END) return { kind: 'end', at: end - (inputEnd - from) };
        if (answer < 0) return { kind: 'damaged', reason: damages[answer] ?? 'unreadable' };
        if (answer !== WANTS_INPUT && answer !== OUTPUT_FULL) throw new Error(`inflate.c answers ${answer}`);
      }
      this.#waiting = inputEnd - from;
      if (this.#waiting > this.#inputBeforeBytes) throw new Error('inflate.c leaves more than it may');
      memory.copyWithin(this.#inputAt - this.#waiting, from, inputEnd);
      next = end;
    }
    return { kind: 'wants-more' };
  }
}
