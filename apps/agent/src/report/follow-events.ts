import { isNews } from '@hullcheck/runtimes';
import { retryMsMax, retryMsMin } from '../limits.ts';
import { type Clock, hostClock } from './clock.ts';
import type { ReadableRuntime } from './inventory.ts';

/** Calls `onNews` for changes of one engine until the signal ends it; picks the stream up again when it breaks. */
export async function followEvents(
  { client }: Pick<ReadableRuntime, 'client'>,
  onNews: () => void,
  signal: AbortSignal,
  clock: Clock = hostClock,
): Promise<void> {
  let sinceSeconds = Date.now() / 1000;
  let retryMs = retryMsMin;
  let isBack = false;
  while (!signal.aborted) {
    const broken = new AbortController();
    // No client tells when its stream is open, but an engine that is away refuses it at once. Without this its return would be
    // reported with the next heartbeat: it has no event of its own.
    if (isBack)
      void clock.sleep(STANDS_MS, broken.signal).then(() => {
        if (broken.signal.aborted) return;
        retryMs = retryMsMin;
        onNews();
      });
    try {
      for await (const event of client.events(sinceSeconds, signal)) {
        sinceSeconds = Math.max(sinceSeconds, event.timeSeconds);
        retryMs = retryMsMin;
        if (isNews(event.action)) onNews();
      }
    } catch {
      // The next inventory finds out what is wrong with the engine and reports it.
    }
    broken.abort();
    if (signal.aborted) return;
    // An engine that went away has changed.
    onNews();
    await clock.sleep(retryMs, signal);
    retryMs = Math.min(retryMs * 2, retryMsMax);
    isBack = true;
  }
}

const STANDS_MS = 1_000;
