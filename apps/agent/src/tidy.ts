/**
 * Collects garbage whenever so many bytes were handled. V8 alone waits until a heap has grown, and does not see the buffers that
 * answers are read into: 10 MiB of each half on a host of thousands (bench/results/agent.md). Nothing where a program was not
 * started with `--expose-gc`.
 */
export function createTidier(bytesMax: number): (bytes: number) => void {
  let handled = 0;
  return (bytes) => {
    handled += bytes;
    if (handled < bytesMax) return;
    handled = 0;
    globalThis.gc?.();
  };
}
