import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { Fault } from '@hullcheck/core';

/**
 * A JSON body, bounded after decompression too: a few kilobytes of gzip can hold gigabytes. The limit is checked while
 * reading, whatever length the client declared.
 */
export async function readJson(
  payload: IncomingMessage,
  encoding: string | undefined,
  bytesMax: number,
): Promise<unknown> {
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') {
    throw new Fault('unsupported', 'the content encoding must be gzip or none', { place: 'Content-Encoding' });
  }
  const source: AsyncIterable<Buffer> = encoding === 'gzip' ? payload.pipe(createGunzip()) : payload;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new Fault('limit-exceeded', `the body is larger than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('invalid-input', 'the body could not be read', { cause });
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new Fault('invalid-input', 'the body is not JSON', { cause });
  }
}
