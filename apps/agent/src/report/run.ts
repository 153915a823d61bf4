import { toFault } from '@hullcheck/core';
import { firstInspectMs, nextReportMsMin, readingsMax, retryMsMin } from '../limits.ts';
import { readWanted } from '../read/read-wanted.ts';
import { createReadings, type ReadingsOptions } from '../read/readings.ts';
import { createBell } from './bell.ts';
import { type Clock, hostClock } from './clock.ts';
import type { ConsoleConnection } from './console.ts';
import { followEvents } from './follow-events.ts';
import type { Inspected } from './inspect.ts';
import { type Collected, collectInventory, type ReadableRuntime } from './inventory.ts';
import { isTemporary, nextTry } from './next-try.ts';
import { dueMs, waitForNext, wishedMs } from './pace.ts';
import type { Reporter } from './reporter.ts';
import type { RuntimeDirectory } from './runtimes.ts';

export interface RunOptions {
  readonly directory: RuntimeDirectory;
  readonly reporter: Reporter;
  readonly connection: ConsoleConnection;
  /** Whether it reads what the console wants: an agent that only lists does not, whoever asks. */
  readonly reads: boolean;
  /** Done after each report that was taken. */
  readonly afterReport?: ((signal: AbortSignal) => Promise<void>) | null;
  readonly once: boolean;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
  /** The host's own by default. */
  readonly clock?: Clock;
  /** How an image is read; by default from its engine (read-wanted.ts). */
  readonly read?: ReadingsOptions['read'];
}

export interface CollectorOptions {
  /**
   * The first inventory inspects only for a moment: a host of thousands is on the console at once, and the next one adds when each of
   * its containers ran.
   */
  readonly hasty: boolean;
  /** Told of each engine before it is listed, so that what changes from then on is known to be news. */
  readonly follow?: (readable: ReadableRuntime) => void;
}

/** Collects the host's inventory; each call knows what the last one inspected. */
export function createCollector(
  directory: RuntimeDirectory,
  { hasty, follow }: CollectorOptions,
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
    const readable = directory.readable();
    for (const one of readable) follow?.(one);
    const collected = await collectInventory(runtimes, readable, inspected, { inspectMs }, signal);
    inspectMs = Number.POSITIVE_INFINITY;
    return collected;
  };
}

/**
 * Reports for ever: after changes (gathered for ten seconds), when the console asked for the next report, and when all is read that
 * it wanted. Images are read beside that, so that a host that reads for half an hour tells of its containers as any other. A console
 * that is away is asked again with growing pauses, different for each agent, so that thousands do not come back at once. Ends with
 * the signal, or with a Fault that waiting can't mend.
 */
export async function runReports(options: RunOptions): Promise<void> {
  const { directory, reporter, once, log, signal, clock = hostClock } = options;
  const news = createBell(clock);
  const following = new Map<string, Promise<void>>();
  const follow = (readable: ReadableRuntime) => {
    const path = readable.runtime.socketPath ?? '';
    if (!once && !following.has(path)) following.set(path, followEvents(readable, news.ring, signal, clock));
  };
  const collect = createCollector(directory, { hasty: !once, follow });
  let early = new AbortController();
  const readings = createReadings({ read: readerOf(options), onEnd: () => early.abort(), signal });
  let retryMs = retryMsMin;
  try {
    while (!signal.aborted) {
      try {
        await reporter.flush();
        // A container that starts has two events: the second, while the first was waited for, would make a report without a change.
        news.silence();
        early = new AbortController();
        const { answer, isHasty, isBehind } = await reportOnce(collect, options);
        retryMs = retryMsMin;
        await options.afterReport?.(signal);
        if (options.reads) readings.want(answer.want.slice(0, readingsMax));
        if (once) await readings.ended();
        else {
          await waitForNext(
            wishedMs({ answer, isHasty, isBehind }),
            news,
            clock,
            AbortSignal.any([signal, early.signal]),
          );
          // It may want more.
          if (early.signal.aborted)
            await clock.sleep(
              dueMs(nextReportMsMin, () => clock.random()),
              signal,
            );
        }
        readings.throwFault();
        if (once) return;
      } catch (error) {
        if (signal.aborted) break;
        const fault = toFault(error, 'the report failed');
        if (once || !isTemporary(fault)) throw fault;
        const next = nextTry(fault, retryMs, Date.now(), () => clock.random());
        log(`${fault.message}; trying again in ${Math.ceil(next.pauseMs / 1000)} s`);
        await clock.sleep(next.pauseMs, signal);
        retryMs = next.retryMs;
      }
    }
  } finally {
    await readings.stop();
  }
  await Promise.allSettled(following.values());
}

function readerOf({ read, connection, directory, log }: RunOptions): ReadingsOptions['read'] {
  return (
    read ??
    ((wanted, signal) => readWanted(wanted, { api: connection.api, find: (key) => directory.find(key), log, signal }))
  );
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
