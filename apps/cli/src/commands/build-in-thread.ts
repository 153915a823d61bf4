import { Worker } from 'node:worker_threads';
import type { BuildOptions, BuildReport, FeedState } from '@hullcheck/advisories';
import { Fault, type FaultCode } from '@hullcheck/core';

export type BuildTask = Omit<BuildOptions, 'signal' | 'onProgress' | 'proxy'> & {
  readonly kind: 'build' | 'update';
  /** Names the proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export type BuildMessage =
  | { readonly kind: 'progress'; readonly feed: string; readonly state: FeedState; readonly records: number }
  | { readonly kind: 'done'; readonly report: BuildReport }
  | {
      readonly kind: 'failed';
      readonly code: FaultCode;
      readonly message: string;
      readonly place: string | null;
      readonly hint: string | null;
    };

/**
 * Parsing makes short-lived text by the gigabyte. By default V8 lets 128 MB of it lie before it looks, and only a thread's
 * heap can be told otherwise while the program runs: a full build takes 100 MB less.
 */
const HEAP = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 2_048 } as const;

/** Builds or updates the vulnerability database in a thread of its own. Faults as `buildDatabase`. */
export async function buildInThread(
  task: BuildTask,
  signal: AbortSignal,
  onProgress: (feed: string, state: FeedState, records: number) => void,
): Promise<BuildReport> {
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./build-thread.${suffix}`, import.meta.url), {
    workerData: task,
    resourceLimits: HEAP,
  });
  const stop = () => worker.postMessage('cancel');
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<BuildReport>((resolve, reject) => {
      worker.on('message', (message: BuildMessage) => {
        if (message.kind === 'progress') onProgress(message.feed, message.state, message.records);
        else if (message.kind === 'done') resolve(message.report);
        else {
          const { place, hint } = message;
          reject(
            new Fault(message.code, message.message, {
              ...(place === null ? {} : { place }),
              ...(hint === null ? {} : { hint }),
            }),
          );
        }
      });
      worker.on('error', (cause) =>
        reject(new Fault('internal', 'the thread that builds the vulnerability database broke', { cause })),
      );
      worker.on('exit', () =>
        reject(new Fault('internal', 'the thread that builds the vulnerability database ended early')),
      );
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
