import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Fault, toFault } from '@hullcheck/core';
import type { FoundDatabase } from './database.ts';
import { openFile } from './reading.ts';

/** Where the revisions of a cache lie, each as `<revision>.db`. */
export function databasesFolder(cacheDir: string): string {
  return path.join(cacheDir, 'databases');
}

interface Revision {
  readonly path: string;
  readonly revision: string;
  readonly builtAt: string;
}

/** The revision of a folder that was built last, and the files that are no usable database. */
export async function newestDatabase(
  folder: string,
): Promise<{ readonly found: Revision | undefined; readonly passedOver: FoundDatabase['passedOver'] }> {
  const { valid, passedOver } = await readRevisions(folder);
  return { found: valid[0], passedOver };
}

/** The usable revisions of a folder, newest first, and what else lies there under the name of one. */
async function readRevisions(
  folder: string,
): Promise<{ readonly valid: readonly Revision[]; readonly passedOver: FoundDatabase['passedOver'] }> {
  const valid: Revision[] = [];
  const passedOver: { path: string; reason: string }[] = [];
  for (const name of (await readdir(folder).catch((): string[] => [])).sort()) {
    if (!name.endsWith('.db') || name.startsWith('.')) continue;
    const location = path.join(folder, name);
    try {
      const file = openFile(location);
      file.connection.close();
      if (name !== `${file.revision}.db`) {
        throw new Fault('database-invalid', `${location} holds another revision than its name says`, {
          place: location,
        });
      }
      valid.push({ path: location, revision: file.revision, builtAt: file.builtAt });
    } catch (error) {
      passedOver.push({ path: location, reason: toFault(error).message });
    }
  }
  valid.sort((a, b) => Date.parse(b.builtAt) - Date.parse(a.builtAt));
  return { valid, passedOver };
}

/**
 * Removes old revisions of a cache: all but the `newest` ones and those named in `keep` (the active one, and what a running
 * job still compares with). Files that are no usable database stay: another version of
 * this program may be using its own. Who has a removed one open reads on in it; where the operating system removes no open file
 * it stays until the next time. Answers the revisions that are left, newest first.
 */
export async function pruneDatabases(
  cacheDir: string,
  { newest, keep = [] }: { readonly newest: number; readonly keep?: readonly string[] },
): Promise<readonly string[]> {
  const folder = databasesFolder(cacheDir);
  const { valid } = await readRevisions(folder);
  const stays = valid.filter(({ revision }, rank) => rank < newest || keep.includes(revision));
  for (const { path: location } of valid) {
    if (!stays.some((one) => one.path === location)) await rm(location, { force: true }).catch(() => undefined);
  }
  return stays.map(({ revision }) => revision);
}
