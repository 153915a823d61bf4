import type { ProblemCode } from '@hullcheck/core';
import { layerLimits } from '../limits.ts';
import { type PaxRecords, parsePax } from './pax.ts';
import { BLOCK_BYTES, parseTarHeader, type TarHeader } from './tar-header.ts';
import { visibleText } from './visible-text.ts';

/*
 * A push parser of tar: bytes go in by `push` in pieces of any size, entries come out as calls.
 *
 *   header ──► body ──► padding ──► header …      an entry
 *     │  └───► extension ──► padding ──► header   PAX, GNU long name: held until the next real entry
 *     │  └───► sparse maps ──► body               GNU old sparse: skipped to stay in step
 *     ├─ zero block: end mark; what follows is still walked, marked `afterEnd`
 *     └─ bad header: stopped, the rest is only counted
 *
 * Where readers of tar disagree it follows Go's archive/tar, because that is what unpacks images: a reader that sees other
 * files than the runtime can be used to hide one. So: header-only types have no body whatever their size says, PAX
 * records apply to the next real entry and never to an extension between (node-tar's file smuggling), the PAX size wins
 * (CVE-2025-62518), and global PAX headers are not applied.
 */

export interface TarEntry {
  /** As written, not yet normalised. */
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  readonly size: number;
  /** Offset of the first body byte in the tar. */
  readonly bodyOffset: number;
  readonly sparse: boolean;
  /** Lies behind an end mark: runtimes don't unpack it, some tools write it by concatenation. */
  readonly afterEnd: boolean;
}

/** Takes the body of one entry. Exactly one of `end` and `cut` follows the last `chunk`. */
export interface BodySink {
  /** The bytes are only valid during the call. */
  chunk(bytes: Buffer): void;
  end(): void;
  /** The archive ended inside the body. */
  cut(): void;
}

export interface TarEvents {
  /** Null: the body is of no interest. */
  entry(entry: TarEntry): BodySink | null;
  problem(code: ProblemCode, detail: string): void;
}

type State = 'header' | 'extension' | 'sparse-map' | 'body' | 'padding' | 'stopped';

export class TarWalker {
  readonly #events: TarEvents;
  #state: State = 'header';
  /** Bytes of the archive seen so far. */
  #offset = 0;
  #remaining = 0;
  #padding = 0;
  #sink: BodySink | null = null;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #blockFilled = 0;
  #header: TarHeader | undefined;
  #extension: Buffer[] = [];
  #extensionType = '';
  #pax: PaxRecords | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;
  #ended = false;
  #entries = 0;
  #headers = 0;

  constructor(events: TarEvents) {
    this.#events = events;
  }

  /** Real entries: extended headers belong to the entry that follows. */
  get entries(): number {
    return this.#entries;
  }

  /** All headers, what limits count: a million PAX headers with no file cost as much as a million files. */
  get headers(): number {
    return this.#headers;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Whether at least one header or end mark has been read: false means that the bytes are no tar. */
  get recognised(): boolean {
    return this.#headers > 0 || this.#ended;
  }

  /** Bytes that `skip` may pass over without looking: body and padding that nobody takes. */
  get skippable(): number {
    if (this.#state === 'body' && this.#sink === null) return this.#remaining + this.#padding;
    return this.#state === 'padding' ? this.#remaining : 0;
  }

  /** Passes over `skippable` bytes of a seekable archive. */
  skip(): void {
    this.#offset += this.skippable;
    this.#remaining = 0;
    this.#state = 'header';
  }

  push(chunk: Buffer): void {
    let at = 0;
    const { length } = chunk;
    while (at < length) {
      switch (this.#state) {
        case 'stopped':
          this.#offset += length - at;
          return;
        case 'header':
        case 'sparse-map':
          at = this.#fillBlock(chunk, at);
          break;
        default:
          at = this.#takeBytes(chunk, at);
      }
    }
  }

  /** The bytes are over. A missing end mark is accepted (claircore issue 683); a cut entry is a problem. */
  finish(): void {
    if (this.#state === 'body') {
      this.#sink?.cut();
      this.#sink = null;
      this.#problem('truncated', `the tar ends ${this.#remaining} bytes before the end of its last file`);
    } else if (this.#blockFilled > 0 && !this.#ended && this.#state === 'header') {
      this.#problem('truncated', `the tar ends inside a header at byte ${this.#offset - this.#blockFilled}`);
    } else if (this.#state === 'extension' || this.#state === 'sparse-map') {
      this.#problem('truncated', 'the tar ends inside an extended header');
    }
    this.#state = 'stopped';
  }

  #fillBlock(chunk: Buffer, at: number): number {
    // The common case reads a header where it lies, without a copy.
    if (this.#blockFilled === 0 && chunk.length - at >= BLOCK_BYTES) {
      this.#offset += BLOCK_BYTES;
      this.#takeBlock(chunk, at);
      return at + BLOCK_BYTES;
    }
    const take = Math.min(BLOCK_BYTES - this.#blockFilled, chunk.length - at);
    chunk.copy(this.#block, this.#blockFilled, at, at + take);
    this.#blockFilled += take;
    this.#offset += take;
    if (this.#blockFilled === BLOCK_BYTES) {
      this.#blockFilled = 0;
      this.#takeBlock(this.#block, 0);
    }
    return at + take;
  }

  #takeBlock(bytes: Buffer, at: number): void {
    if (this.#state === 'sparse-map') {
      if (bytes[at + 504] === 0 && this.#header !== undefined) this.#startEntry(this.#header);
      return;
    }
    const result = parseTarHeader(bytes, at);
    if (result.kind === 'zero') {
      this.#ended = true;
      return;
    }
    if (result.kind === 'bad') {
      // Behind the end mark anything may lie; every runtime ignores it.
      if (!this.#ended) {
        this.#problem(
          'unreadable',
          `${result.reason} at byte ${this.#offset - BLOCK_BYTES}; later entries are not read`,
        );
      }
      this.#state = 'stopped';
      return;
    }
    const { header } = result;
    this.#headers++;
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      if (header.size > layerLimits.extensionBytesMax) {
        this.#problem(
          'limit-exceeded',
          `an extended header of ${header.size} bytes exceeds extensionBytesMax (${layerLimits.extensionBytesMax}); later entries are not read`,
        );
        this.#state = 'stopped';
        return;
      }
      this.#extensionType = header.type;
      this.#extension = [];
      this.#enter('extension', header.size);
    } else if (header.sparseMapFollows) {
      this.#header = header;
      this.#state = 'sparse-map';
    } else {
      this.#startEntry(header);
    }
  }

