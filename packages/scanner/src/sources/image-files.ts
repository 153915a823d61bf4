import type { LayerBytes } from '../source.ts';

/** One file of an archive or layout, under its own name (links already followed). */
export interface FoundFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Null while an archive streams by: its layers are read at that moment, and found again by name. */
  readonly bytes: LayerBytes | null;
}

/** The files of an image archive or layout, whatever holds them. Names are foreign; they are only ever looked up. */
export interface ImageFiles {
  /** For messages: the archive's or folder's name as the user gave it. */
  readonly place: string;
  /** Fault `not-an-image` where a link leads out, in circles, or the name occurs twice. */
  find(name: string): FoundFile | undefined;
  /** The content of a document; undefined when there is no such file. Fault `limit-exceeded` above `bytesMax`. */
  readDocument(name: string, bytesMax: number): Promise<Uint8Array | undefined>;
}
