import type { IncomingMessage } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault } from '@hullcheck/core';

export interface BodyLimits {
  /** Unpacked. */
  readonly bytesMax: number;
  readonly wholeMs: number;
}

/**
 * A JSON body, bounded after decompression too: a few kilobytes of gzip can hold gigabytes. The limits are checked while
 * reading, whatever length the client declared. `hold` hears of each piece that is kept, and may throw.
 */
export async function readJson(
  payload: IncomingMessage,
  encoding: string | undefined,
  limits: BodyLimits,
  hold: (bytes: number) => void = () => undefined,
): Promise<unknown> {
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') {
    throw new Fault('unsupported', 'the content encoding must be gzip or none', { place: 'Content-Encoding' });
  }
  let late: NodeJS.Timeout | undefined;
  const timeOut = new Promise<never>((_, reject) => {
    late = setTimeout(
      () => reject(new Fault('timed-out', `the body took longer than ${limits.wholeMs / 1000} s`)),
      limits.wholeMs,
    );
  });
  try {
    const bytes = await Promise.race([readAll(unpack(payload, encoding), limits, hold), timeOut]);
    return bytes.byteLength === 0 ? undefined : parse(bytes);
  } finally {
    clearTimeout(late);
  }
}

function unpack(payload: IncomingMessage, encoding: string | undefined): Readable {
  if (encoding !== 'gzip') return payload;
  const unpacked = payload.pipe(createGunzip());
  // A pipe does not pass on that its source broke off. Nor may it end with a pipeline, which would close the connection
  // before it has the answer.
  finished(payload, (error) => {
    if (error != null) unpacked.destroy(error);
  });
  return unpacked;
}

async function readAll(source: Readable, { bytesMax }: BodyLimits, hold: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Destroying what is left of a request would close its connection before it has the answer.
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new Fault('limit-exceeded', `the body is larger than ${bytesMax} bytes`);
      hold(chunk.byteLength);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('invalid-input', 'the body could not be read', { cause });
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Fault('invalid-input', 'the body is not JSON', { cause });
  }
}
