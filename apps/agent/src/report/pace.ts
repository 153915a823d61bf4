import type { AgentReportAnswer } from '@hullcheck/contract';
import { debounceMs, nextReportMsMax, nextReportMsMin, reportGapMs } from '../limits.ts';
import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';

/** How a report ended, as far as the next one depends on it. */
export interface Reported {
  readonly answer: Pick<AgentReportAnswer, 'resync' | 'nextReportSeconds'>;
  /** It left out what only inspecting tells. */
  readonly isHasty: boolean;
  /** It left out changes that have their turn with the next one. */
  readonly isBehind: boolean;
}

/** After which time the next report is wished for where nothing happens meanwhile. */
export function wishedMs({ answer, isHasty, isBehind }: Reported): number {
  if (answer.resync || isHasty) return nextReportMsMin;
  const askedMs = answer.nextReportSeconds * 1000;
  return isBehind ? Math.min(askedMs, reportGapMs) : askedMs;
}

/**
 * When it is due: a tenth earlier or later, so that hosts that began together come apart. Within the limits, but not at them:
 * a console that asks thousands to come after a year would have all of them at one moment.
 */
export function dueMs(wishMs: number, random: () => number): number {
  const middleMs = Math.min(Math.max(wishMs, nextReportMsMin), nextReportMsMax);
  const firstMs = Math.max(middleMs * 0.9, nextReportMsMin);
  const lastMs = Math.min(middleMs * 1.1, nextReportMsMax);
  return firstMs + (lastMs - firstMs) * random();
}

/**
 * How long news are gathered that came so long after the last report. One begins what the others join, so the last of a storm waits
 * no longer than the first of it; a report that is due takes along what there is.
 */
export function gatherMs(elapsedMs: number, untilDueMs: number): number {
  return Math.min(Math.max(debounceMs, reportGapMs - elapsedMs), Math.max(untilDueMs, 0));
}

/** Waits until the next report is due, or until news have been gathered. */
export async function waitForNext(wishMs: number, news: Bell, clock: Clock, signal: AbortSignal): Promise<void> {
  const untilMs = dueMs(wishMs, () => clock.random());
  const startedMs = clock.nowMs();
  if (!(await news.wait(untilMs, signal)) || signal.aborted) return;
  const elapsedMs = clock.nowMs() - startedMs;
  await clock.sleep(gatherMs(elapsedMs, untilMs - elapsedMs), signal);
}
