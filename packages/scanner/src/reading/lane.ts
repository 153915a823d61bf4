/* One lane of the reading process: reads one layer or attached document at a time, blocking, with reused buffers. */
import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Analyzer, Fault, type Inventory, type LayerReport, parseDigest } from '@hullcheck/core';
import { type ClaimMatcher, compileClaims } from '../layers/claims.ts';
import { MemoryStore } from '../layers/collected-file.ts';
import { readFolder } from '../layers/folder-reader.ts';
import type { LinkedReads } from '../layers/layer-contents.ts';
import { type LayerFailure, LayerReader, type LayerReading } from '../layers/layer-reader.ts';
import { readerLimits } from '../limits.ts';
import { FRAME_HEADER_BYTES, type Notice, type Task } from './protocol.ts';

export interface LaneOptions {
  /** Module that exports `analyzers`; empty for our own. */
  readonly catalogueUrl: string;
  readonly spillFolder: string;
  /** Of the pipe with the bytes of streamed layers. */
  readonly descriptor: number;
  /** Whether others wait for this thread: it then lets them have their turn between two pieces of a layer. */
  readonly shared: boolean;
  readonly tell: (notice: Notice) => void;
}

/** Each notice is JSON through two processes: every 4 MiB they took 0.3 s of the CPU of a 4 GB image (measured). */
const PROGRESS_EVERY_BYTES = 32 * 1024 * 1024;
const TURN_EVERY_MS = 10;

/** Loads the analyzers, and gives what takes tasks; they run one after another. A defect of ours rejects the task. */
export async function openLane(options: LaneOptions): Promise<(task: Task) => Promise<void>> {
  const { analyzers } =
    options.catalogueUrl === ''
      ? await import('../analyzers/catalogue.ts')
      : ((await import(options.catalogueUrl)) as { readonly analyzers: readonly Analyzer[] });
  const lane = new Lane(options, analyzers);
  let queue: Promise<void> = Promise.resolve();
  return (task) => {
    queue = queue.then(() => lane.run(task));
    return queue;
  };
}

class Lane {
  readonly #options: LaneOptions;
  readonly #analyzers: readonly Analyzer[];
  readonly #matcher: ClaimMatcher;
  readonly #buffer = Buffer.allocUnsafeSlow(readerLimits.readChunkBytes);
  readonly #memory = new MemoryStore();

  constructor(options: LaneOptions, analyzers: readonly Analyzer[]) {
    this.#options = options;
    this.#analyzers = analyzers;
    this.#matcher = compileClaims(analyzers);
  }

