import { setTimeout as sleep } from 'node:timers/promises';
import { isNews } from '@hullcheck/runtimes';
import { retryMsMax, retryMsMin } from '../limits.ts';
import type { ReadableRuntime } from './inventory.ts';

/** Calls `onNews` for changes of one engine until the signal ends it; picks the stream up again when it breaks. */
export async function followEvents(
  { client }: ReadableRuntime,
  onNews: () => void,
  signal: AbortSignal,
): Promise<void> {
  let sinceSeconds = Date.now() / 1000;
  let retryMs = retryMsMin;
  while (!signal.aborted) {
    try {
      for await (const event of client.events(sinceSeconds, signal)) {
        sinceSeconds = Math.max(sinceSeconds, event.timeSeconds);
        retryMs = retryMsMin;
        if (isNews(event.action)) onNews();
      }
    } catch {
      // The next inventory finds out what is wrong with the engine and reports it.
    }
    if (signal.aborted) return;
    // An engine that went away has changed: what is there after it comes back is news.
    onNews();
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, retryMsMax);
  }
}
