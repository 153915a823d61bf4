import { type Digest, Fault } from '@hullcheck/core';
import { imageLimits } from '../limits.ts';
import { requireDigest } from './image-facts.ts';

/** The bytes of an image configuration as the manifest promises them: their number and their digest. */
export async function readConfig(
  { digest, size }: { readonly digest: Digest; readonly size: number },
  place: string,
  open: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<Uint8Array> {
  if (size > imageLimits.configBytesMax) {
    throw new Fault(
      'limit-exceeded',
      `${place}: the configuration has ${size} bytes, more than configBytesMax (${imageLimits.configBytesMax})`,
      { place },
    );
  }
  const pieces: Uint8Array[] = [];
  let received = 0;
  for await (const piece of await open()) {
    received += piece.length;
    if (received > size) break;
    pieces.push(piece);
  }
  if (received !== size) {
    const code = received < size ? 'truncated' : 'size-mismatch';
    throw new Fault(code, `${place}: the configuration has not the ${size} bytes that the manifest promises`, {
      place,
    });
  }
  const bytes = Buffer.concat(pieces);
  requireDigest(bytes, digest, `${place}: configuration`);
  return bytes;
}
