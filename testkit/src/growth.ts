/** Work is repeated until it has taken this: below it the clock's own steps and the engine's compiler say more than the work. */
const LEAST_MS = 10;
const TIMES_MAX = 10_000;
/** What is measured by turns, the least of each counting: a collection of garbage or a neighbour on the machine only ever adds. */
const ROUNDS = 3;

/**
 * How many times as much of the processor `work` takes at `size` as at an eighth of it: 8 where it is linear, 64 where it
 * is quadratic. A ratio within one run, so that neither a slow nor a busy machine changes the answer.
 */
export async function growthOf(work: (size: number) => unknown, size: number): Promise<number> {
  const cpuMsAt = async (each: number): Promise<number> => {
    const before = process.threadCpuUsage();
    for (let times = 1; ; times += 1) {
      await work(each);
      const spentMs = process.threadCpuUsage(before).user / 1_000;
      if (spentMs >= LEAST_MS || times === TIMES_MAX) return spentMs / times;
    }
  };
  let few = Infinity;
  let many = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    few = Math.min(few, await cpuMsAt(size / 8));
    many = Math.min(many, await cpuMsAt(size));
  }
  return many / few;
}

/** Above what a linear walk shows at its worst, and well below a quadratic one's 64. */
export const LINEAR_GROWTH = 24;
