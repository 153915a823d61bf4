import { comparedPlatform } from '@hullcheck/core';
import type { Transaction } from './database.ts';
import { mergeImages } from './image-merge.ts';
import type { Observation } from './images.ts';

/** The platform by which an index leads to an image; '' where it was not said. */
export const comparedOf = ({ platform }: Observation): string => (platform === null ? '' : comparedPlatform(platform));

/**
 * Whether two platforms, as far as they are known, are of different machines. Variants are not compared: a manifest's descriptor and a
 * configuration say the same one differently.
 */
export function isOtherPlatform(one: string, other: string): string {
  const machine = (text: string) => `substring(${text} from '^[^/]*/[^/]*')`;
  return `coalesce(${machine(one)} <> ${machine(other)}, false)`;
}

/**
 * The console read that these manifests are of this configuration. A row that one of them named and that has another
 * configuration of its own, or another platform, was bound by a claim: it loses the digest. One without is the same image.
 */
export async function joinVerified(
  transaction: Transaction,
  id: string,
  seen: Observation,
  rows: readonly string[],
): Promise<void> {
  for (const other of rows.filter((row) => row !== id)) {
    const { rows: differing } = await transaction.query(
      `select 1 from image i where i.id = $1
         and (${isOtherPlatform('i.platform', '$2::text')} or exists (select 1 from image_digest d where d.image_id = $1 and d.kind = 'config'))`,
      [other, seen.platform],
    );
    if (differing.length === 0) await mergeImages(transaction, id, other, 'the manifest names the same configuration');
    else {
      await transaction.query(
        `update image_digest set image_id = $1 where kind = 'manifest' and digest = any($2) and image_id = $3`,
        [id, seen.manifestDigests, other],
      );
    }
  }
}

/**
 * Of a row that hosts only name by a digest of a registry nothing is known by which it could be read or told from others: whoever is
 * the first to say which image that is, says it of this row too, as if it had been the first of all.
 */
export async function joinNamed(transaction: Transaction, id: string, seen: Observation): Promise<void> {
  if (seen.platform === null || (seen.configDigest === null && seen.manifestDigests.length === 0)) return;
  const { rows } = await transaction.query<{ id: string }>(
    `select distinct x.image_id as id from image_index x
     where x.digest = any($1) and x.platform = $2 and x.image_id <> $3
       and not exists (select 1 from image_digest d where d.image_id = x.image_id)
       and not exists (select 1 from image_index y where y.image_id = x.image_id and y.certainty > 0)`,
    [[...seen.indexDigests, ...seen.manifestDigests, ...seen.repositoryDigests], comparedOf(seen), id],
  );
  for (const named of rows) await mergeImages(transaction, id, named.id, 'a host names it by the same digest');
}
