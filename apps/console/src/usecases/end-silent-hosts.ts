import { isLockTimeout, waitAtMost } from '../store/cleaning.ts';
import { countMoved, takeFromClusters, tryHoldClusters } from '../store/cluster-containers.ts';
import type { Database } from '../store/database.ts';
import { countHolding, holdsNothing } from '../store/host-reports.ts';
import { endPresence, lockSilentHost } from '../store/silent-hosts.ts';
import { refreshSummaries, stepSummaries } from '../store/summaries.ts';
import { changesOf } from './agent-report.ts';

/**
 * Ends one host that was silent for too long: its containers count as running no more, and it itself not as a host of its images. What
 * it reports next brings all of it back. Answers whether there was one; false too where others would have to be waited for.
 */
export async function endSilentHost(database: Database, waitMs: number): Promise<boolean> {
  try {
    return await database.write(async (transaction) => {
      await waitAtMost(transaction, waitMs);
      const host = await lockSilentHost(transaction);
      if (host === undefined) return false;
      if (host.isCluster && !(await tryHoldClusters(transaction, host.scopeId))) return false;
      const before = await countHolding(transaction, host);
      await endPresence(transaction, host.id);
      const moved = !host.isCluster && before.hasPods ? await takeFromClusters(transaction, host) : [];
      const steps = [...changesOf(before, holdsNothing), ...(await countMoved(transaction, moved))];
      const unlisted = await stepSummaries(transaction, host.scopeId, steps);
      await refreshSummaries(transaction, unlisted);
      return true;
    });
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}
