import { historyCause, type ImageEvent } from '@hullcheck/contract';
import type { HistoryRow } from '../../store/history.ts';

/** What events of an image and of a vulnerability have in common, in the words of the contract. */
export function toEvent(
  row: Pick<HistoryRow, 'at' | 'event' | 'cause' | 'riskBefore' | 'riskAfter' | 'changes' | 'revision'>,
): Pick<ImageEvent, 'at' | 'event' | 'cause' | 'risk' | 'changes' | 'revision'> {
  // Rows that a version before wrote have coarser words.
  const cause = historyCause.safeParse(row.cause);
  return {
    at: row.at.toISOString(),
    event: row.event,
    cause: cause.success ? cause.data : 'unknown',
    risk: { before: row.riskBefore, after: row.riskAfter },
    changes: Object.entries(row.changes ?? {}).map(([field, [before, after]]) => ({
      field,
      before: (before ?? null) as ImageEvent['changes'][number]['before'],
      after: (after ?? null) as ImageEvent['changes'][number]['after'],
    })),
    revision: row.revision,
  };
}
