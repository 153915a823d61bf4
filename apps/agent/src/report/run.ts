import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReportAnswer } from '@hullcheck/contract';
import { type Fault, toFault } from '@hullcheck/core';
import {
  debounceMs,
  firstInspectMs,
  nextReportMsMax,
  nextReportMsMin,
  readingsMax,
  reportGapMs,
  retryMsMin,
} from '../limits.ts';
import { readWanted } from '../read/read-wanted.ts';
import { type Bell, createBell } from './bell.ts';
import type { ConsoleConnection } from './console.ts';
import { followEvents } from './follow-events.ts';
import type { Inspected } from './inspect.ts';
import { type Collected, collectInventory } from './inventory.ts';
import { nextTry } from './next-try.ts';
import type { Reporter } from './reporter.ts';
import type { RuntimeDirectory } from './runtimes.ts';

export interface RunOptions {
  readonly directory: RuntimeDirectory;
  readonly reporter: Reporter;
  readonly connection: ConsoleConnection;
  readonly once: boolean;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Collects the host's inventory; each call knows what the last one inspected. With `hasty`, the first one inspects only for a
 * moment: a host of thousands is on the console at once, and the next one adds when each of its containers ran.
 */
export function createCollector(
  directory: RuntimeDirectory,
  { hasty }: { readonly hasty: boolean },
): (signal: AbortSignal) => Promise<Collected> {
  let inspectMs = hasty ? firstInspectMs : Number.POSITIVE_INFINITY;
  const inspected: Inspected = {
    keys: new Map(),
    platforms: new Map(),
    containers: new Map(),
    round: 0,
    parts: new Map(),
  };
  return async (signal) => {
    const runtimes = await directory.look(signal);
    const collected = await collectInventory(runtimes, directory.readable(), inspected, { inspectMs }, signal);
    inspectMs = Number.POSITIVE_INFINITY;
    return collected;
  };
}

/**
 * Reports for ever: after changes (gathered for ten seconds), when the console asked for the next report, and after reading
 * what it wanted. A console that is away is asked again with growing pauses, different for each agent, so that thousands do
 * not come back at once. Ends with the signal, or with a Fault that waiting can't mend.
 */
export async function runReports(options: RunOptions): Promise<void> {
  const { directory, reporter, once, log, signal } = options;
  const collect = createCollector(directory, { hasty: !once });
  const news = createBell();
  const following = new Map<string, Promise<void>>();
  let retryMs = retryMsMin;
  while (!signal.aborted) {
    try {
      await reporter.flush();
      const { answer, isHasty, isBehind } = await reportOnce(collect, options);
      retryMs = retryMsMin;
      const isRead = await readAll(answer, options);
      if (once) return;
      for (const readable of directory.readable()) {
        const path = readable.runtime.socketPath ?? '';
        if (!following.has(path)) following.set(path, followEvents(readable, news.ring, signal));
      }
      // After readings the console may want more, so it is asked again soon.
      const askedMs = isRead ? nextReportMsMin : answer.nextReportSeconds * 1000;
      const nextMs = isBehind ? Math.min(askedMs, reportGapMs) : askedMs;
      await waitForNext(answer.resync || isHasty ? nextReportMsMin : nextMs, news, signal);
    } catch (error) {
      if (signal.aborted) break;
      const fault = toFault(error, 'the report failed');
      if (once || !TEMPORARY.has(fault.code)) throw fault;
      const next = nextTry(fault, retryMs, Date.now(), Math.random);
      log(`${fault.message}; trying again in ${Math.ceil(next.pauseMs / 1000)} s`);
      await sleep(next.pauseMs, undefined, { signal }).catch(() => undefined);
      retryMs = next.retryMs;
    }
  }
  await Promise.allSettled(following.values());
}

/**
 * A function of its own: in the loop, which never ends, V8 would hold this inventory until the next one is there, and a big host
 * has room for two.
 */
async function reportOnce(collect: (signal: AbortSignal) => Promise<Collected>, options: RunOptions) {
  const { reporter, log, signal } = options;
  const collected = await collect(signal);
  const answer = await reporter.report(collected);
  log(`reported ${collected.images.size} images and ${collected.containers.size} containers`);
  return { answer, isHasty: collected.isHasty, isBehind: collected.isBehind };
}

/** Faults that go away by themselves; a refused key or an invalid report does not. */
const TEMPORARY: ReadonlySet<Fault['code']> = new Set([
  'unreachable',
  'unavailable',
  'timed-out',
  'rate-limited',
  'storage-full',
  'runtime-unavailable',
  'internal',
]);

async function readAll(
  answer: AgentReportAnswer,
  { connection, directory, log, signal }: RunOptions,
): Promise<boolean> {
  const wanted = answer.want.slice(0, readingsMax);
  // One after the other: reading is the only heavy thing that the agent does on somebody else's machine.
  for (const want of wanted) {
    if (signal.aborted) return false;
    await readWanted(want, { api: connection.api, find: (key) => directory.find(key), log, signal });
  }
  return wanted.length > 0;
}

/** Until the time that the console asked for, give or take a tenth; news end the wait after the gap and the debounce. */
async function waitForNext(askedMs: number, news: Bell, signal: AbortSignal): Promise<void> {
  const untilMs = Math.min(Math.max(askedMs, nextReportMsMin), nextReportMsMax) * (0.95 + 0.1 * Math.random());
  const startedMs = performance.now();
  if (!(await news.wait(untilMs, signal)) || signal.aborted) return;
  const elapsedMs = performance.now() - startedMs;
  const gatherMs = Math.min(Math.max(debounceMs, reportGapMs - elapsedMs), Math.max(untilMs - elapsedMs, 0));
  await sleep(gatherMs, undefined, { signal }).catch(() => undefined);
}
