import pg from 'pg';
import type { Logger } from 'pino';
import type { ConnectionSettings } from './database.ts';

export interface Changes {
  /** Another text after every committed change that a page could show. */
  current(): string;
  stop(): Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * Listens for changes (migration 1 tells them when their transaction commits, so whoever looks then sees them). While the
 * connection is lost changes may be missed: a new one counts as a change.
 */
export function followChanges(settings: ConnectionSettings, epoch: string, log: Logger): Changes {
  let count = 0;
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connect = async () => {
    const next = new pg.Client({
      ...settings,
      application_name: 'hullcheck changes',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client = next;
    next.on('notification', () => {
      count += 1;
    });
    next.on('error', () => undefined);
    next.on('end', () => {
      count += 1;
      if (!stopped && client === next) retry = setTimeout(start, RETRY_MS);
    });
    await next.connect();
    await next.query('listen hullcheck_change');
    count += 1;
  };
  const start = () => {
    connect().catch((error: unknown) => {
      log.debug({ err: error }, 'changes not heard');
      void client?.end().catch(() => undefined);
      if (!stopped) {
        clearTimeout(retry);
        retry = setTimeout(start, RETRY_MS);
      }
    });
  };
  start();
  return {
    current: () => `${epoch}.${count}`,
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
