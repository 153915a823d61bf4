import type { LayerBytes } from '../source.ts';

type Stream = Extract<LayerBytes, { readonly kind: 'stream' }>;
type Opened = ReturnType<Stream['open']>;

/**
 * Opens streamed layers one before their turn: asking for a blob takes a token, a redirect and a round trip each, in which
 * no lane should wait. The bytes of one that is opened ahead wait with their sender; memory holds what a socket does.
 */
export class OpenAhead {
  readonly #queue: Stream[];
  readonly #opened = new Map<Stream, Opened>();
  readonly #signal: AbortSignal;

  /** `streams`: in the order in which they will be taken. What was opened and never taken ends with the signal. */
  constructor(streams: readonly Stream[], signal: AbortSignal) {
    this.#queue = [...streams];
    this.#signal = signal;
  }

  /** The bytes of one of them, opened now if it was not before; then the next one is opened. */
  take(stream: Stream): Opened {
    const opened = this.#opened.get(stream) ?? this.#open(stream);
    this.#opened.delete(stream);
    const next = this.#queue[0];
    if (next !== undefined && this.#opened.size === 0) this.#opened.set(next, this.#open(next));
    return opened;
  }

  #open(stream: Stream): Opened {
    const at = this.#queue.indexOf(stream);
    if (at !== -1) this.#queue.splice(at, 1);
    const opened = stream.open(this.#signal);
    // Whoever takes it hears of it; nobody may.
    opened.catch(() => undefined);
    return opened;
  }
}
