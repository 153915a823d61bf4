import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ABANDONED_AFTER_MS } from './limits-network.ts';

/** What the upstream says of a version of a file. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** An unfinished download: its bytes, and beside them which version of the file they belong to. */
export interface PartialDownload {
  readonly prefix: string;
  readonly location: string;
  readonly notes: string;
}

const notesSchema = z.object({
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** The bytes are all of the file: another file of the same feed failed after it. */
  whole: z.boolean().optional(),
});

/** Takes over what an earlier attempt left, unless somebody else is still writing to it: renaming is the claim. */
export async function claimPartial(url: string, folder: string): Promise<PartialDownload> {
  const prefix = createHash('sha256').update(url).digest('hex');
  const base = path.join(folder, `${prefix}-${randomUUID()}`);
  const mine: PartialDownload = { prefix: path.join(folder, prefix), location: base, notes: `${base}.json` };
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || name.endsWith('.json')) continue;
    const location = path.join(folder, name);
    const abandoned = await stat(location).then(
      (found) => name === prefix || Date.now() - found.mtimeMs > ABANDONED_AFTER_MS,
      () => false,
    );
    if (!abandoned) continue;
    try {
      await rename(location, mine.location);
      await rename(`${location}.json`, mine.notes);
    } catch {
      // Somebody else was faster, or there are no notes: then it is downloaded from the start.
    }
    break;
  }
  return mine;
}

/** What lies there. `whole`: only whether it is still the present version has to be asked. */
export async function partialState(
  partial: PartialDownload,
): Promise<(Validators & { readonly bytes: number; readonly whole: boolean }) | undefined> {
  try {
    const { size } = await stat(partial.location);
    const { whole = false, ...notes } = notesSchema.parse(JSON.parse(await readFile(partial.notes, 'utf8')));
    if (whole) return { ...notes, bytes: size, whole };
    // A weak validator does not promise equal bytes, so a resumed file could be made of two versions.
    const etag = notes.etag?.startsWith('W/') === true ? null : notes.etag;
    return { bytes: size, etag, lastModified: notes.lastModified, whole };
  } catch {
    return undefined;
  }
}

export async function releasePartial(partial: PartialDownload): Promise<void> {
  await rename(partial.location, partial.prefix).catch(() => {});
  await rename(partial.notes, `${partial.prefix}.json`).catch(() => {});
}

/** Keeps a finished file for the next attempt at its feed: moved, since there may be gigabytes of them. */
export async function keepFinished(url: string, folder: string, location: string, of: Validators): Promise<void> {
  const kept = path.join(folder, createHash('sha256').update(url).digest('hex'));
  // In this order: notes without their bytes would speak for whatever comes to lie there.
  await rename(location, kept);
  await writeFile(`${kept}.json`, JSON.stringify({ etag: of.etag, lastModified: of.lastModified, whole: true }));
}

export async function forgetPartial(partial: PartialDownload): Promise<void> {
  await rm(partial.location, { force: true });
  await rm(partial.notes, { force: true });
}
