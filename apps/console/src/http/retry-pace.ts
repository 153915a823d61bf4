export interface RetryPaceLimits {
  readonly againMs: number;
  readonly againMaxMs: number;
}

interface Window {
  readonly startMs: number;
  refused: number;
  ended: number;
}

/**
 * What one takes at most, as it is reckoned with, in milliseconds: a first report of a thousand containers, on two cores. By what
 * was taken alone, a crowd that comes before the first has ended, or whose connections take the console's time, was sent away for
 * minutes, and the console stood idle (sixty agents took three minutes, two thousand five). Who is back too early is told again.
 */
const ONE_MS = 50;

/**
 * When those who are refused should come again: spread over a time that grows with how many they are for each that is taken, so
 * that as many come as can be taken. Told the same time, ten thousand would come every ten seconds, and turning them away would
 * be all that the console does.
 */
export class RetryPace {
  readonly #limits: RetryPaceLimits;
  readonly #random: () => number;
  #window: Window = { startMs: Number.NEGATIVE_INFINITY, refused: 0, ended: 0 };
  #before: Window = this.#window;

  constructor(limits: RetryPaceLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Somebody was refused: how long to stay away, in milliseconds. */
  refused(nowMs: number): number {
    this.#move(nowMs);
    this.#window.refused += 1;
    const { againMs, againMaxMs } = this.#limits;
    const crowd = Math.max(this.#window.refused, this.#before.refused);
    const taken = Math.max(againMs / ONE_MS, this.#window.ended, this.#before.ended);
    const spreadMs = Math.min(againMaxMs - againMs / 2, againMs * Math.max(1, crowd / taken));
    return againMs / 2 + spreadMs * this.#random();
  }

  /** Somebody was taken. */
  ended(nowMs: number): void {
    this.#move(nowMs);
    this.#window.ended += 1;
  }

  #move(nowMs: number): void {
    const passedMs = nowMs - this.#window.startMs;
    if (passedMs < this.#limits.againMs) return;
    const fresh = { startMs: nowMs, refused: 0, ended: 0 };
    // One that nothing happened in says nothing.
    this.#before = passedMs < 2 * this.#limits.againMs ? this.#window : fresh;
    this.#window = fresh;
  }
}
