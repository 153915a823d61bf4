import { gzipSync } from 'node:zlib';
import type { Compression } from '../compression.ts';
import { DeflateDecoder } from './deflate-decoder.ts';
import { GzipInflater } from './gzip-inflater.ts';
import { HandleInflater } from './handle-inflater.ts';
import type { Inflater, InflaterOptions } from './inflater.ts';
import { StreamInflater } from './stream-inflater.ts';

/** How to inflate: our decoder in WebAssembly (gzip only), Node's codecs called without their streams, or their streams. */
export type InflateBy = 'module' | 'handle' | 'stream';

export interface OpenInflaterOptions extends InflaterOptions {
  /** Stored bytes, where they are known: few are not worth compiling the module for. */
  readonly storedBytes?: number | undefined;
  /** Tests force one. */
  readonly by?: InflateBy | undefined;
}

/** Compiling it takes 7 ms and 7 MiB more than zlib; what it saves on this much is as long (measured). */
const MODULE_BYTES_MIN = 8 * 1024 * 1024;

/**
 * Faults while inflating: `limit-exceeded` with `zstdWindow` in the hint when a frame wants a larger window, `truncated`
 * when the stream ends early, `not-an-image` for bytes that are not what the magic promised.
 */
export function openInflater(kind: Compression, options: OpenInflaterOptions): Inflater {
  if (kind === 'none') return { push: options.sink, finish: () => undefined };
  const by = options.by ?? 'module';
  if (kind === 'gzip' && by === 'module' && (options.by !== undefined || isLarge(options)) && moduleWorks()) {
    return new GzipInflater(options.sink);
  }
  if (by !== 'stream' && handleWorks()) return new HandleInflater(kind, options);
  return new StreamInflater(kind, options);
}

function isLarge({ storedBytes }: OpenInflaterOptions): boolean {
  return storedBytes === undefined || storedBytes >= MODULE_BYTES_MIN;
}

let moduleVerdict: boolean | undefined;
let handleVerdict: boolean | undefined;

/** Whether this Node runs the module: without WebAssembly (`--jitless`) or its vectors it does not. Tried once. */
function moduleWorks(): boolean {
  moduleVerdict ??= survives(() => DeflateDecoder.take().release());
  return moduleVerdict;
}

/** Whether the internal handle behaves: inflates two gzip members, and says so when the second is cut. Tried once. */
function handleWorks(): boolean {
  handleVerdict ??= survives(testHandle);
  return handleVerdict;
}

function survives(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function testHandle(): void {
  const member = gzipSync('hullcheck', { level: 1 });
  const pieces: string[] = [];
  const sink = (bytes: Buffer): void => {
    pieces.push(bytes.toString('latin1'));
  };
  const whole = new HandleInflater('gzip', { zstdWindowLog: 23, sink });
  whole.push(Buffer.concat([member, member]));
  whole.finish();
  const cut = new HandleInflater('gzip', { zstdWindowLog: 23, sink: () => undefined });
  cut.push(member.subarray(0, -3));
  if (pieces.join('') !== 'hullcheckhullcheck' || survives(() => cut.finish())) {
    throw new Error('the internal handle of zlib behaves otherwise');
  }
}
