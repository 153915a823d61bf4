import type { AgentReport, AgentReportAnswer } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { createTestClock } from './clock.testing.ts';
import type { ConsoleConnection } from './console.ts';
import { playEngine } from './played-engine.testing.ts';
import { createReporter } from './reporter.ts';
import { type RunOptions, runReports } from './run.ts';
import type { StateFolder } from './state-folder.ts';

/** Nothing of it is kept: what a restart finds is told by the tests of the folder. */
const forgetful: StateFolder = {
  readIdentity: async () => undefined,
  writeIdentity: async () => undefined,
  readSequence: async () => 0,
  findUnsent: async () => undefined,
  keepUnsent: async () => undefined,
  dropUnsent: async () => undefined,
};

export interface Played {
  /** What the agent draws, in turn. */
  readonly chances?: readonly number[];
  readonly answersAfterMs?: number;
  readonly once?: boolean;
  /** What its first report is answered with. */
  readonly asks?: Partial<AgentReportAnswer>;
  readonly reads?: boolean;
  /** How it reads an image, which a console that wants none never asks for. */
  readonly read?: RunOptions['read'];
  readonly clock?: ReturnType<typeof createTestClock>;
}

/** An agent on a clock of its own, and what its console gets. */
export async function startAgent({
  chances = [0.5],
  answersAfterMs = 0,
  once = false,
  asks = {},
  reads = true,
  read,
  clock = createTestClock(drawing(chances)),
}: Played = {}) {
  const engine = playEngine();
  const reports: (AgentReport & { readonly atMs: number })[] = [];
  const console_ = {
    isAway: false,
    hasRevoked: false,
    asks: { resync: false, nextReportSeconds: 900, ...asks } as Partial<AgentReportAnswer>,
  };
  const stop = new AbortController();
  const reporter = await createReporter({
    host: { machineId: 'm', name: 'h', os: null, kernel: null, architecture: null },
    version: '1',
    mode: 'inventory+read',
    state: forgetful,
    now: () => Date.parse('2026-01-01T00:00:00Z') + clock.nowMs(),
    async send(text) {
      if (console_.isAway) throw new Fault('unreachable', 'away');
      if (console_.hasRevoked) throw new Fault('unauthenticated', 'this agent was revoked');
      const report: AgentReport = JSON.parse([...(text() as Iterable<string>)].join(''));
      reports.push({ ...report, atMs: clock.nowMs() });
      const answer = { sequence: report.sequence, resync: false, nextReportSeconds: 900, want: [], ...console_.asks };
      if (answersAfterMs > 0) await clock.sleep(answersAfterMs, stop.signal);
      return answer;
    },
  });
  const running = runReports({
    directory: {
      look: async () => [engine.runtime],
      readable: () => [engine],
      find: () => undefined,
      close: async () => undefined,
    },
    reporter,
    connection: {} as ConsoleConnection,
    reads,
    ...(read === undefined ? {} : { read }),
    once,
    log: () => undefined,
    signal: stop.signal,
    clock,
  });
  // Who waits for its end is told how it ended.
  running.catch(() => undefined);
  await clock.pass(0);
  /** What was reported meanwhile. */
  async function during(durationMs: number) {
    const before = reports.length;
    await clock.pass(durationMs);
    return reports.slice(before);
  }
  return { clock, engine, reports, console_, during, running, stop };
}

function drawing(chances: readonly number[]): () => number {
  let drawn = 0;
  return () => chances[drawn++ % chances.length] ?? 0;
}
