import { Fault } from '@hullcheck/core';

export interface AdmissionLimits {
  /** Requests that are inside, with their bodies in memory; who comes then is told to come again. */
  readonly insideMax: number;
  /** Of those, how many are worked on. */
  readonly atOnce: number;
  /** When to come again: between half of it and one and a half. */
  readonly againMs: number;
}

/**
 * Lets so many requests in at a time, and works on so many of them, first come, first served. Hosts that a restart or an outage
 * silenced all report at once: without this, their bodies fill the memory, and people's pages wait for a database connection behind
 * all of them.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;
  #running = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Answers how to leave, which counts once. Faults `rate-limited` when it is full. */
  enter(nowMs: number): () => void {
    const { insideMax, againMs } = this.#limits;
    if (this.#inside >= insideMax) {
      throw new Fault('rate-limited', 'the console is busy with the reports of other agents', {
        retryAtMs: nowMs + againMs * (0.5 + Math.random()),
      });
    }
    this.#inside += 1;
    let isInside = true;
    return () => {
      if (isInside) this.#inside -= 1;
      isInside = false;
    };
  }

  async inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.atOnce) this.#running += 1;
    // Whoever ends hands its place on.
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
