import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file, and the rule allows it to them.
import { type ConsoleClient, consoleClient } from '@hullcheck/testkit';
import pino from 'pino';
import { runConsole } from './main.ts';

/** A console of its own on the embedded database and the starter, without a network; `stop` takes its folder along. */
export interface TestConsole {
  readonly folder: string;
  readonly client: ConsoleClient;
  stop(): Promise<void>;
}

/** `name` tells its folder and its token from those of other tests. */
export async function startTestConsole(name: string): Promise<TestConsole> {
  const folder = mkdtempSync(`/tmp/hc-${name}-`);
  const token = `${name}-bootstrap-token-0123456789`;
  const running = await runConsole({
    dataDir: folder,
    listen: '127.0.0.1:0',
    role: 'all',
    offline: true,
    starterPath: join(import.meta.dirname, '../../../data/starter/hullcheck-starter.db.zst'),
    version: '0',
    log: pino({ level: 'silent' }),
    bootstrapToken: token,
  });
  return {
    folder,
    client: consoleClient(running.url, token),
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
