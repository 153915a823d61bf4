import type { FoundDatabase } from './database.ts';
import { openFile } from './reading.ts';
import { databasesFolder, newestDatabase } from './revisions.ts';
import { loadStarter, starterDatabasePath } from './starter.ts';

/**
 * The newest valid revision of the cache; without one the starter database, unpacked. Fault `database-missing` when
 * neither is there. A revision of the cache is preferred to a starter that was made later: it may cover more.
 */
export async function findDatabase(cacheDir: string, starterPath = starterDatabasePath): Promise<FoundDatabase> {
  const { found, passedOver } = await newestDatabase(databasesFolder(cacheDir));
  if (found !== undefined) return { path: found.path, revision: found.revision, origin: 'cache', passedOver };
  const location = await loadStarter(cacheDir, starterPath);
  const file = openFile(location);
  file.connection.close();
  return { path: location, revision: file.revision, origin: 'starter', passedOver };
}
