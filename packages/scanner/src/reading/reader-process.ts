import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { type Digest, Fault, type FaultCode, type Inventory, type LayerReport, parseDigest } from '@hullcheck/core';
import { visibleText } from '../layers/visible-text.ts';
import { readerLimits } from '../limits.ts';
import type { AttachedDocument } from '../sources/attached-document.ts';
import { parseInventory } from './inventory-schema.ts';
import { parseLayerReport } from './layer-report-schema.ts';
import { exceededLimit, readProcessUsage } from './process-usage.ts';
import { FRAME_HEADER_BYTES, LANE_DESCRIPTOR_FIRST, type Notice, overNotice, type Task } from './protocol.ts';
import type { ReaderAhead } from './reader-ahead.ts';
import { spawnReader, watchedByParent } from './spawn-reader.ts';

/** How one layer's reading ended. A Fault of the layer is a value here: whether it fails the image is the caller's to say. */
export type LayerOutcome =
  | { readonly kind: 'read'; readonly report: LayerReport }
  | {
      readonly kind: 'failed';
      readonly fault: Fault;
      /** What the stored bytes hashed to, where reading got to their end. */
      readonly blobDigest: Digest | null;
      readonly blobBytes: number;
    };

export interface ReaderOptions {
  readonly signal: AbortSignal;
  /** Layers that are read at the same time. */
  readonly lanes: number;
  /** How the first layer comes. */
  readonly bytes: 'file' | 'stream';
  /** A process that waits already; the one made here is used where it has too few lanes or other analyzers are asked for. */
  readonly ahead?: ReaderAhead | undefined;
  readonly wallMs: number;
  readonly onProgress?: (progress: ReaderProgress) => void;
  /** Module that exports `analyzers`; tests name one of their own. */
  readonly catalogueUrl?: URL;
}

export interface ReaderProgress {
  /** The task's number, as `read…` was called. */
  readonly task: number;
  readonly blobBytes: number;
  readonly tarBytes: number;
}

