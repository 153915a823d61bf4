import { createHash } from 'node:crypto';
import { type Digest, Fault, type LayerReport, parseDigest } from '@hullcheck/core';
import { layerLimits } from '../limits.ts';
import { detectCompression, MAGIC_BYTES } from './compression.ts';
import { compare } from './evidence-collector.ts';
import type { Inflater } from './inflate/inflater.ts';
import { type InflateBy, openInflater } from './inflate/open-inflater.ts';
import { type ContentsOptions, LayerContents, type LinkedReads } from './layer-contents.ts';
import { readersVersion } from './readers-version.ts';
import { TarWalker } from './tar-walker.ts';

export interface LayerReaderOptions extends ContentsOptions {
  /** Largest zstd window, log2 of bytes. */
  readonly zstdWindowLog: number;
  /** Bytes of the stored layer, where they are known. */
  readonly storedBytes?: number;
  /** Tests force one way to inflate. */
  readonly inflateBy?: InflateBy;
}

export interface LayerReading {
  readonly report: LayerReport;
  /** Hard links that need a second pass with `linkedReads`. */
  readonly wanted: LinkedReads;
}

/** A Fault of one layer, with what its bytes hashed to as far as they came: a wrong digest explains a damaged stream. */
export interface LayerFailure {
  readonly fault: Fault;
  /** Null when reading stopped early on a limit. */
  readonly blobDigest: Digest | null;
  readonly blobBytes: number;
}

/**
 * One pass over the stored bytes of a layer: blob digest, decompression, diffID, tar walk, claimed files to analyzers.
 * Push bytes of any size, then `finish`.
 */
export class LayerReader {
  readonly #options: LayerReaderOptions;
  readonly #contents: LayerContents;
  readonly #walker: TarWalker;
  readonly #blobHash = createHash('sha256');
  #tarHash: ReturnType<typeof createHash> | null = null;
  #compression: LayerReport['compression'] = 'none';
  #inflater: Inflater | null = null;
  #head: Buffer = Buffer.alloc(0);
  #blobBytes = 0;
  #tarBytes = 0;
  #fault: Fault | undefined;

  constructor(options: LayerReaderOptions) {
    this.#options = options;
    this.#contents = new LayerContents(options);
    this.#walker = new TarWalker(this.#contents);
  }

  get blobBytes(): number {
    return this.#blobBytes;
  }

  get tarBytes(): number {
    return this.#tarBytes;
  }

  /** Whether more bytes can change the outcome: after a limit nothing does, after damage the blob digest does. */
  get stopped(): boolean {
    return this.#fault?.code === 'limit-exceeded' || this.#fault?.code === 'unsupported';
  }

  /** The bytes may be reused after the call, or after its promise where it gives one. */
  push(chunk: Buffer): void | Promise<void> {
    this.#blobBytes += chunk.length;
    if (this.stopped) return;
    this.#blobHash.update(chunk);
    if (this.#fault !== undefined) return;
    let bytes = chunk;
    if (this.#inflater === null) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      if (this.#head.length < MAGIC_BYTES) {
        this.#head = Buffer.from(this.#head);
        return;
      }
      bytes = this.#head;
      this.#head = Buffer.alloc(0);
    }
    return this.#inflate(bytes);
  }

  async finish(): Promise<LayerReading | LayerFailure> {
    if (this.#fault === undefined && this.#inflater === null && this.#head.length > 0) await this.#inflate(this.#head);
    if (this.#fault === undefined) await this.#guard(() => this.#inflater?.finish());
    if (this.#fault === undefined) {
      this.#walker.finish();
      if (!this.#walker.recognised && this.#tarBytes > 0) {
        this.#fault = new Fault('not-an-image', 'it is no tar, neither plain nor packed with gzip or zstd');
      }
    }
    const blobDigest = this.stopped ? null : toDigest(this.#blobHash.digest('hex'));
    if (this.#fault !== undefined || blobDigest === null) {
      const fault = this.#fault ?? new Fault('internal', 'the layer has no digest');
      return { fault, blobDigest, blobBytes: this.#blobBytes };
    }
    return { report: this.#report(blobDigest), wanted: this.#contents.wanted };
  }

  #inflate(bytes: Buffer): void | Promise<void> {
    return this.#guard(() => (this.#inflater ?? this.#start(bytes)).push(bytes));
  }

  /** Keeps the first Fault; whatever else is thrown is a defect of ours and ends the thread. */
  #guard(step: () => void | Promise<void>): void | Promise<void> {
    const keep = (thrown: unknown): void => {
      if (!(thrown instanceof Fault)) throw thrown;
      this.#fault ??= thrown;
    };
    try {
      const pending = step();
      if (pending !== undefined) return pending.catch(keep);
    } catch (thrown) {
      keep(thrown);
    }
  }

  #start(head: Buffer): Inflater {
    const detected = detectCompression(head);
    if (detected.kind === 'unsupported') {
      throw new Fault('unsupported', `it is packed with ${detected.name}; layers are tar, gzip or zstd`);
    }
    this.#compression = detected.kind;
    if (detected.kind !== 'none') this.#tarHash = createHash('sha256');
    this.#inflater = openInflater(detected.kind, {
      zstdWindowLog: this.#options.zstdWindowLog,
      sink: (bytes) => this.#takeTar(bytes),
      storedBytes: this.#options.storedBytes,
      by: this.#options.inflateBy,
    });
    return this.#inflater;
  }

  #takeTar(bytes: Buffer): void {
    this.#tarBytes += bytes.length;
    if (this.#tarBytes > layerLimits.tarBytesMax) {
      throw new Fault('limit-exceeded', `it unpacks to more than tarBytesMax (${layerLimits.tarBytesMax} bytes)`);
    }
    if (this.#tarBytes > layerLimits.ratioFreeBytes && this.#tarBytes > this.#blobBytes * layerLimits.ratioMax) {
      throw new Fault('limit-exceeded', `it unpacks to more than ratioMax (${layerLimits.ratioMax}) times its size`);
    }
    this.#tarHash?.update(bytes);
    this.#walker.push(bytes);
    if (this.#walker.headers > layerLimits.entriesMax) {
      throw new Fault('limit-exceeded', `it has more than entriesMax (${layerLimits.entriesMax}) entries`);
    }
  }

  #report(blobDigest: Digest): LayerReport {
    const { collector } = this.#contents;
    const diffId = this.#tarHash === null ? blobDigest : toDigest(this.#tarHash.digest('hex'));
    return {
      schemaVersion: 1,
      diffId,
      blobDigest,
      compression: this.#compression,
      blobBytes: this.#blobBytes,
      tarBytes: this.#tarBytes,
      entries: this.#walker.entries,
      readers: readersVersion(this.#options.analyzers),
      whiteouts: [...collector.whiteouts].sort(compare),
      opaque: [...collector.opaque].sort(compare),
      links: Object.fromEntries([...collector.links].sort((a, b) => compare(a[0], b[0]))),
      evidence: collector.evidence(),
      problems: collector.problems(diffId),
    };
  }
}

function toDigest(hex: string): Digest {
  const digest = parseDigest(`sha256:${hex}`);
  if (digest === undefined) throw new Error('a sha256 hex text is a digest');
  return digest;
}
