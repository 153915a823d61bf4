import { basename } from 'node:path';
import { type AdvisoryDatabase, findDatabase, openDatabase, pruneDatabases } from '@hullcheck/advisories';
import type { Settings, Surroundings } from './settings.ts';

/** The database that `--db` names, else the newest one of the cache, else the starter. */
export async function openChosenDatabase(settings: Settings, around: Surroundings): Promise<AdvisoryDatabase> {
  const named = settings.text('db');
  if (named !== undefined) return openDatabase(named);
  const found = await findDatabase(settings.cacheFolder(), around.installation.starter);
  if (found.origin === 'starter' && !settings.flag('quiet') && !settings.flag('offline')) {
    around.stderr.write(
      "Using the starter database that came with this version; `hullcheck db update` fetches today's.\n",
    );
  }
  return openDatabase(found.path);
}

/** The new revision and the one before it, which a scan that runs now may be about to open: 100 MB each, and a day brings one. */
const REVISIONS_KEPT = 2;

/** Removes what new revisions of the cache replaced. `revision` is the one that was just taken, whatever its date. */
export async function dropReplaced(settings: Settings, revision: string): Promise<void> {
  // Whoever pins a revision of the cache (`HULLCHECK_DB`) scans with it tomorrow as well.
  const pinned = settings.text('db');
  const keep = pinned === undefined ? [revision] : [revision, basename(pinned, '.db')];
  await pruneDatabases(settings.cacheFolder(), { newest: REVISIONS_KEPT, keep });
}
