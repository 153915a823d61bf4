import { Fault } from '@hullcheck/core';
import { RetryPace } from './retry-pace.ts';

export interface AdmissionLimits {
  /** Requests that are inside, with their bodies in memory; who comes then is told to come again. */
  readonly insideMax: number;
  /** Of one caller, so that nobody takes all places by sending slowly. */
  readonly perCallerMax: number;
  /** Of those inside, how many are worked on. */
  readonly atOnce: number;
  /** Of all bodies together, unpacked; one alone may have more. */
  readonly bytesMax: number;
  /** When to come again at the earliest, and at the latest. */
  readonly againMs: number;
  readonly againMaxMs: number;
}

/** One request that was let in. */
export interface Place {
  /** Counts bytes of its body. Faults `rate-limited` where all bodies together become too large. */
  hold(bytes: number, nowMs: number): void;
  /** Works on it when it is its turn, first come, first served. Faults `cancelled` where its client left before. */
  run<T>(action: () => Promise<T>): Promise<T>;
  /** Its client has the answer, or left. The place is free as soon as nobody works on it any more. Once is enough. */
  readonly close: () => void;
}

const left = () => new Fault('cancelled', 'the client went away');

/**
 * Lets so many requests in at a time, and works on so many of them. Hosts that a restart or an outage silenced all report at
 * once: without this, their bodies fill the memory, and people's pages wait for a database connection behind all of them.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #pace: RetryPace;
  readonly #waiting: (() => void)[] = [];
  readonly #callers = new Map<string, number>();
  #inside = 0;
  #running = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#pace = new RetryPace(limits, random);
  }

  /** Faults `rate-limited` when it is full: to be asked before anything is done for the request. */
  check(nowMs: number): void {
    if (this.#inside >= this.#limits.insideMax) throw this.#refusal(nowMs);
  }

  /** Faults `rate-limited` when it is full, or this caller has its share. */
  enter(caller: string, nowMs: number): Place {
    this.check(nowMs);
    const own = this.#callers.get(caller) ?? 0;
    if (own >= this.#limits.perCallerMax) throw this.#refusal(nowMs);
    this.#callers.set(caller, own + 1);
    this.#inside += 1;
    let bytes = 0;
    let isOpen = true;
    let isWorkedOn = false;
    let isFree = false;
    const freeIfDone = () => {
      if (isFree || isOpen || isWorkedOn) return;
      isFree = true;
      this.#leave(caller, bytes);
    };
    return {
      hold: (more, atMs) => {
        if (!isOpen) throw left();
        if (this.#bytes + more > this.#limits.bytesMax && this.#bytes > bytes) throw this.#refusal(atMs);
        bytes += more;
        this.#bytes += more;
      },
      run: async (action) => {
        isWorkedOn = true;
        try {
          return await this.#inTurn(async () => {
            if (!isOpen) throw left();
            return action();
          });
        } finally {
          isWorkedOn = false;
          this.#pace.ended(Date.now());
          freeIfDone();
        }
      },
      close: () => {
        isOpen = false;
        freeIfDone();
      },
    };
  }

  #leave(caller: string, bytes: number): void {
    this.#inside -= 1;
    this.#bytes -= bytes;
    const own = (this.#callers.get(caller) ?? 1) - 1;
    if (own > 0) this.#callers.set(caller, own);
    else this.#callers.delete(caller);
  }

  #refusal(nowMs: number): Fault {
    return new Fault('rate-limited', 'the console is busy with what other agents send', {
      retryAtMs: nowMs + this.#pace.refused(nowMs),
    });
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.atOnce) this.#running += 1;
    // Whoever ends hands its turn on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
