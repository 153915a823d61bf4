import { type Fault, toFault } from '@hullcheck/core';
import { isTemporary } from '../report/next-try.ts';
import type { Wanted } from './read-wanted.ts';

export interface ReadingsOptions {
  /** Reads it and answers the console; ends without a word once the signal is aborted. */
  readonly read: (wanted: Wanted, signal: AbortSignal) => Promise<void>;
  /** Nothing is left to be read, or reading can't go on: the console may want more by now. */
  readonly onEnd: () => void;
  readonly signal: AbortSignal;
}

/** Readings beside the reports, one at a time: reading is the only heavy thing that the agent does on somebody else's machine. */
export interface Readings {
  /**
   * What the console wants by now, in its order. What it wants no more is not begun, and is given up where it was. Throws what ended
   * the last readings, where it is nothing that has passed now that the console answers.
   */
  want(wanted: readonly Wanted[]): void;
  /** Until nothing is left to be read. */
  ended(): Promise<void>;
  /** Throws what ended the last readings: the console can't be told that it can't be reached. */
  throwFault(): void;
  /** Gives up what is being read, and waits for that. */
  stop(): Promise<void>;
}

export function createReadings({ read, onEnd, signal }: ReadingsOptions): Readings {
  const stopping = new AbortController();
  let wanted: readonly Wanted[] = [];
  /** Answered attempts of the list: a report that was on its way meanwhile is answered as if they were not. */
  let answered: ReadonlySet<string> = new Set();
  let current: { readonly attempt: string; readonly giveUp: AbortController } | undefined;
  let running: Promise<void> | undefined;
  let fault: Fault | undefined;

  const next = () =>
    signal.aborted || stopping.signal.aborted ? undefined : wanted.find(({ attempt }) => !answered.has(attempt));

  async function readAll(): Promise<void> {
    for (let one = next(); one !== undefined; one = next()) {
      const giveUp = new AbortController();
      current = { attempt: one.attempt, giveUp };
      try {
        await read(one, AbortSignal.any([signal, stopping.signal, giveUp.signal]));
        if (!giveUp.signal.aborted) answered = new Set(answered).add(one.attempt);
      } catch (error) {
        if (giveUp.signal.aborted) continue;
        fault = toFault(error, 'the image could not be read');
        // What it was asked for may be another's by the time that the console can be reached again.
        wanted = [];
      } finally {
        current = undefined;
      }
    }
    running = undefined;
    onEnd();
  }

  return {
    want(list) {
      if (fault !== undefined && !isTemporary(fault)) throw fault;
      fault = undefined;
      wanted = list;
      answered = new Set(list.flatMap(({ attempt }) => (answered.has(attempt) ? attempt : [])));
      if (current !== undefined && !list.some(({ attempt }) => attempt === current?.attempt)) current.giveUp.abort();
      if (next() !== undefined) running ??= readAll();
    },
    ended: async () => running,
    throwFault() {
      const thrown = fault;
      fault = undefined;
      if (thrown !== undefined) throw thrown;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
