import type { Digest, ImageFacts } from '@hullcheck/core';

/** Bytes of one layer. `file`: a range of a seekable file, read without copying. `stream`: bytes as they come. */
export type LayerBytes =
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'stream'; open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> };

export interface SourceLayer {
  /** diffID that the image configuration promises; verified while reading. */
  readonly diffId: Digest;
  /** Digest of the blob that the manifest promises; null where the archive gives none. */
  readonly digest: Digest | null;
  /** Stored size that the manifest promises, in bytes. */
  readonly sizeBytes: number | null;
  readonly mediaType: string | null;
  /** Null: this layer can't be had here (foreign or not distributed); the assessment is partial. */
  readonly bytes: LayerBytes | null;
}

/** An image whose manifest and configuration are read and verified and whose layers can be read, in any order. */
export interface OpenedImage {
  readonly facts: ImageFacts;
  /** Non-empty layers, lowest first, one per diffID of the configuration. */
  readonly layers: readonly SourceLayer[];
  close(): Promise<void>;
}
