import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimedFile } from '@hullcheck/core';
import { fileLimits } from '../limits.ts';

/** Where the bytes of one claimed file go while its entry passes by. */
export interface FileStore {
  append(bytes: Buffer): void;
  /** The file as analyzers see it; valid until `release`. */
  open(path: string, mode: number): ClaimedFile;
  release(): void;
}

/**
 * One buffer per reading thread serves all small files one after another: allocating one for each, or for each layer,
 * would leave the garbage collector behind and the process above its memory limit.
 */
export class MemoryStore implements FileStore {
  #buffer = Buffer.allocUnsafeSlow(256 * 1024);
  #length = 0;

  /**
   * Begins a file of this size, up to `bufferedBytesMax`. Room is made at once, because each step of growing would leave
   * a buffer behind. A file before it may have been left half read.
   */
  begin(sizeBytes: number): this {
    this.#length = 0;
    if (sizeBytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(roundUp(sizeBytes));
    return this;
  }

  append(bytes: Buffer): void {
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  open(path: string, mode: number): ClaimedFile {
    const content = this.#buffer.subarray(0, this.#length);
    return {
      path,
      mode,
      sizeBytes: content.length,
      bytes: () => content,
      read: (offset, length) => content.subarray(Math.max(0, offset), Math.max(0, offset) + boundedLength(length)),
    };
  }

  release(): void {
    this.#length = 0;
  }
}

/** Next power of two, so that files of slowly growing sizes don't each bring a new buffer. */
function roundUp(sizeBytes: number): number {
  return Math.min(fileLimits.bufferedBytesMax, 2 ** Math.ceil(Math.log2(Math.max(1, sizeBytes))));
}

/** A large file in a temporary one that has no name any more: it goes with the process, whatever ends it. */
export class SpilledStore implements FileStore {
  readonly #descriptor: number;
  #length = 0;

  constructor(folder: string) {
    // The name is ours and random; nothing of the image is in it.
    const path = join(folder, `hullcheck-spill-${randomBytes(12).toString('hex')}`);
    this.#descriptor = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    unlinkSync(path);
  }

  append(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) at += writeSync(this.#descriptor, bytes, at, bytes.length - at);
    this.#length += bytes.length;
  }

  open(path: string, mode: number): ClaimedFile {
    return openDescriptor(this.#descriptor, path, mode, this.#length);
  }

  release(): void {
    closeSync(this.#descriptor);
  }
}

/** A claimed file read from an open descriptor by position. */
export function openDescriptor(descriptor: number, path: string, mode: number, sizeBytes: number): ClaimedFile {
  const read = (offset: number, length: number): Buffer => {
    const start = Math.max(0, offset);
    const wanted = Math.max(0, Math.min(boundedLength(length), sizeBytes - start));
    const buffer = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(descriptor, buffer, filled, wanted - filled, start + filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  };
  return {
    path,
    mode,
    sizeBytes,
    read,
    bytes() {
      if (sizeBytes > fileLimits.inMemoryBytesMax) {
        throw new RangeError(`a file of ${sizeBytes} bytes exceeds inMemoryBytesMax (${fileLimits.inMemoryBytesMax})`);
      }
      return read(0, sizeBytes);
    },
  };
}

function boundedLength(length: number): number {
  return Math.max(0, Math.min(length, fileLimits.readBytesMax));
}
