import { type Digest, Fault, type LayerReport, type Platform, type Problem, parseDigest } from '@hullcheck/core';
import { detectCompression } from '../layers/compression.ts';
import { parseTarHeader } from '../layers/tar-header.ts';
import { type BodySink, TarWalker } from '../layers/tar-walker.ts';
import { archiveLimits, imageLimits, layerLimits, readerLimits } from '../limits.ts';
import { composeReading, type ImageReading, type ReadImageOptions } from '../reading/read-image.ts';
import type { LayerResult } from '../reading/read-layers.ts';
import { type LayerOutcome, type LayerStream, ReaderProcess } from '../reading/reader-process.ts';
import { verifyLayer } from '../reading/verify-layer.ts';
import { ArchiveEntries } from './archive-entries.ts';
import type { AssembledImage } from './assembled-image.ts';
import { assembleSaved } from './docker-save.ts';
import type { FoundFile, ImageFiles } from './image-files.ts';
import { inflateStream } from './inflate-stream.ts';
import { assembleLayout } from './oci-layout.ts';

export type ReadArchiveStreamOptions = Omit<ReadImageOptions, 'image' | 'concurrency'> & {
  readonly platform?: Platform;
  readonly index?: number;
  /** How messages name the stream; default `standard input`. */
  readonly place?: string;
  /** `docker`, `podman`, or the kind of archive that it turns out to be. */
  readonly source?: string;
};

/**
 * The layer that a file's name says it is: Podman writes `<diffID>.tar`, Docker since 25 `blobs/sha256/<digest>`, which is the
 * diffID where the layer is not compressed. Before, Docker named layers by ids of its own.
 */
function namedLayer(name: string): Digest | undefined {
  const hex = /(?:^|\/)([0-9a-f]{64})(?:\.tar)?$/.exec(name)?.[1];
  return hex === undefined ? undefined : parseDigest(`sha256:${hex}`);
}

/** Bytes that tell a layer from a document. */
const HEAD_BYTES = 512;

