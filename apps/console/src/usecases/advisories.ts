import { Worker } from 'node:worker_threads';
import { type AdvisoryDatabase, type BuildReport, type ChangedKeys, openDatabase } from '@hullcheck/advisories';
import { Fault, type FaultCode } from '@hullcheck/core';
import type { Queryable } from '../store/database.ts';
import { type ActiveRevision, findActiveRevision } from '../store/feeds.ts';
import type { AdvisoryMessage, AdvisoryTask } from './advisory-thread.ts';
import { feedLimits } from './limits.ts';

export interface OpenRevision {
  readonly record: ActiveRevision;
  readonly database: AdvisoryDatabase;
}

/** The vulnerability databases that are open: the active one and, while jobs end with it, the one before. */
export interface Advisories {
  /** The active one; undefined where there is none. */
  active(database: Queryable): Promise<OpenRevision | undefined>;
  close(): void;
}

const OPEN_MAX = 2;

export function createAdvisories(): Advisories {
  const open = new Map<string, AdvisoryDatabase>();
  return {
    active: async (database) => {
      const record = await findActiveRevision(database);
      if (record === undefined) return undefined;
      const found = open.get(record.revision);
      if (found !== undefined) return { record, database: found };
      const opened = openDatabase(record.path);
      open.set(record.revision, opened);
      for (const [revision, old] of open) {
        if (open.size <= OPEN_MAX) break;
        open.delete(revision);
        old.close();
      }
      return { record, database: opened };
    },
    close: () => {
      for (const database of open.values()) database.close();
      open.clear();
    },
  };
}

type Progress = (feed: string, state: string, records: number) => void;

export async function updateInThread(
  task: Omit<Extract<AdvisoryTask, { kind: 'update' }>, 'kind'>,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<BuildReport> {
  return (await inThread({ kind: 'update', ...task }, signal, onProgress)) as BuildReport;
}

export async function takeInThread(
  task: Omit<Extract<AdvisoryTask, { kind: 'take' }>, 'kind'>,
  signal: AbortSignal,
): Promise<BuildReport> {
  return (await inThread({ kind: 'take', ...task }, signal, () => undefined)) as BuildReport;
}

export async function changedKeysInThread(from: string, to: string, signal: AbortSignal): Promise<ChangedKeys> {
  return (await inThread({ kind: 'changed-keys', from, to }, signal, () => undefined)) as ChangedKeys;
}

/** A thread that waits for its next task. */
interface Idle {
  readonly worker: Worker;
  /** Takes it out of waiting: what would have ended it does so no more. */
  readonly take: () => void;
}

/** After a refresh comes the comparison of what it made, and loading the thread's modules would take longer than comparing. */
let idle: Idle | undefined;

function takeWorker(): Worker {
  if (idle !== undefined) {
    const { worker, take } = idle;
    take();
    return worker;
  }
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./advisory-thread.${suffix}`, import.meta.url), {
    // Parsing makes short-lived text by the gigabyte: a small nursery is emptied sooner, which takes 100 MB off the peak.
    resourceLimits: { maxOldGenerationSizeMb: 2_048, maxYoungGenerationSizeMb: 24 },
  });
}

/** Keeps one thread for a while; it holds up no end of the process. */
function putBack(worker: Worker): void {
  if (idle !== undefined) {
    void worker.terminate();
    return;
  }
  const take = () => {
    idle = undefined;
    clearTimeout(timer);
    worker.off('error', end).off('exit', end).ref();
  };
  const end = () => {
    take();
    void worker.terminate();
  };
  const timer = setTimeout(end, feedLimits.threadIdleMs).unref();
  worker.on('error', end).on('exit', end).unref();
  idle = { worker, take };
}

function inThread(task: AdvisoryTask, signal: AbortSignal, onProgress: Progress): Promise<unknown> {
  if (signal.aborted) return Promise.reject(new Fault('cancelled', 'the work was cancelled'));
  return new Promise((resolve, reject) => {
    const worker = takeWorker();
    const letGo = () => {
      signal.removeEventListener('abort', stop);
      worker.off('message', hear).off('error', broke).off('exit', ended);
    };
    const stop = () => {
      letGo();
      void worker.terminate();
      reject(new Fault('cancelled', 'the work was cancelled'));
    };
    const hear = (message: AdvisoryMessage) => {
      if (message.kind === 'progress') {
        onProgress(message.feed, message.state, message.records);
        return;
      }
      letGo();
      putBack(worker);
      if (message.kind === 'done') resolve(message.result);
      else {
        const { code, place, hint } = message;
        const details = { ...(place === null ? {} : { place }), ...(hint === null ? {} : { hint }) };
        reject(new Fault(code as FaultCode, message.message, details));
      }
    };
    const broke = (cause: unknown) => {
      letGo();
      reject(new Fault('internal', 'the thread that works on the vulnerability database broke', { cause }));
    };
    const ended = () => {
      letGo();
      reject(new Fault('internal', 'the thread that works on the vulnerability database ended early'));
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', hear).on('error', broke).on('exit', ended);
    worker.postMessage(task);
  });
}
