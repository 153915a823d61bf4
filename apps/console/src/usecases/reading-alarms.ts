import type { Overview } from '@hullcheck/contract';
import type { Logger } from 'pino';
import { requestAssessment } from '../store/assessments.ts';
import type { Queryable, Transaction } from '../store/database.ts';
import { READ_AGAIN } from '../store/queue-priority.ts';
import { listAlarms, type RaisedAlarm, raiseAlarms } from '../store/reading-alarms.ts';
import type { ScopeView } from '../store/scope.ts';
import { assessLimits } from './limits.ts';

/**
 * Two readings that differ: kept, told in the audit log, and shown by every image that has the layer. Answers what was raised, to be
 * logged when the transaction is committed.
 */
export async function alarm(
  transaction: Transaction,
  subject: { readonly diffIds: readonly string[]; readonly imageId?: string },
): Promise<readonly RaisedAlarm[]> {
  const { raised, images } = await raiseAlarms(transaction, subject, assessLimits.alarmedImagesMax);
  for (const imageId of images) await requestAssessment(transaction, imageId, { priority: READ_AGAIN });
  return raised;
}

/** One line for each, whatever collects logs and wakes somebody. */
export function logAlarms(log: Logger, raised: readonly RaisedAlarm[]): void {
  for (const { target, readers } of raised)
    log.error({ target, readers }, 'readings differ: one of the readers is wrong');
}

const ALARMS_MAX = 20;
const NAMES_MAX = 5;

/** All that differs now in one sentence: hosts that lie do so of many layers. */
export async function noticeOfAlarms(database: Queryable, view: ScopeView): Promise<Overview['notices']> {
  const alarms = await listAlarms(database, view, ALARMS_MAX + 1);
  const [first] = alarms;
  if (first === undefined) return [];
  const names = [...new Set(alarms.flatMap(({ readers }) => readers))].sort();
  const more = names.length > NAMES_MAX ? [`${names.length - NAMES_MAX} others`] : [];
  const readers = new Intl.ListFormat('en').format([...names.slice(0, NAMES_MAX), ...more]);
  const what =
    alarms.length === 1
      ? `what is in one ${first.of}`
      : `what is in ${alarms.length > ALARMS_MAX ? `more than ${ALARMS_MAX}` : alarms.length} layers or images`;
  const message = `${readers} differ in ${what}: one of them is wrong, or its host lies. Revoke the agent whose host is not to be trusted; its readings are forgotten, and its images read again.`;
  return [{ kind: 'readings', message, remedy: null, image: first.imageId }];
}
