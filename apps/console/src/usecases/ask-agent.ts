import type { AgentReport, AgentReportAnswer } from '@hullcheck/contract';
import { findAskedSoon } from '../store/asked-soon.ts';
import { listWanted, renewWanted } from '../store/assessments.ts';
import type { Queryable } from '../store/database.ts';
import { listChecks } from '../store/reading-checks.ts';
import { agentReportLimits, assessLimits } from './limits.ts';

/** What the agent is to read, and when it is to come again: before its heartbeat only where it is, or is likely to be asked soon. */
export async function askAgent(
  database: Queryable,
  agentId: string,
  mode: AgentReport['agent']['mode'],
): Promise<Pick<AgentReportAnswer, 'want' | 'nextReportSeconds'>> {
  const { nextReportSeconds, nextWhileReadingSeconds, soon, wantMax } = agentReportLimits;
  if (mode === 'inventory' || mode === 'cluster') return { want: [], nextReportSeconds };
  const wanted = await listWanted(database, agentId, wantMax);
  if (wanted.length > 0)
    await renewWanted(database, agentId, {
      wantSeconds: assessLimits.agentWantSeconds,
      heldSecondsMax: assessLimits.agentHeldSecondsMax,
    });
  // Behind what somebody waits for. One that it reads already stays in the list: what is not in it is given up.
  const want = [...wanted, ...(await listChecks(database, agentId, wantMax))];
  if (want.length > 0) return { want, nextReportSeconds: nextWhileReadingSeconds };
  const wantedSeconds = await findAskedSoon(database, agentId, soon);
  return { want, nextReportSeconds: wantedSeconds === undefined ? nextReportSeconds : pauseUntilAsked(wantedSeconds) };
}

/** Growing with how long it is expected already: an image that waits for a minute waits no much longer for its agent. */
export function pauseUntilAsked(wantedSeconds: number): number {
  const { leastSeconds, mostSeconds, share } = agentReportLimits.soon;
  return Math.ceil(Math.min(Math.max(wantedSeconds / share, leastSeconds), mostSeconds));
}
