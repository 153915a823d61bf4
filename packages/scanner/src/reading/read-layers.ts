import { type Digest, Fault, type LayerReport, type Problem } from '@hullcheck/core';
import { imageLimits, layerLimits, readerLimits } from '../limits.ts';
import type { LayerBytes, SourceLayer } from '../source.ts';
import { OpenAhead } from './open-ahead.ts';
import type { ReaderAhead } from './reader-ahead.ts';
import { type LayerOutcome, ReaderProcess } from './reader-process.ts';
import { verifyLayer } from './verify-layer.ts';

export interface LayerProgress {
  /** Index of the layer in work, lowest layer 0. */
  readonly layer: number;
  readonly layersDone: number;
  readonly layersTotal: number;
  /** Stored bytes read so far over all layers. */
  readonly bytesRead: number;
}

export interface ReadLayersOptions {
  readonly layers: readonly SourceLayer[];
  /** A kept report of current readers, where there is one. `digest`: of the stored bytes, where the manifest names them. */
  readonly known?: (diffId: Digest, digest: Digest | null) => Promise<LayerReport | undefined>;
  /** Layers that whoever composes the image has by other means: not read, and no problem that their reports are null. */
  readonly elsewhere?: ReadonlySet<Digest>;
  /** Called with each report that was made now, before the result; the first layer's report does not wait for the last. */
  readonly save?: (report: LayerReport) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: LayerProgress) => void;
  /** Layers read at the same time; default `layersAtOnce`. */
  readonly concurrency?: number;
  /** A reading process that waits already. Whoever started it closes it, in case all was known. */
  readonly ahead?: ReaderAhead | undefined;
  /** Tests only: a module with other analyzers, a shorter deadline, the process as soon as it runs. */
  readonly catalogueUrl?: URL;
  readonly wallMs?: number;
  readonly onReader?: (reader: ReaderProcess) => void;
}

export interface LayerResult {
  readonly diffId: Digest;
  readonly report: LayerReport | null;
  readonly problems: readonly Problem[];
}

interface Work {
  readonly index: number;
  readonly layer: SourceLayer;
  readonly bytes: LayerBytes;
}

/**
 * Reads the layers that `known` does not have, each once. Faults (the first one ends the rest): `digest-mismatch`,
 * `size-mismatch`, `truncated`, `limit-exceeded`, `unsupported`, `not-an-image`, `reader-crashed`, `timed-out`,
 * `cancelled`, and those of the source; the place names the layer. Results come in the order of `layers`.
 */
export async function readLayers(options: ReadLayersOptions): Promise<LayerResult[]> {
  const { layers, signal } = options;
  if (layers.length > imageLimits.layersMax) {
    throw new Fault(
      'limit-exceeded',
      `the image has ${layers.length} layers, more than layersMax (${imageLimits.layersMax})`,
    );
  }
  const reports = new Map<Digest, LayerReport>();
  const work: Work[] = [];
  const seen = new Set<Digest>();
  for (const [index, layer] of layers.entries()) {
    if (seen.has(layer.diffId)) continue;
    seen.add(layer.diffId);
    if (options.elsewhere?.has(layer.diffId)) continue;
    const kept = await options.known?.(layer.diffId, layer.digest);
    if (kept !== undefined) reports.set(layer.diffId, kept);
    else if (layer.bytes !== null) work.push({ index, layer, bytes: layer.bytes });
  }
  if (signal.aborted) throw new Fault('cancelled', 'reading was cancelled');
  if (work.length > 0) await readAll(work, layers.length - work.length, reports, options);
  return layers.map((layer) =>
    options.elsewhere?.has(layer.diffId)
      ? { diffId: layer.diffId, report: null, problems: [] }
      : toResult(layer, reports.get(layer.diffId)),
  );
}

function toResult(layer: SourceLayer, report: LayerReport | undefined): LayerResult {
  if (report !== undefined) return { diffId: layer.diffId, report, problems: report.problems };
  const detail = `the layer's bytes are not to be had here${layer.mediaType === null ? '' : ` (${layer.mediaType})`}`;
  return {
    diffId: layer.diffId,
    report: null,
    problems: [{ code: 'layer-missing', path: null, layer: layer.diffId, detail }],
  };
}

