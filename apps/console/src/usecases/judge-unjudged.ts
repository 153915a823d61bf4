import type { AdvisoryDatabase } from '@hullcheck/advisories';
import type { Transaction } from '../store/database.ts';
import type { JudgedBy } from '../store/feeds.ts';
import { lockUnjudged } from '../store/subjects.ts';
import { type Explanation, writeVerdicts } from '../store/verdicts.ts';
import { judgeSubject, toldOf } from './judge.ts';

const FIRST_SEEN: Explanation = { cause: 'first-seen', changes: {} };

/**
 * Judges those of the subjects that were never judged; what was is left to the job that judges again, which knows why a verdict
 * changes. Answers the groups that took in others: figures of their images have to be counted anew. The caller holds the verdicts.
 */
export async function judgeUnjudged(
  transaction: Transaction,
  subjectIds: readonly number[],
  database: AdvisoryDatabase,
  by: JudgedBy,
  epoch: number,
): Promise<readonly number[]> {
  const fresh = await lockUnjudged(transaction, subjectIds);
  const judged = fresh.map((subject) => ({
    subjectId: subject.id,
    judgements: toldOf(judgeSubject(subject, database)),
  }));
  const { merged } = await writeVerdicts(transaction, judged, by, epoch, () => FIRST_SEEN);
  return merged;
}