/** A tar that begins with a file named `[` looks like JSON until its header proves it a tar. */
function isLayer(head: Buffer): boolean {
  if (detectCompression(head).kind !== 'none') return true;
  if (head.length < HEAD_BYTES) return false;
  return parseTarHeader(head, 0).kind !== 'bad' || !/^\s*[[{]/.test(head.toString('latin1'));
}

/**
 * Reads an archive as it comes (an engine's export, standard input) in one pass: every file that can be a layer goes
 * through the reading process at once, documents are kept in bounded memory, and the image is put together at the end,
 * because `manifest.json` may be last. Nothing is written to disk. Faults as `readLayers` and the opening functions.
 */
export async function readArchiveStream(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadArchiveStreamOptions,
): Promise<ImageReading> {
  const place = options.place ?? 'standard input';
  const intake = new ArchiveIntake(place, options);
  try {
    for await (const chunk of inflateStream(bytes, place)) await intake.take(chunk);
    await intake.finish();
  } finally {
    await intake.close();
  }
  const { files, outcomes } = intake;
  const kind = files.find('manifest.json') === undefined ? 'oci-archive' : 'docker-archive';
  const image = await (kind === 'docker-archive' ? assembleSaved : assembleLayout)(
    files,
    options.source ?? kind,
    options,
  );
  return composeReading(image.facts, await takeLayers(image, outcomes, options));
}

async function takeLayers(
  { layers }: AssembledImage,
  outcomes: ReadonlyMap<string, LayerOutcome>,
  options: ReadArchiveStreamOptions,
): Promise<LayerResult[]> {
  const results: LayerResult[] = [];
  const saved = new Map<string, LayerReport>();
  for (const [index, layer] of layers.entries()) {
    const outcome = layer.file === null ? undefined : outcomes.get(layer.file.name);
    if (outcome !== undefined) {
      const report = verifyLayer(layer, index, outcome);
      if (!saved.has(layer.diffId)) await options.save?.(report);
      saved.set(layer.diffId, report);
      results.push({ diffId: layer.diffId, report, problems: report.problems });
      continue;
    }
    if (options.elsewhere?.has(layer.diffId)) {
      results.push({ diffId: layer.diffId, report: null, problems: [] });
      continue;
    }
    const kept = await options.known?.(layer.diffId, layer.digest);
    const missing: Problem = {
      code: 'layer-missing',
      path: null,
      layer: layer.diffId,
      detail: 'the archive does not hold the layer',
    };
    results.push({ diffId: layer.diffId, report: kept ?? null, problems: kept?.problems ?? [missing] });
  }
  return results;
}

/** What one pass over the archive leaves: the table of its files, its documents, and what its layers gave. */
class ArchiveIntake {
  readonly files: ImageFiles;
  readonly outcomes = new Map<string, LayerOutcome>();
  readonly #options: ReadArchiveStreamOptions;
  readonly #place: string;
  readonly #entries: ArchiveEntries;
  readonly #walker: TarWalker;
  readonly #documents = new Map<string, Buffer>();
  #documentBytes = 0;
  #reader: ReaderProcess | undefined;
  /** The last layer's answer. */
  #busy: Promise<void> = Promise.resolve();
  #current: LayerStream | undefined;
  /** Work that the walker's synchronous calls leave for `take` to wait for, in order. */
  #pending: (() => Promise<void>)[] = [];
  #bytesRead = 0;
  readonly #tarBytes = new Map<number, number>();

  constructor(place: string, options: ReadArchiveStreamOptions) {
    this.#place = place;
    this.#options = options;
    this.#entries = new ArchiveEntries(place, (name, entry) => this.#file(name, entry.size));
    this.#walker = new TarWalker(this.#entries);
    const find = (name: string): FoundFile | undefined => {
      const found = this.#entries.find(name);
      return found && { name: found.name, sizeBytes: found.entry.sizeBytes, bytes: null };
    };
    this.files = {
      place,
      find,
      readDocument: async (name, bytesMax) => {
        const found = find(name);
        if (found === undefined) return undefined;
        const content = this.#documents.get(found.name);
        if (content === undefined || content.length > bytesMax) {
          const what = content === undefined ? 'is not JSON' : `has ${content.length} bytes, more than ${bytesMax}`;
          throw new Fault(content === undefined ? 'not-an-image' : 'limit-exceeded', `${place}: ${name} ${what}`, {
            place,
          });
        }
        return content;
      },
    };
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.#options.signal.aborted) throw new Fault('cancelled', 'reading was cancelled');
    this.#walker.push(chunk);
    await this.#settle();
    this.#bytesRead += chunk.length;
    const layersDone = this.outcomes.size;
    this.#options.onProgress?.({ layer: layersDone, layersDone, layersTotal: 0, bytesRead: this.#bytesRead });
  }

  async finish(): Promise<void> {
    this.#walker.finish();
    await this.#settle();
    this.#entries.requireWhole(this.#walker.recognised);
    await this.#busy;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  async #settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const step of pending) await step();
  }

  #file(name: string, size: number): BodySink {
    const layer = namedLayer(name);
    // A name is only a claim: a file that is another layer than it says is then missing, not believed.
    if (layer !== undefined && this.#options.elsewhere?.has(layer))
      return { chunk: () => undefined, end: () => undefined, cut: () => undefined };
    let head: Buffer[] = [];
    let kind: 'undecided' | 'document' | 'layer' = 'undecided';
    const decide = (bytes: Buffer): void => {
      kind = isLayer(bytes) ? 'layer' : 'document';
      if (kind === 'layer') this.#pending.push(() => this.#startLayer());
    };
    const put = (bytes: Buffer): void => {
      if (kind === 'layer') {
        // Not copied: `take` waits until the pipe has the bytes before it asks for the next ones.
        this.#pending.push(() => this.#write(bytes));
      } else {
        this.#documentBytes += bytes.length;
        if (size > imageLimits.configBytesMax || this.#documentBytes > archiveLimits.documentBytesMax) {
          throw new Fault('limit-exceeded', `${this.#place}: its documents exceed documentBytesMax or configBytesMax`, {
            place: this.#place,
          });
        }
        head.push(Buffer.from(bytes));
      }
    };
    return {
      chunk: (bytes) => {
        if (kind !== 'undecided') return put(bytes);
        head.push(Buffer.from(bytes));
        const start = Buffer.concat(head);
        if (start.length < Math.min(size, HEAD_BYTES)) return;
        decide(start.subarray(0, HEAD_BYTES));
        head = [];
        put(start);
      },
      end: () => {
        if (kind === 'layer') this.#pending.push(() => this.#endLayer(name));
        else this.#documents.set(name, Buffer.concat(head));
      },
      cut: () => undefined,
    };
  }

  async #startLayer(): Promise<void> {
    this.#reader ??= this.#startReader();
    await this.#busy;
    // One layer at a time, so that it may have the large window: there is no second look at a stream.
    this.#current = this.#reader.openStream(0, layerLimits.zstdWindowLogAlone);
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#current?.write(bytes);
  }

  async #endLayer(name: string): Promise<void> {
    const ended = this.#current?.end();
    this.#current = undefined;
    this.#busy = (async () => {
      const outcome = await ended;
      if (outcome !== undefined) this.outcomes.set(name, outcome);
    })();
    // Seen by the next layer or at the end.
    this.#busy.catch(() => undefined);
  }

  #startReader(): ReaderProcess {
    const { signal, catalogueUrl, wallMs, onReader } = this.#options;
    const reader = new ReaderProcess({
      signal,
      lanes: 1,
      bytes: 'stream',
      ahead: this.#options.ahead,
      wallMs: wallMs ?? readerLimits.streamedWallMs,
      onProgress: ({ task, tarBytes }) => {
        this.#tarBytes.set(task, tarBytes);
        if ([...this.#tarBytes.values()].reduce((sum, n) => sum + n, 0) > imageLimits.tarBytesMax) {
          reader.fail(
            new Fault(
              'limit-exceeded',
              `${this.#place} unpacks to more than tarBytesMax (${imageLimits.tarBytesMax} bytes)`,
            ),
          );
        }
      },
      ...(catalogueUrl === undefined ? {} : { catalogueUrl }),
    });
    onReader?.(reader);
    return reader;
  }
}
