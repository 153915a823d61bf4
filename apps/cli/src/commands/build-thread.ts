import { parentPort, workerData } from 'node:worker_threads';
import { buildDatabase, updateDatabase } from '@hullcheck/advisories';
import { toFault } from '@hullcheck/core';
import { parseProxySettings } from '@hullcheck/registry';
import type { BuildMessage, BuildTask } from './build-in-thread.ts';

const tell = (message: BuildMessage) => parentPort?.postMessage(message);

async function run({ kind, environment, ...options }: BuildTask): Promise<void> {
  const cancel = new AbortController();
  parentPort?.once('message', () => cancel.abort());
  const build = kind === 'build' ? buildDatabase : updateDatabase;
  try {
    const report = await build({
      ...options,
      signal: cancel.signal,
      proxy: parseProxySettings(environment),
      onProgress: (feed, state, records) => tell({ kind: 'progress', feed, state, records }),
    });
    tell({ kind: 'done', report });
  } catch (error) {
    const { code, message, place = null, hint = null } = toFault(error);
    tell({ kind: 'failed', code, message, place, hint });
  } finally {
    parentPort?.close();
  }
}

await run(workerData as BuildTask);
