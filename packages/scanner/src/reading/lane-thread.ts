/* A lane on a thread of its own: for layers that come through a pipe, and for all but the first of those read at once. */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { type LaneOptions, openLane } from './lane.ts';
import type { Notice, Task } from './protocol.ts';

const options = workerData as Pick<LaneOptions, 'catalogueUrl' | 'spillFolder' | 'descriptor'>;
const tell = (notice: Notice): void => parentPort?.postMessage(notice);
// Messages wait until something listens, so none is lost while the analyzers load.
const run = await openLane({ ...options, shared: false, tell });
// The process ends by being killed, which writes no cache.
flushCompileCache();
parentPort?.on('message', (task: Task) => void run(task));
