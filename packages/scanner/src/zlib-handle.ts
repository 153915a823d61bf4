import { constants, createGunzip, createInflateRaw, createZstdDecompress } from 'node:zlib';

/** Node's own binding behind `zlib` streams, called without the stream. minizlib (npm's tar) builds on the same calls. */
export interface SyncHandle {
  readonly continueFlag: number;
  readonly finishFlag: number;
  write(flag: number, input: Buffer, at: number, length: number, output: Buffer): SyncResult;
  close(): void;
}

export interface SyncResult {
  /** Input bytes not consumed. */
  readonly availableIn: number;
  /** Output bytes not filled. */
  readonly availableOut: number;
  readonly error: string | undefined;
}

interface InternalHandle {
  writeSync(
    flag: number,
    input: Buffer,
    at: number,
    length: number,
    output: Buffer,
    outAt: number,
    outLength: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

/** Throws when this Node has no such internals; the caller then uses the public stream. */
export function openSyncHandle(kind: 'gzip' | 'deflate' | 'zstd', zstdWindowLog: number): SyncHandle {
  const stream = openStream(kind, zstdWindowLog);
  const { _handle: handle, _writeState: state } = parseInternals(stream);
  let error: string | undefined;
  handle.onerror = (message, _errno, code) => {
    error = `${code} ${message}`;
  };
  return {
    continueFlag: kind === 'zstd' ? constants.ZSTD_e_continue : constants.Z_NO_FLUSH,
    finishFlag: kind === 'zstd' ? constants.ZSTD_e_end : constants.Z_FINISH,
    write(flag, input, at, length, output) {
      error = undefined;
      handle.writeSync(flag, input, at, length, output, 0, output.length);
      return { availableOut: state[0] ?? 0, availableIn: state[1] ?? 0, error };
    },
    close: () => stream.close(),
  };
}

/** `deflate` has no header of its own, as in ZIP. */
function openStream(kind: 'gzip' | 'deflate' | 'zstd', zstdWindowLog: number): { close(): void } {
  switch (kind) {
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflateRaw();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } });
  }
}

function parseInternals(stream: object): { readonly _handle: InternalHandle; readonly _writeState: Uint32Array } {
  if (
    '_handle' in stream &&
    '_writeState' in stream &&
    stream._writeState instanceof Uint32Array &&
    typeof stream._handle === 'object' &&
    stream._handle !== null &&
    'writeSync' in stream._handle &&
    typeof stream._handle.writeSync === 'function'
  ) {
    // The one cast of this file: an untyped internal whose shape was just looked at.
    return stream as unknown as { readonly _handle: InternalHandle; readonly _writeState: Uint32Array };
  }
  throw new Error('zlib streams of this Node have no synchronous handle');
}
