import { Fault } from '@hullcheck/core';
import type { Transaction } from './database.ts';
import { mergeImages } from './image-merge.ts';
import { type Observation, resolveImage } from './images.ts';

/**
 * The console read this row's image and knows its digests now. They are added to the row; where they name another row as
 * well, the two are one image and the older row stays. Throws `conflict` where the row is another image than what was read.
 */
export async function bindVerified(transaction: Transaction, imageId: string, seen: Observation): Promise<string> {
  const { rows: own } = await transaction.query<{ digest: string }>(
    `select digest from image_digest where image_id = $1 and kind = 'config'`,
    [imageId],
  );
  if (own.length > 0 && !own.some(({ digest }) => digest === seen.configDigest)) {
    throw new Fault('conflict', 'this is another image than the one of this row', {
      place: seen.configDigest ?? 'configuration',
      hint: 'Its configuration digest differs.',
    });
  }
  if (own.length === 0 && seen.configDigest !== null) {
    await transaction.query(
      `insert into image_digest (kind, digest, image_id) values ('config', $1, $2) on conflict do nothing`,
      [seen.configDigest, imageId],
    );
  }
  const resolved = await resolveImage(transaction, seen);
  if (resolved === imageId) return imageId;
  const { rows } = await transaction.query<{ id: string }>(
    'select id from image where id = any($1) order by created_at, id',
    [[resolved, imageId]],
  );
  const [keep, gone] = rows;
  if (keep === undefined || gone === undefined) return resolved;
  await mergeImages(transaction, keep.id, gone.id, 'both were read and are one image');
  return keep.id;
}