/** A layer whose bytes are pushed as they come. */
export interface LayerStream {
  readonly task: number;
  /** The layer has failed already; what is still written is thrown away. */
  readonly failed: () => boolean;
  /** Resolves when the pipe has room again. The bytes may not be changed before. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<LayerOutcome>;
}

/**
 * The child process that reads foreign bytes; one per image. Whatever happens to it (crash, memory, CPU, deadline, kill)
 * every pending and later call rejects with one Fault: `reader-crashed`, `timed-out`, `limit-exceeded` or `cancelled`.
 * `close` must be called; it kills the process, which holds nothing.
 */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #options: ReaderOptions;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Of all reports so far. */
  #reportChars = 0;
  readonly #ended: Promise<never>;
  readonly #deadline: NodeJS.Timeout;
  readonly #watch: NodeJS.Timeout | undefined;
  readonly #onAbort: () => void;
  readonly #exited: Promise<void>;
  #end: ((fault: Fault) => void) | undefined;
  #standardError = '';
  #tasks = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#ended = new Promise<never>((_, reject) => {
      this.#end = reject;
    });
    // Nobody may be waiting when the process ends after its last answer.
    this.#ended.catch(() => undefined);
    const { ahead, lanes, catalogueUrl } = options;
    const waiting =
      catalogueUrl === undefined && ahead !== undefined && ahead.lanes >= lanes ? ahead.take() : undefined;
    this.#child = waiting ?? spawnReader(options);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
      if (waiting !== undefined && hasEnded(waiting)) resolve();
    });
    this.#child.on('message', (notice: Notice) => this.#take(notice));
    this.#child.on('error', (cause) =>
      this.fail(new Fault('reader-crashed', 'the reading process could not be started', { cause })),
    );
    // Not `exit`: what it said last may still be on its way.
    this.#child.on('close', (code, signal) => this.fail(this.#crash(signal ?? `exit code ${code}`)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (this.#standardError.length < readerLimits.standardErrorBytesMax) this.#standardError += text;
    });
    this.#watch = watchedByParent ? setInterval(() => this.#look(), readerLimits.watchEveryMs) : undefined;
    this.#deadline = setTimeout(() => {
      this.fail(new Fault('timed-out', `the image was not read within ${options.wallMs} ms (wallMs)`));
    }, options.wallMs);
    this.#onAbort = () => this.fail(new Fault('cancelled', 'reading was cancelled'));
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
    if (waiting !== undefined && hasEnded(waiting)) this.fail(this.#crash('before it was asked anything'));
  }

  /** Process id, for whoever measures it; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Number of the next task: progress may be told before its call has returned. */
  get nextTask(): number {
    return this.#tasks;
  }

  readFile(
    lane: number,
    range: { path: string; offset: number; length: number },
    zstdWindowLog: number,
  ): Promise<LayerOutcome> {
    return this.#run({ kind: 'file', id: this.#tasks++, lane, ...range, zstdWindowLog });
  }

  readFolder(path: string): Promise<LayerOutcome> {
    return this.#run({ kind: 'directory', id: this.#tasks++, lane: 0, path });
  }

  /** The lane must be free: its last stream has ended and answered. */
  openStream(lane: number, zstdWindowLog: number): LayerStream {
    const id = this.#tasks++;
    const outcome = this.#run({ kind: 'stream', id, lane, zstdWindowLog });
    let failed = false;
    outcome.then(
      (result) => {
        failed = result.kind === 'failed';
      },
      () => undefined,
    );
    const pipe = this.#pipe(lane);
    return {
      task: id,
      failed: () => failed,
      write: (bytes) => this.#write(pipe, bytes),
      end: () => {
        pipe.write(frameHeader(0));
        return outcome;
      },
    };
  }

  /** What a document states; null where it is an attestation of something else. Throws its Fault. */
  async readSbom(lane: number, bytes: Uint8Array, document: AttachedDocument): Promise<Inventory | null> {
    const pipe = this.#pipe(lane);
    const write = async () => {
      await this.#write(pipe, bytes);
      pipe.write(frameHeader(0));
    };
    const task = { kind: 'sbom', id: this.#tasks++, lane, length: bytes.length, ...document } as const;
    const [answer] = await Promise.all([this.#ask(task), write()]);
    if (answer.kind === 'failed') throw faultOf(answer);
    const stated: unknown = JSON.parse(answer.report);
    const inventory = stated === null ? null : parseInventory(stated);
    if (inventory === undefined)
      throw new Fault('internal', 'the reading process gave an inventory of the wrong shape');
    return inventory;
  }

  /** Resolves when the process is gone: what it used is then accounted to this one. */
  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.fail(new Fault('cancelled', 'the reader was closed'));
    await this.#exited;
  }

  async #run(task: Task): Promise<LayerOutcome> {
    return toOutcome(await this.#ask(task));
  }

  #ask(task: Task): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(task.id, resolve));
    if (this.#child.connected) this.#child.send(task, () => undefined);
    return Promise.race([answered, this.#ended]);
  }

  #pipe(lane: number): Writable {
    const pipe = this.#child.stdio[LANE_DESCRIPTOR_FIRST + lane];
    if (pipe === null || pipe === undefined || !('write' in pipe)) throw new Error(`lane ${lane} has no pipe`);
    return pipe;
  }

  /** In frames; resolves when the pipe has room again. */
  async #write(pipe: Writable, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += readerLimits.frameBytesMax) {
      const part = bytes.subarray(at, at + readerLimits.frameBytesMax);
      pipe.write(frameHeader(part.length));
      await Promise.race([new Promise<void>((done) => pipe.write(part, () => done())), this.#ended]);
    }
  }

  #take(notice: Notice): void {
    if (notice.kind === 'progress') {
      this.#options.onProgress?.({ task: notice.id, blobBytes: notice.blobBytes, tarBytes: notice.tarBytes });
      return;
    }
    const resolve = this.#waiting.get(notice.id);
    this.#waiting.delete(notice.id);
    if (notice.kind === 'report') this.#reportChars += notice.report.length;
    // Before it is parsed: a report is many times its text once it is objects.
    if (this.#reportChars > readerLimits.reportsCharsMax) {
      const message = `the reports of its layers exceed reportsCharsMax (${readerLimits.reportsCharsMax})`;
      const { id } = notice;
      resolve?.({ kind: 'failed', id, code: 'limit-exceeded', message, hint: null, blobDigest: null, blobBytes: 0 });
    } else resolve?.(notice);
  }

  #look(): void {
    const usage = this.#child.pid === undefined ? undefined : readProcessUsage(this.#child.pid);
    const over = usage === undefined ? undefined : exceededLimit(usage);
    if (over !== undefined) this.fail(overFault(over));
  }

  #crash(how: string): Fault {
    for (const limit of ['rssBytesMax', 'cpuMs'] as const) {
      if (this.#standardError.includes(overNotice(limit))) return overFault(limit);
    }
    const said = visibleText(this.#standardError.trim().split('\n').at(-1) ?? '');
    const heap = /ERR_WORKER_OUT_OF_MEMORY|heap/i.test(this.#standardError) ? ' for want of memory' : '';
    return new Fault(
      'reader-crashed',
      `the reading process ended${heap} (${how})`,
      said === '' ? {} : { cause: new Error(said) },
    );
  }

  /** Ends the process for a reason of the caller's; the first reason counts. */
  fail(fault: Fault): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
    this.#end?.(fault);
    this.#child.kill('SIGKILL');
    for (const pipe of this.#child.stdio) if (pipe !== null) pipe?.destroy();
  }
}

/** `exit` is told once: a process that waited may have ended before anybody listened. */
function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function overFault(limit: 'rssBytesMax' | 'cpuMs'): Fault {
  return limit === 'cpuMs'
    ? new Fault('timed-out', `the reading process used more than cpuMs (${readerLimits.cpuMs} ms) of CPU`)
    : new Fault(
        'reader-crashed',
        `the reading process exceeded rssBytesMax (${readerLimits.rssBytesMax} bytes) of memory`,
      );
}

function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(length);
  return header;
}

type Answer = Notice & { readonly kind: 'report' | 'failed' };

function toOutcome(notice: Answer): LayerOutcome {
  if (notice.kind === 'report') {
    const report = parseLayerReport(JSON.parse(notice.report));
    if (report !== undefined) return { kind: 'read', report };
    const fault = new Fault('internal', 'the reading process gave a report of the wrong shape');
    return { kind: 'failed', fault, blobDigest: null, blobBytes: 0 };
  }
  return {
    kind: 'failed',
    fault: faultOf(notice),
    blobDigest: notice.blobDigest === null ? null : (parseDigest(notice.blobDigest) ?? null),
    blobBytes: notice.blobBytes,
  };
}

function faultOf({ code, message, hint }: Answer & { readonly kind: 'failed' }): Fault {
  return new Fault(toFaultCode(code), message, hint === null ? {} : { hint });
}

const LAYER_FAULTS: readonly FaultCode[] = ['not-an-image', 'truncated', 'limit-exceeded', 'unsupported', 'not-found'];

function toFaultCode(text: string): FaultCode {
  return LAYER_FAULTS.find((code) => code === text) ?? 'internal';
}
