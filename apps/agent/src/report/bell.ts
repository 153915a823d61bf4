import { type Clock, hostClock } from './clock.ts';

/** Tells one waiter that something happened; rings while nobody waits are kept as one. */
export interface Bell {
  readonly ring: () => void;
  /** Whether it rang since the last wait or rings within this time. Leaves neither timer nor listener behind. */
  wait(durationMs: number, signal: AbortSignal): Promise<boolean>;
  /** Forgets rings so far: whoever looks from now on sees what they tell of. */
  silence(): void;
}

export function createBell(clock: Clock = hostClock): Bell {
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
        await clock.sleep(durationMs, AbortSignal.any([signal, waiter.signal]));
        waiter = undefined;
      }
      const answer = isRung;
      isRung = false;
      return answer;
    },
    silence() {
      isRung = false;
    },
  };
}
