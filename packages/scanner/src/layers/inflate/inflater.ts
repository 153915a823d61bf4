import { Fault } from '@hullcheck/core';

/** Turns stored bytes into tar bytes. `sink` is called during `push` and `finish`; its bytes are only valid in the call. */
export interface Inflater {
  /** May answer with a promise (the fallback does); the caller waits before the next call. */
  push(chunk: Buffer): void | Promise<void>;
  /** Throws a Fault when the compressed stream is not complete. */
  finish(): void | Promise<void>;
}

export interface InflaterOptions {
  /** Largest zstd window, log2 of bytes. */
  readonly zstdWindowLog: number;
  readonly sink: (bytes: Buffer) => void;
}

export type Packing = 'gzip' | 'zstd';

export function endsEarly(kind: Packing): Fault {
  return new Fault('truncated', `the ${kind} stream ends early`);
}

export function damagedStream(kind: Packing, reason: string): Fault {
  return new Fault('not-an-image', `the ${kind} stream is damaged: ${reason.trim()}`);
}

/** What zlib and zstd say of a stream, as a Fault. */
export function codecFault(kind: Packing, reason: string): Fault {
  if (/windowTooLarge|too much memory/i.test(reason)) {
    return new Fault('limit-exceeded', 'a zstd frame wants a larger window than zstdWindowLogMax', {
      hint: 'zstdWindow',
    });
  }
  return /unexpected end of file|BUF_ERROR/.test(reason) ? endsEarly(kind) : damagedStream(kind, reason);
}

/** Zeros may lie behind the last gzip member, and nothing else. */
export function requireZeros(chunk: Buffer, from: number): void {
  for (let i = from; i < chunk.length; i++) {
    if (chunk[i] !== 0) throw damagedStream('gzip', 'bytes after the end of the compressed stream');
  }
}
