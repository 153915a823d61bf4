/**
 * What the two processes say to each other. Control goes over Node's IPC channel as JSON; a streamed layer's bytes go over
 * one pipe per lane in frames: a 32-bit little-endian length and that many bytes, length 0 for the end of the layer.
 */

/** A lane is one thread of the reading process with its own pipe; it reads one layer at a time. */
export type Task =
  | {
      readonly kind: 'file';
      readonly id: number;
      readonly lane: number;
      readonly path: string;
      readonly offset: number;
      readonly length: number;
      readonly zstdWindowLog: number;
    }
  | { readonly kind: 'stream'; readonly id: number; readonly lane: number; readonly zstdWindowLog: number }
  | { readonly kind: 'directory'; readonly id: number; readonly lane: number; readonly path: string }
  /** A document that is attached to an image; its bytes come as those of a streamed layer. */
  | {
      readonly kind: 'sbom';
      readonly id: number;
      readonly lane: number;
      readonly length: number;
      readonly place: string;
      readonly subject: string | null;
    };

export type Notice =
  | { readonly kind: 'progress'; readonly id: number; readonly blobBytes: number; readonly tarBytes: number }
  /** `report` is the layer report, or what a document states, as JSON text: it crosses two borders, and is made into text once. */
  | { readonly kind: 'report'; readonly id: number; readonly report: string }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly blobDigest: string | null;
      readonly blobBytes: number;
    };

/** Descriptor of lane N's pipe in the reading process: after the three standard ones and the IPC channel. */
export const LANE_DESCRIPTOR_FIRST = 4;

export const FRAME_HEADER_BYTES = 4;

/**
 * What a process that watches itself writes to its standard error before it ends because of a limit of `readerLimits`:
 * the thread that has the channel may be busy.
 */
export function overNotice(limit: 'rssBytesMax' | 'cpuMs'): string {
  return `reader over ${limit}\n`;
}
