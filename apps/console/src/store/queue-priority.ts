/** Why an image is assessed by itself, and behind how many others of its source. */
export interface Wish {
  /** Some container runs it now. */
  readonly running: boolean;
  /** One of these may be reached from outside of its host (exposure.ts). */
  readonly exposed: boolean;
  /** How many of its source wait already. */
  readonly before: number;
}

/** What a person waits for; what a pipeline waits for. Both before everything that the console asks for by itself. */
export const PERSON_WAITS = 0;
export const GATE_WAITS = 1;
const RUNNING_EXPOSED = 10;
const RUNNING = 40;
const AT_REST = 70;
/** Images that newer analyzers would read otherwise: behind everything. */
export const READ_AGAIN = 100;
const SHARE_STEPS_MAX = 25;

/**
 * Lower runs sooner: running images by how exposed they are, then the rest. Within each the n-th image of a source stands
 * log2(n) steps back, so that the three images of a host come before the 40,000th tag of a registry, however early that one
 * was asked for, and two large sources advance side by side.
 */
export function priorityOf({ running, exposed, before }: Wish): number {
  const step = Math.min(SHARE_STEPS_MAX, Math.floor(Math.log2(before + 1)));
  return (running ? (exposed ? RUNNING_EXPOSED : RUNNING) : AT_REST) + step;
}