  #startEntry(header: TarHeader): void {
    this.#entries++;
    const pax = this.#pax;
    const name = this.#longName || pax?.sparseName || pax?.path || header.name;
    const linkName = this.#longLink || pax?.linkPath || header.linkName;
    const type = entryType(header.type, name);
    const stated = pax?.size ?? header.size;
    const size = type === 'file' || (type === 'other' && !'346'.includes(header.type)) ? stated : 0;
    const sparse = header.type === 'S' || pax?.sparse === true;
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#header = undefined;
    this.#sink = this.#events.entry({
      name,
      linkName,
      mode: header.mode,
      type,
      size,
      bodyOffset: this.#offset,
      sparse,
      afterEnd: this.#ended,
    });
    this.#enter('body', size);
  }

  #enter(state: 'body' | 'extension', size: number): void {
    this.#remaining = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    this.#state = state;
    if (size === 0) this.#bodyDone();
  }

  #takeBytes(chunk: Buffer, at: number): number {
    const take = Math.min(this.#remaining, chunk.length - at);
    if (this.#state === 'body') this.#sink?.chunk(chunk.subarray(at, at + take));
    else if (this.#state === 'extension') this.#extension.push(Buffer.from(chunk.subarray(at, at + take)));
    this.#remaining -= take;
    this.#offset += take;
    if (this.#remaining === 0) this.#bodyDone();
    return at + take;
  }

  #bodyDone(): void {
    const state = this.#state;
    if (state === 'padding') {
      this.#state = 'header';
      return;
    }
    this.#remaining = this.#padding;
    this.#state = this.#padding === 0 ? 'header' : 'padding';
    if (state === 'body') {
      const sink = this.#sink;
      this.#sink = null;
      sink?.end();
    } else {
      this.#takeExtension(Buffer.concat(this.#extension));
      this.#extension = [];
    }
  }

  #takeExtension(bytes: Buffer): void {
    if (this.#extensionType === 'L') this.#longName = untilNul(bytes);
    else if (this.#extensionType === 'K') this.#longLink = untilNul(bytes);
    else {
      const records = parsePax(bytes);
      if (this.#extensionType === 'g') {
        if (records?.path || records?.linkPath || records?.size !== undefined) {
          this.#problem('unsupported', 'a global PAX header names a path or size; it is not applied, as runtimes do');
        }
      } else if (records === undefined) {
        this.#problem(
          'unreadable',
          `a PAX header before byte ${this.#offset} is malformed; later entries are not read`,
        );
        this.#state = 'stopped';
      } else {
        this.#pax = records;
      }
    }
  }

  #problem(code: ProblemCode, detail: string): void {
    this.#events.problem(code, visibleText(detail));
  }
}

function entryType(flag: string, name: string): TarEntry['type'] {
  switch (flag) {
    case '0':
    case '7':
    case 'S':
      return 'file';
    case '\0':
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    default:
      return 'other';
  }
}

function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return bytes.toString('utf8', 0, nul < 0 ? bytes.length : nul);
}
