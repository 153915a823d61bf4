import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Fault, toFault } from '@hullcheck/core';
import type { FoundDatabase } from './database.ts';
import { openFile } from './reading.ts';

/** Where the revisions of a cache lie, each as `<revision>.db`. */
export function databasesFolder(cacheDir: string): string {
  return path.join(cacheDir, 'databases');
}

/** The revision of a folder that was built last, and the files that are no usable database. */
export async function newestDatabase(folder: string): Promise<{
  readonly found: { readonly path: string; readonly revision: string; readonly builtAt: string } | undefined;
  readonly passedOver: FoundDatabase['passedOver'];
}> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch {
    return { found: undefined, passedOver: [] };
  }
  const passedOver: { path: string; reason: string }[] = [];
  let newest: { path: string; revision: string; builtAt: string } | undefined;
  for (const name of [...names].sort()) {
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
      if (newest === undefined || Date.parse(file.builtAt) > Date.parse(newest.builtAt)) {
        newest = { path: location, revision: file.revision, builtAt: file.builtAt };
      }
    } catch (error) {
      passedOver.push({ path: location, reason: toFault(error).message });
    }
  }
  return { found: newest, passedOver };
}