  async run(task: Task): Promise<void> {
    const { tell, spillFolder } = this.#options;
    try {
      if (task.kind === 'directory') {
        const report = readFolder(task.path, { analyzers: this.#analyzers, matcher: this.#matcher, spillFolder });
        tell({ kind: 'report', id: task.id, report: toText(report) });
      } else if (task.kind === 'sbom') {
        tell({ kind: 'report', id: task.id, report: toText(await this.#readSbom(task)) });
      } else if (task.kind === 'file') {
        this.#tellResult(task.id, await this.#readFile(task));
      } else {
        const frames = new FrameSource(this.#options.descriptor, this.#buffer);
        this.#tellResult(task.id, await this.#readStream(task, frames));
        frames.drain();
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      this.#tellResult(task.id, { fault: thrown, blobDigest: null, blobBytes: 0 });
    }
  }

  async #readFile(task: Task & { readonly kind: 'file' }): Promise<LayerReading | LayerFailure> {
    const file = openSync(task.path, 'r');
    try {
      const pass = (reader: LayerReader): Promise<LayerReading | LayerFailure> => {
        let at = 0;
        return this.#pump(task.id, reader, () => {
          if (at >= task.length || reader.stopped) return null;
          const got = readSync(
            file,
            this.#buffer,
            0,
            Math.min(this.#buffer.length, task.length - at),
            task.offset + at,
          );
          if (got === 0)
            throw new Fault('truncated', `the file ends ${task.length - at} bytes before the end of the layer`);
          at += got;
          return this.#buffer.subarray(0, got);
        });
      };
      const first = await pass(this.#openReader(task));
      // Bytes of a hard link's target had passed by before its claimed name came: once more, now knowing which to keep.
      if ('report' in first && first.wanted.size > 0) return await pass(this.#openReader(task, first.wanted));
      return first;
    } finally {
      closeSync(file);
    }
  }

  async #readStream(
    task: Task & { readonly kind: 'stream' },
    frames: FrameSource,
  ): Promise<LayerReading | LayerFailure> {
    const reader = this.#openReader(task);
    const result = await this.#pump(task.id, reader, () => (reader.stopped ? null : frames.next()));
    if (!('report' in result) || result.wanted.size === 0) return result;
    const problems = [...result.report.problems];
    for (const path of [...result.wanted.values()].flat()) {
      const detail = 'a hard link whose bytes passed by before its name; reading the image from a file shows it';
      problems.push({ code: 'unsupported', path, layer: result.report.diffId, detail });
    }
    return { ...result, report: { ...result.report, problems } };
  }

  /** Null where the document states something else. */
  async #readSbom({ length, place, subject }: Task & { readonly kind: 'sbom' }): Promise<Inventory | null> {
    const frames = new FrameSource(this.#options.descriptor, this.#buffer);
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (let chunk = frames.next(); chunk !== null; chunk = frames.next()) at += chunk.copy(bytes, at);
    // Only an SBOM needs it: a layer is not to wait for that.
    const { readAttachedDocument } = await import('../sources/attached-document.ts');
    const named = subject === null ? null : parseDigest(subject);
    if (at !== length || named === undefined) throw new Error('this is no document that was asked for');
    return readAttachedDocument(bytes, { place, subject: named }) ?? null;
  }

  #openReader(task: Task & { readonly kind: 'file' | 'stream' }, linkedReads?: LinkedReads): LayerReader {
    return new LayerReader({
      analyzers: this.#analyzers,
      matcher: this.#matcher,
      spillFolder: this.#options.spillFolder,
      memory: this.#memory,
      zstdWindowLog: task.zstdWindowLog,
      ...(task.kind === 'file' ? { storedBytes: task.length } : {}),
      ...(linkedReads === undefined ? {} : { linkedReads }),
    });
  }

  async #pump(id: number, reader: LayerReader, next: () => Buffer | null): Promise<LayerReading | LayerFailure> {
    let reported = 0;
    let turnAt = performance.now() + TURN_EVERY_MS;
    for (let chunk = next(); chunk !== null; chunk = next()) {
      const pending = reader.push(chunk);
      if (pending !== undefined) await pending;
      if (reader.tarBytes + reader.blobBytes - reported >= PROGRESS_EVERY_BYTES) {
        reported = reader.tarBytes + reader.blobBytes;
        this.#options.tell({ kind: 'progress', id, blobBytes: reader.blobBytes, tarBytes: reader.tarBytes });
      }
      if (this.#options.shared && performance.now() >= turnAt) {
        await breathe();
        turnAt = performance.now() + TURN_EVERY_MS;
      }
    }
    return reader.finish();
  }

  #tellResult(id: number, result: LayerReading | LayerFailure): void {
    const { tell } = this.#options;
    if ('report' in result) {
      const { blobBytes, tarBytes } = result.report;
      tell({ kind: 'progress', id, blobBytes, tarBytes });
      tell({ kind: 'report', id, report: toText(result.report) });
    } else {
      const { fault, blobDigest, blobBytes } = result;
      tell({
        kind: 'failed',
        id,
        code: fault.code,
        message: fault.message,
        hint: fault.hint ?? null,
        blobDigest,
        blobBytes,
      });
    }
  }
}

/** Frames of one streamed layer on this lane's pipe. */
class FrameSource {
  readonly #descriptor: number;
  readonly #buffer: Buffer;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #remaining = 0;
  #ended = false;

  constructor(descriptor: number, buffer: Buffer) {
    this.#descriptor = descriptor;
    this.#buffer = buffer;
  }

  next(): Buffer | null {
    if (this.#ended) return null;
    if (this.#remaining === 0) {
      for (let at = 0; at < FRAME_HEADER_BYTES; ) at += this.#readPipe(this.#header, at, FRAME_HEADER_BYTES - at);
      this.#remaining = this.#header.readUInt32LE(0);
      this.#ended = this.#remaining === 0;
      if (this.#ended) return null;
    }
    const got = this.#readPipe(this.#buffer, 0, Math.min(this.#buffer.length, this.#remaining));
    this.#remaining -= got;
    return this.#buffer.subarray(0, got);
  }

  /** To the end of the layer, whatever was wrong with it: the next one follows on the same pipe. */
  drain(): void {
    while (this.next() !== null);
  }

  /** Blocks this thread until bytes come; a pipe that ends means that the parent is gone. */
  #readPipe(target: Buffer, at: number, length: number): number {
    const got = readSync(this.#descriptor, target, at, length, null);
    if (got === 0) throw new Error('the pipe of this lane ended');
    return got;
  }
}

/** Fault `limit-exceeded` for a report that would be too much for the process that asked for it. */
function toText(report: LayerReport | Inventory | null): string {
  const text = JSON.stringify(report);
  if (text.length <= readerLimits.reportCharsMax) return text;
  throw new Fault('limit-exceeded', `the report exceeds reportCharsMax (${readerLimits.reportCharsMax})`);
}
