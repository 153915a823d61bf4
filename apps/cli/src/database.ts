import { type AdvisoryDatabase, findDatabase, openDatabase } from '@hullcheck/advisories';
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
