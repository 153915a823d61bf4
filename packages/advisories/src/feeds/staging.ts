import { createHash, randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '@hullcheck/core';

/** Writes a stream into the staging folder under its hash: what it was called elsewhere never becomes a path. */
export async function stageBytes(
  bytes: AsyncIterable<Uint8Array>,
  staging: string,
  place: string,
  bytesMax: number,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const temporary = path.join(staging, `.${randomUUID()}`);
  const hash = createHash('sha256');
  const handle = await open(temporary, 'wx', 0o644);
  let total = 0;
  try {
    for await (const chunk of bytes) {
      total += chunk.byteLength;
      if (total > bytesMax) throw new Fault('limit-exceeded', `${place} is larger than ${bytesMax} bytes`, { place });
      hash.update(chunk);
      await handle.write(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const sha256 = hash.digest('hex');
  await rename(temporary, path.join(staging, sha256));
  return { bytes: total, sha256 };
}
