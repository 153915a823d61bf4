import type { Transaction } from './database.ts';

const imagesLock = 8_480_009;
/** A report looks for hundreds of images, one after another, and others wait meanwhile: its transaction asks once. */
const users = new WeakSet<Transaction>();

/**
 * Held until the transaction ends. `using`: who has found an image in what somebody reported or a registry lists may write what
 * refers to it. `removing`: nobody finds one meanwhile, so one that nothing refers to may go. To be taken before the images are looked
 * for: a statement that waits sees what was there when it began.
 */
export async function holdImages(transaction: Transaction, mode: 'using' | 'removing'): Promise<void> {
  if (mode === 'removing') await transaction.query('select pg_advisory_xact_lock($1)', [imagesLock]);
  else if (!users.has(transaction)) {
    await transaction.query('select pg_advisory_xact_lock_shared($1)', [imagesLock]);
    users.add(transaction);
  }
}

/**
 * Of images that were known before, which they are now: one that was merged is the one that it proved to be, one that was removed is
 * missing. They stay until the transaction ends.
 */
export async function holdKnownImages(
  transaction: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  await holdImages(transaction, 'using');
  const { rows } = await transaction.query<{ before: string; now: string }>(
    `select x as before, i.id as now from unnest($1::uuid[]) x left join image_merge m on m.old_id = x
     join image i on i.id = coalesce(m.image_id, x)`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ before, now }) => [before, now]));
}
