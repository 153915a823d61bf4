import { tidyHeapBytes, tidyHeapShare } from './limits.ts';

/**
 * Collects garbage whenever so many bytes were handled. V8 alone waits until a heap has grown, and does not see the buffers that
 * answers are read into: 10 MiB of each half on a host of thousands (bench/results/agent.md). A heap beyond that of any host, as a
 * cluster's, is collected by its size: each time costs what the heap holds, and a cluster of 100,000 containers took minutes. Nothing
 * where a program was not started with `--expose-gc`.
 */
export function createTidier(bytesMax: number): (bytes: number) => void {
  let handled = 0;
  let untilBytes = bytesMax;
  return (bytes) => {
    handled += bytes;
    if (handled < untilBytes || globalThis.gc === undefined) return;
    handled = 0;
    globalThis.gc();
    untilBytes = Math.max(bytesMax, (process.memoryUsage().heapUsed - tidyHeapBytes) * tidyHeapShare);
  };
}
