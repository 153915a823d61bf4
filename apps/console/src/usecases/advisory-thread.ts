import { parentPort } from 'node:worker_threads';
import {
  type BuildReport,
  changedKeys,
  type DatabaseOrigin,
  type FeedSource,
  followConsole,
  keepStep,
  parsePublicKeys,
  pullDatabase,
  updateDatabase,
} from '@hullcheck/advisories';
import { toFault } from '@hullcheck/core';
import { type Credentials, parseProxySettings } from '@hullcheck/registry';

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
      readonly also: readonly string[];
      readonly allowShrink: boolean | readonly string[];
    }
  | {
      readonly kind: 'take';
      readonly cacheDir: string;
      readonly current: string | null;
      readonly origin: DatabaseOrigin;
      readonly credentials: Credentials | null;
      readonly token: string | null;
      /** PEM; null: no signature is asked for. */
      readonly publicKeys: string | null;
      readonly ca: string | null;
      readonly allowedNetworks: readonly string[];
      readonly proxyEnvironment: Readonly<Record<string, string | undefined>>;
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
  const report = task.kind === 'take' ? await take(task) : await update(task);
  // Without the step, whoever follows this console fetches the whole: that is no reason for a refresh to fail.
  if (task.current !== null && !report.unchanged) {
    await keepStep(task.current, report.path, task.cacheDir).catch(() => undefined);
  }
  return report;
}

/** What arrives is the operator's own choice of server, so that may be in the operator's own network. */
async function take(task: Extract<AdvisoryTask, { kind: 'take' }>): Promise<BuildReport> {
  const { origin, cacheDir, current, publicKeys, ca } = task;
  const network = {
    egress: { registry: ['loopback', 'private'], elsewhere: task.allowedNetworks },
    proxy: parseProxySettings(task.proxyEnvironment),
    ...(ca === null ? {} : { tls: { ca } }),
  };
  const options = {
    cacheDir,
    keys: publicKeys === null ? [] : parsePublicKeys(publicKeys, 'HULLCHECK_DB_KEY'),
    ...(current === null ? {} : { current }),
    // The thread is ended from outside.
    signal: new AbortController().signal,
  };
  return origin.kind === 'oci'
    ? await pullDatabase({
        ...options,
        reference: origin.reference,
        registry: { ...network, credentials: task.credentials },
      })
    : await followConsole({ ...options, url: origin.url, token: task.token, transport: network });
}

async function update(task: Extract<AdvisoryTask, { kind: 'update' }>): Promise<BuildReport> {
  return await updateDatabase({
    cacheDir: task.cacheDir,
    source: task.source,
    now: task.now,
    proxy: parseProxySettings(task.proxyEnvironment),
    allowedNetworks: task.allowedNetworks,
    also: task.also,
    allowShrink: task.allowShrink,
    ...(task.current === null ? {} : { current: task.current }),
    onProgress: (feed, state, records) => tell({ kind: 'progress', feed, state, records }),
  });
}

parentPort?.on('message', (task: AdvisoryTask) => {
  run(task).then(
    (result) => tell({ kind: 'done', result }),
    (error: unknown) => {
      const fault = toFault(error);
      const message = fault.code === 'internal' && error instanceof Error ? error.message : fault.message;
      tell({ kind: 'failed', code: fault.code, message, place: fault.place ?? null, hint: fault.hint ?? null });
    },
  );
});
