import { retentionLimits } from '../work/limits.ts';
import type { Database } from './database.ts';
import { type Aged, type RetentionLimits, removeAged } from './retention.ts';

/**
 * A whole round of what went so long ago. Answers how many rows went in each step, of which the last one is missing where it gave way, and
 * how many in the round.
 */
export async function letGo(
  database: Database,
  whats: readonly Aged[],
  days = 90,
  more: Partial<RetentionLimits> = {},
): Promise<{ readonly steps: readonly number[]; readonly round: number | null }> {
  await database.query('update cleaning set due_at = now(), after_id = null, removed = 0 where what = any($1)', [
    whats,
  ]);
  const steps: number[] = [];
  let round: number | null = null;
  for (const what of whats) {
    for (;;) {
      const cleaned = await removeAged(database, what, days, { ...retentionLimits, waitMs: 200, ...more });
      if (cleaned === undefined) break;
      steps.push(cleaned.removed);
      round = cleaned.round ?? round;
    }
  }
  return { steps, round };
}
