/** Below this the clock's own steps and the compiler of the engine say more than the work. */
const LEAST_MS = 20;

/**
 * How many times as much of the processor `work` takes at `size` as at an eighth of it: 8 where it is linear, 64 where it
 * is quadratic. A ratio within one run, so that neither a slow nor a busy machine changes the answer.
 */
export async function growthOf(work: (size: number) => unknown, size: number): Promise<number> {
  const cpuMsAt = async (each: number): Promise<number> => {
    const before = process.threadCpuUsage();
    await work(each);
    return process.threadCpuUsage(before).user / 1_000;
  };
  const few = await cpuMsAt(size / 8);
  return (await cpuMsAt(size)) / Math.max(few, LEAST_MS);
}

/** Above what a linear walk shows with a collection of garbage in it, and well below a quadratic one's 64. */
export const LINEAR_GROWTH = 24;
