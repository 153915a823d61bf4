import { parentPort, workerData } from 'node:worker_threads';
import { changedKeys, type FeedSource, updateDatabase } from '@hullcheck/advisories';
import { toFault } from '@hullcheck/core';
import { parseProxySettings } from '@hullcheck/registry';

/** Work on vulnerability databases that takes seconds without a pause: here it holds up no request. */
export type AdvisoryTask =
  | {
      readonly kind: 'update';
      readonly cacheDir: string;
      readonly current: string | null;
      readonly source: FeedSource;
      readonly now: string;
      readonly proxyEnvironment: Readonly<Record<string, string | undefined>>;
      readonly allowedNetworks: readonly string[];
      readonly allowShrink: boolean | readonly string[];
    }
  | { readonly kind: 'changed-keys'; readonly from: string; readonly to: string };

export type AdvisoryMessage =
  | { readonly kind: 'progress'; readonly feed: string; readonly state: string; readonly records: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly place: string | null;
      readonly hint: string | null;
    };

const tell = (message: AdvisoryMessage) => parentPort?.postMessage(message);

async function run(task: AdvisoryTask): Promise<unknown> {
  if (task.kind === 'changed-keys') return changedKeys(task.from, task.to);
  return updateDatabase({
    cacheDir: task.cacheDir,
    source: task.source,
    now: task.now,
    proxy: parseProxySettings(task.proxyEnvironment),
    allowedNetworks: task.allowedNetworks,
    allowShrink: task.allowShrink,
    ...(task.current === null ? {} : { current: task.current }),
    onProgress: (feed, state, records) => tell({ kind: 'progress', feed, state, records }),
  });
}

run(workerData as AdvisoryTask).then(
  (result) => tell({ kind: 'done', result }),
  (error: unknown) => {
    const fault = toFault(error);
    const message = fault.code === 'internal' && error instanceof Error ? error.message : fault.message;
    tell({ kind: 'failed', code: fault.code, message, place: fault.place ?? null, hint: fault.hint ?? null });
  },
);
