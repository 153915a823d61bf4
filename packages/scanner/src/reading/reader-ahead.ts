import type { ChildProcess } from 'node:child_process';
import { readerLimits } from '../limits.ts';
import { spawnReader } from './spawn-reader.ts';

/** A reading process that was started before it is known what it will read: starting it overlaps with finding that out. */
export interface ReaderAhead {
  readonly lanes: number;
  /** The process, once; its taker ends it. Undefined when it was taken before. */
  take(): ChildProcess | undefined;
  /** Ends the process if nobody took it. */
  close(): void;
}

export function startReaderAhead(bytes: 'file' | 'stream'): ReaderAhead {
  const lanes = readerLimits.layersAtOnce;
  let waiting: ChildProcess | undefined = spawnReader({ lanes, bytes });
  // A process that could not be started is the taker's to report; until then it must not end this one.
  waiting.on('error', () => undefined);
  return {
    lanes,
    take() {
      const child = waiting;
      waiting = undefined;
      return child;
    },
    close() {
      waiting?.kill('SIGKILL');
      for (const pipe of waiting?.stdio ?? []) pipe?.destroy();
      waiting = undefined;
    },
  };
}
