/* One thread of the reading process: reads one layer at a time, blocking, with reused buffers. */
import { closeSync, openSync, readSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { type Analyzer, Fault } from '@hullcheck/core';
import { compileClaims } from '../layers/claims.ts';
import { readFolder } from '../layers/folder-reader.ts';
import type { LinkedReads } from '../layers/layer-contents.ts';
import { type LayerFailure, LayerReader, type LayerReading } from '../layers/layer-reader.ts';
import { readerLimits } from '../limits.ts';
import { FRAME_HEADER_BYTES, type Notice, type Task } from './protocol.ts';

const { catalogueUrl, spillFolder, descriptor } = workerData as {
  readonly catalogueUrl: string;
  readonly spillFolder: string;
  readonly descriptor: number;
};
const { analyzers } = (await import(catalogueUrl)) as { readonly analyzers: readonly Analyzer[] };
// The process ends by being killed, which writes no cache.
flushCompileCache();
const matcher = compileClaims(analyzers);
const buffer = Buffer.allocUnsafeSlow(readerLimits.readChunkBytes);
const frameHeader = Buffer.alloc(FRAME_HEADER_BYTES);
const PROGRESS_EVERY_BYTES = 4 * 1024 * 1024;

function tell(notice: Notice): void {
  parentPort?.postMessage(notice);
}

function openReader(zstdWindowLog: number, linkedReads?: LinkedReads): LayerReader {
  return new LayerReader({
    analyzers,
    matcher,
    spillFolder,
    zstdWindowLog,
    ...(linkedReads === undefined ? {} : { linkedReads }),
  });
}

async function pump(id: number, reader: LayerReader, next: () => Buffer | null): Promise<LayerReading | LayerFailure> {
  let reported = 0;
  for (let chunk = next(); chunk !== null; chunk = next()) {
    const pending = reader.push(chunk);
    if (pending !== undefined) await pending;
    if (reader.tarBytes + reader.blobBytes - reported >= PROGRESS_EVERY_BYTES) {
      reported = reader.tarBytes + reader.blobBytes;
      tell({ kind: 'progress', id, blobBytes: reader.blobBytes, tarBytes: reader.tarBytes });
    }
  }
  return reader.finish();
}

async function readFile(task: Task & { readonly kind: 'file' }): Promise<LayerReading | LayerFailure> {
  const file = openSync(task.path, 'r');
  try {
    const pass = (reader: LayerReader): Promise<LayerReading | LayerFailure> => {
      let at = 0;
      return pump(task.id, reader, () => {
        if (at >= task.length || reader.stopped) return null;
        const got = readSync(file, buffer, 0, Math.min(buffer.length, task.length - at), task.offset + at);
        if (got === 0)
          throw new Fault('truncated', `the file ends ${task.length - at} bytes before the end of the layer`);
        at += got;
        return buffer.subarray(0, got);
      });
    };
    const first = await pass(openReader(task.zstdWindowLog));
    // Bytes of a hard link's target had passed by before its claimed name came: once more, now knowing which to keep.
    if ('report' in first && first.wanted.size > 0) return await pass(openReader(task.zstdWindowLog, first.wanted));
    return first;
  } finally {
    closeSync(file);
  }
}

/** Frames of one streamed layer on this lane's pipe. */
class FrameSource {
  #remaining = 0;
  #ended = false;

  next(): Buffer | null {
    if (this.#ended) return null;
    if (this.#remaining === 0) {
      readExactly(frameHeader, FRAME_HEADER_BYTES);
      this.#remaining = frameHeader.readUInt32LE(0);
      this.#ended = this.#remaining === 0;
      if (this.#ended) return null;
    }
    const got = readPipe(buffer, 0, Math.min(buffer.length, this.#remaining));
    this.#remaining -= got;
    return buffer.subarray(0, got);
  }

  /** To the end of the layer, whatever was wrong with it: the next one follows on the same pipe. */
  drain(): void {
    while (this.next() !== null);
  }
}

async function readStream(
  task: Task & { readonly kind: 'stream' },
  frames: FrameSource,
): Promise<LayerReading | LayerFailure> {
  const reader = openReader(task.zstdWindowLog);
  const result = await pump(task.id, reader, () => (reader.stopped ? null : frames.next()));
  if (!('report' in result) || result.wanted.size === 0) return result;
  const problems = [...result.report.problems];
  for (const path of [...result.wanted.values()].flat()) {
    const detail = 'a hard link whose bytes passed by before its name; reading the image from a file shows it';
    problems.push({ code: 'unsupported', path, layer: result.report.diffId, detail });
  }
  return { ...result, report: { ...result.report, problems } };
}

function readExactly(target: Buffer, length: number): void {
  for (let at = 0; at < length; ) at += readPipe(target, at, length - at);
}

/** Blocks this thread until bytes come; a pipe that ends means that the parent is gone. */
function readPipe(target: Buffer, at: number, length: number): number {
  const got = readSync(descriptor, target, at, length, null);
  if (got === 0) throw new Error('the pipe of this lane ended');
  return got;
}

function tellResult(id: number, result: LayerReading | LayerFailure): void {
  if ('report' in result) {
    const { blobBytes, tarBytes } = result.report;
    tell({ kind: 'progress', id, blobBytes, tarBytes });
    tell({ kind: 'report', id, report: JSON.stringify(result.report) });
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

async function run(task: Task): Promise<void> {
  try {
    if (task.kind === 'directory') {
      const report = readFolder(task.path, { analyzers, matcher, spillFolder });
      tell({ kind: 'report', id: task.id, report: JSON.stringify(report) });
    } else if (task.kind === 'file') {
      tellResult(task.id, await readFile(task));
    } else {
      const frames = new FrameSource();
      tellResult(task.id, await readStream(task, frames));
      frames.drain();
    }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    tellResult(task.id, { fault: thrown, blobDigest: null, blobBytes: 0 });
  }
}

let queue: Promise<void> = Promise.resolve();
parentPort?.on('message', (task: Task) => {
  queue = queue.then(() => run(task));
});