async function readAll(
  work: readonly Work[],
  doneBefore: number,
  reports: Map<Digest, LayerReport>,
  options: ReadLayersOptions,
): Promise<void> {
  // Largest first: a large layer begun last would leave the other lane without work.
  const queue = work.toSorted((a, b) => storedBytes(b) - storedBytes(a));
  const streamed = work.some(({ bytes }) => bytes.kind === 'stream');
  const lanes = isSmall(work) ? 1 : Math.min(options.concurrency ?? readerLimits.layersAtOnce, work.length);
  const stop = new AbortController();
  const streams = new OpenAhead(
    queue.flatMap(({ bytes }) => (bytes.kind === 'stream' ? [bytes] : [])),
    AbortSignal.any([options.signal, stop.signal]),
  );
  const progress = new ProgressTally(options, doneBefore, (fault) => reader.fail(fault));
  const reader = new ReaderProcess({
    signal: options.signal,
    lanes,
    bytes: queue[0]?.bytes.kind ?? 'file',
    ahead: options.ahead,
    wallMs: options.wallMs ?? (streamed ? readerLimits.streamedWallMs : readerLimits.wallMs),
    onProgress: (p) => progress.take(p.task, p.blobBytes, p.tarBytes),
    ...(options.catalogueUrl === undefined ? {} : { catalogueUrl: options.catalogueUrl }),
  });
  options.onReader?.(reader);
  const alone: Work[] = [];
  const readOne = async (item: Work, lane: number, zstdWindowLog: number): Promise<void> => {
    const outcome = await readBytes(reader, item, lane, zstdWindowLog, streams, progress);
    if (
      outcome.kind === 'failed' &&
      outcome.fault.hint === 'zstdWindow' &&
      zstdWindowLog < layerLimits.zstdWindowLogAlone
    ) {
      alone.push(item);
      return;
    }
    const report = verifyLayer(item.layer, item.index, outcome);
    reports.set(item.layer.diffId, report);
    await options.save?.(report);
    progress.done(item.index);
  };
  try {
    const lane = async (index: number): Promise<void> => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        await readOne(item, index, layerLimits.zstdWindowLogParallel);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
    // A frame with a window of 128 MiB takes that much memory: one at a time.
    for (const item of alone) await readOne(item, 0, layerLimits.zstdWindowLogAlone);
  } finally {
    stop.abort();
    await reader.close();
  }
}

/** One after another is sooner done than a second lane is started. */
function isSmall(work: readonly Work[]): boolean {
  const bytes = work.map((item) => (item.bytes.kind === 'file' ? storedBytes(item) : Number.POSITIVE_INFINITY));
  return bytes.reduce((total, length) => total + length, 0) <= readerLimits.oneLaneBytesMax;
}

function storedBytes({ bytes, layer }: Work): number {
  return bytes.kind === 'file' ? bytes.length : (layer.sizeBytes ?? 0);
}

async function readBytes(
  reader: ReaderProcess,
  { bytes, layer, index }: Work,
  lane: number,
  zstdWindowLog: number,
  streams: OpenAhead,
  progress: ProgressTally,
): Promise<LayerOutcome> {
  if (bytes.kind === 'file') {
    if (layer.sizeBytes !== null && layer.sizeBytes !== bytes.length) {
      throw new Fault(
        'size-mismatch',
        `the layer has ${bytes.length} bytes, the manifest promises ${layer.sizeBytes}`,
        {
          place: `layer ${index} (${layer.digest ?? layer.diffId})`,
        },
      );
    }
    progress.assign(reader.nextTask, index);
    return reader.readFile(lane, bytes, zstdWindowLog);
  }
  const source = await streams.take(bytes);
  const stream = reader.openStream(lane, zstdWindowLog);
  progress.assign(stream.task, index);
  let received = 0;
  for await (const chunk of source) {
    received += chunk.length;
    // More than promised is not fetched: an endless body would otherwise run until the deadline.
    if (layer.sizeBytes !== null && received > layer.sizeBytes) {
      throw new Fault('size-mismatch', `the layer has more bytes than the manifest promises (${layer.sizeBytes})`, {
        place: `layer ${index} (${layer.digest ?? layer.diffId})`,
      });
    }
    if (stream.failed()) break;
    await stream.write(chunk);
  }
  return stream.end();
}

/** Sums what the lanes report, and ends the reading where the whole image exceeds its limit. */
class ProgressTally {
  readonly #options: ReadLayersOptions;
  readonly #exceeded: (fault: Fault) => void;
  readonly #layerOf = new Map<number, number>();
  readonly #blobBytes = new Map<number, number>();
  readonly #tarBytes = new Map<number, number>();
  #done: number;

  constructor(options: ReadLayersOptions, doneBefore: number, exceeded: (fault: Fault) => void) {
    this.#options = options;
    this.#done = doneBefore;
    this.#exceeded = exceeded;
  }

  assign(task: number, layer: number): void {
    this.#layerOf.set(task, layer);
  }

  take(task: number, blobBytes: number, tarBytes: number): void {
    const layer = this.#layerOf.get(task);
    if (layer === undefined) return;
    this.#blobBytes.set(layer, blobBytes);
    this.#tarBytes.set(layer, tarBytes);
    if (sum(this.#tarBytes) > imageLimits.tarBytesMax) {
      this.#exceeded(
        new Fault('limit-exceeded', `the image unpacks to more than tarBytesMax (${imageLimits.tarBytesMax} bytes)`),
      );
    }
    this.#report(layer);
  }

  done(layer: number): void {
    this.#done++;
    this.#report(layer);
  }

  #report(layer: number): void {
    this.#options.onProgress?.({
      layer,
      layersDone: this.#done,
      layersTotal: this.#options.layers.length,
      bytesRead: sum(this.#blobBytes),
    });
  }
}

function sum(values: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const value of values.values()) total += value;
  return total;
}
