import { Fault } from '@hullcheck/core';
import type { Logger } from 'pino';

/** How long a step that failed is left alone: so many times as long as it took to fail, and at least this. */
export interface Pause {
  readonly share: number;
  readonly leastMs: number;
}

/**
 * Runs the janitor's steps so that each fails for itself: one that always does keeps none of those behind it from their work. A
 * failure is said once until it is another or the step works again. Only that the database is away ends the round.
 */
export class JanitorSteps {
  readonly #log: Pick<Logger, 'warn' | 'info'>;
  readonly #nowMs: () => number;
  readonly #failed = new Map<string, { readonly message: string; readonly againMs: number }>();

  constructor(log: Pick<Logger, 'warn' | 'info'>, nowMs = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  async run(step: string, action: () => Promise<unknown>, pause: Pause = { share: 0, leastMs: 0 }): Promise<void> {
    const before = this.#failed.get(step);
    const startMs = this.#nowMs();
    if (before !== undefined && startMs < before.againMs) return;
    try {
      await action();
    } catch (error) {
      if (error instanceof Fault && error.code === 'unavailable') throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (before?.message !== message) this.#log.warn({ err: error, step }, 'a step of the janitor failed');
      const nowMs = this.#nowMs();
      this.#failed.set(step, { message, againMs: nowMs + Math.max(pause.leastMs, (nowMs - startMs) * pause.share) });
      return;
    }
    if (this.#failed.delete(step)) this.#log.info({ step }, 'a step of the janitor works again');
  }
}
