import { isLockTimeout, waitAtMost } from '../store/cleaning.ts';
import { countMoved, hasTaken, takeFromClusters, tryHoldClusters } from '../store/cluster-containers.ts';
import type { Database } from '../store/database.ts';
import { countHolding, holdsNothing } from '../store/host-reports.ts';
import { endPresence, lockSilentHost } from '../store/silent-hosts.ts';
import { refreshSummaries, stepSummaries } from '../store/summaries.ts';
import { changesOf } from './agent-report.ts';

/**
 * Ends one host that was silent for too long: its containers count as running no more, and it itself not as a host of its images. What
 * it reports next brings all of it back. Answers whether there was one; false too where others would have to be waited for. Clusters that
 * nodes hold just then are passed over, and noted in `passed`: the nodes of a large estate report at any moment, and no other host would end.
 */
export async function endSilentHost(
  database: Database,
  waitMs: number,
  passed: Set<string> = new Set(),
): Promise<boolean> {
  for (;;) {
    const ended = await endLongestSilent(database, waitMs, passed);
    if (typeof ended === 'boolean') return ended;
    passed.add(ended.held);
  }
}

/** A held cluster is another transaction's matter: this one would keep its row, for which its own report may wait, while it waits itself. */
async function endLongestSilent(
  database: Database,
  waitMs: number,
  passed: ReadonlySet<string>,
): Promise<boolean | { readonly held: string }> {
  try {
    return await database.write(async (transaction) => {
      await waitAtMost(transaction, waitMs);
      const host = await lockSilentHost(transaction, [...passed]);
      if (host === undefined) return false;
      if (host.isCluster && !(await tryHoldClusters(transaction, host.scopeId))) return { held: host.id };
      const before = await countHolding(transaction, host);
      await endPresence(transaction, host.id);
      const hasPods = !host.isCluster && before.hasPods;
      const moved = hasPods || (await hasTaken(transaction, host.id)) ? await takeFromClusters(transaction, host) : [];
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
