import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '@hullcheck/core';
import { fileSha256, unpackDatabase } from './packing.ts';

/** The starter database beside the source: what a machine without a network begins with. */
export const starterDatabasePath: string = fileURLToPath(
  new URL('../../../../data/starter/hullcheck-starter.db.zst', import.meta.url),
);

/**
 * The starter database, unpacked into the cache on first use: its path. It is named by the hash of the packed file, so a
 * newer starter is another file; processes that start at once each unpack their own copy, and the last rename wins with
 * equal content. Fault `database-missing` without a starter, `database-invalid` when it is damaged.
 */
export async function loadStarter(cacheDir: string, starterPath = starterDatabasePath): Promise<string> {
  let packed: string;
  try {
    packed = await fileSha256(starterPath);
  } catch (error) {
    throw new Fault('database-missing', 'there is no vulnerability database yet', {
      cause: error,
      place: starterPath,
      hint: 'Run "hullcheck db update".',
    });
  }
  const location = path.join(cacheDir, 'starter', `${packed}.db`);
  const there = await stat(location).then(
    (found) => found.size > 0,
    () => false,
  );
  if (!there) await unpackDatabase(starterPath, location);
  return location;
}
