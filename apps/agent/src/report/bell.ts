import { setTimeout as sleep } from 'node:timers/promises';

/** Tells one waiter that something happened; rings while nobody waits are kept as one. */
export interface Bell {
  readonly ring: () => void;
  /** Whether it rang since the last wait or rings within this time. Leaves neither timer nor listener behind. */
  wait(durationMs: number, signal: AbortSignal): Promise<boolean>;
}

export function createBell(): Bell {
  let isRung = false;
  let waiter: AbortController | undefined;
  return {
    ring() {
      isRung = true;
      waiter?.abort();
    },
    async wait(durationMs, signal) {
      if (!isRung) {
        waiter = new AbortController();
        // One wait after the other for months: `any` holds its signals weakly, a listener on the long-lived one would stay.
        await sleep(durationMs, undefined, { signal: AbortSignal.any([signal, waiter.signal]) }).catch(() => undefined);
        waiter = undefined;
      }
      const answer = isRung;
      isRung = false;
      return answer;
    },
  };
}
