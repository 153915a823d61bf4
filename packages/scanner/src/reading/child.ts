/*
 * The reading process: foreign bytes are unpacked and parsed here and nowhere else. This main thread only hands tasks to
 * one thread per lane and watches memory and CPU; it never looks at foreign bytes, so it always answers. It is started
 * with an empty environment, read access only, no child processes, and one place for unlinked temporary files.
 */
import { flushCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { readerLimits } from '../limits.ts';
import { LANE_DESCRIPTOR_FIRST, type Notice, type Task } from './protocol.ts';

const [catalogueUrl = '', spillFolder = ''] = process.argv.slice(2);
const lanes = new Map<number, Worker>();
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function tell(notice: Notice, then?: () => void): void {
  process.send?.(notice, undefined, {}, then);
}

function laneOf(index: number): Worker {
  let worker = lanes.get(index);
  if (worker === undefined) {
    worker = new Worker(new URL(`./lane.${suffix}`, import.meta.url), {
      workerData: { catalogueUrl, spillFolder, descriptor: LANE_DESCRIPTOR_FIRST + index },
      // A small young generation: most of what a layer leaves is buffers, and 25 MB per process are saved (measured).
      resourceLimits: {
        maxYoungGenerationSizeMb: readerLimits.threadYoungHeapMiB,
        maxOldGenerationSizeMb: readerLimits.threadHeapMiB,
      },
    });
    worker.on('message', (notice: Notice) => tell(notice));
    // A defect of ours or a full heap: the process ends, and its parent reports the crash of the layers in hand.
    worker.on('error', (error) => {
      process.stderr.write(`${error.name}: ${error.message}\n`);
      process.exitCode = 1;
      setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    });
    lanes.set(index, worker);
  }
  return worker;
}

process.on('message', (task: Task) => laneOf(task.lane).postMessage(task));
// The parent is gone: nobody waits for an answer. SIGKILL, because a thread may be inside a blocking read.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

flushCompileCache();

let over = false;
setInterval(() => {
  if (over) return;
  const { user, system } = process.cpuUsage();
  const limit =
    process.memoryUsage.rss() > readerLimits.rssBytesMax
      ? 'rssBytesMax'
      : (user + system) / 1000 > readerLimits.cpuMs
        ? 'cpuMs'
        : undefined;
  if (limit === undefined) return;
  over = true;
  tell({ kind: 'over', limit }, () => process.kill(process.pid, 'SIGKILL'));
}, readerLimits.watchEveryMs);
