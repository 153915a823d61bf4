/*
 * The reading process: foreign bytes are unpacked and parsed here and nowhere else. It is started with an empty
 * environment, read access only, no child processes, and one place for unlinked temporary files.
 *
 * The first layer that is a file is read on this main thread: starting a thread takes longer than reading a small layer
 * (35 ms of CPU and 40 ms or more of waiting, measured). Every other layer that is read at the same time, and every one
 * that comes through a pipe, where reading blocks on the network, has a thread of its own, and so has an SBOM. So this thread may be inside a
 * parser that never ends: who watches memory and CPU is the parent (`process-usage.ts`) with the kernel, or where they
 * can't, a thread that does nothing else (`watch-thread.ts`).
 */
import { flushCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { readerLimits } from '../limits.ts';
import { LANE_DESCRIPTOR_FIRST, type Notice, type Task } from './protocol.ts';

const [catalogueUrl = '', spillFolder = '', bytes = 'file', watch = 'self'] = process.argv.slice(2);
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const threads = new Map<number, Worker>();

function tell(notice: Notice): void {
  process.send?.(notice);
}

/** A defect of ours or a full heap: the process ends, and its parent reports the crash of the layers in hand. */
function end(error: Error): void {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
  setImmediate(() => process.kill(process.pid, 'SIGKILL'));
}

function threadOf(lane: number): Worker {
  let worker = threads.get(lane);
  if (worker === undefined) {
    worker = new Worker(new URL(`./lane-thread.${suffix}`, import.meta.url), {
      workerData: { catalogueUrl, spillFolder, descriptor: LANE_DESCRIPTOR_FIRST + lane },
      // A small young generation: most of what a layer leaves is buffers, and 25 MB per process are saved (measured).
      resourceLimits: {
        maxYoungGenerationSizeMb: readerLimits.threadYoungHeapMiB,
        maxOldGenerationSizeMb: readerLimits.threadHeapMiB,
      },
    });
    worker.on('message', tell);
    worker.on('error', end);
    threads.set(lane, worker);
  }
  return worker;
}

async function openOwnLane(): Promise<(task: Task) => Promise<void>> {
  const { openLane } = await import('./lane.ts');
  const run = await openLane({ catalogueUrl, spillFolder, descriptor: LANE_DESCRIPTOR_FIRST, shared: true, tell });
  // The process ends by being killed, which writes no cache.
  flushCompileCache();
  return run;
}

let ownLane: ReturnType<typeof openOwnLane> | undefined;
function readHere(task: Task | undefined): void {
  ownLane ??= openOwnLane();
  ownLane.then((run) => (task === undefined ? undefined : run(task))).catch(end);
}

process.on('message', (task: Task) => {
  if (task.kind === 'stream' || task.kind === 'sbom' || task.lane > 0) threadOf(task.lane).postMessage(task);
  else readHere(task);
});
// The parent is gone: nobody waits for an answer. SIGKILL, because a thread may be inside a blocking read.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

if (watch === 'self') {
  new Worker(new URL(`./watch-thread.${suffix}`, import.meta.url)).on('error', end);
}
// What the first task will need is made ready before it comes.
if (bytes === 'stream') threadOf(0);
else readHere(undefined);
