import pg from 'pg';
import type { Logger } from 'pino';
import { type ConnectionSettings, isOutage } from './database.ts';

/** `cannot_connect_now`: the one code of an outage that graphile-worker (0.18) tries again after. */
const RETRIED = '57P03';
const CONNECTIONS_MAX = 10;

/**
 * The queue's own connections. graphile-worker completes and fails jobs by promises that it does not await; when PostgreSQL
 * is away they reject, and that would end this process. It does try again after one code, so every outage is given that
 * code: the job is then completed when PostgreSQL is back.
 */
export function openQueuePool(settings: ConnectionSettings, log: Logger): pg.Pool {
  const pool = new QueuePool({
    ...settings,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: 5_000,
    application_name: 'hullcheck queue',
  });
  pool.on('error', (error) => log.debug({ err: error }, 'queue connection lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'queue session lost'));
    const query = client.query.bind(client) as (...values: readonly unknown[]) => unknown;
    const retried = (...values: readonly unknown[]): unknown => {
      const result = query(...values);
      return result instanceof Promise ? result.catch(throwRetried) : result;
    };
    Object.assign(client, { query: retried });
  });
  return pool;
}

class QueuePool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(
    callback: (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void,
  ): void;
  override connect(
    callback?: (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void,
  ): Promise<pg.PoolClient> | undefined {
    // What graphile-worker still wants to say after the end is said by nobody: its rejection would end this process.
    if (callback === undefined && this.ending) return new Promise(() => undefined);
    if (callback === undefined) return super.connect().catch(throwRetried);
    super.connect(callback);
    return undefined;
  }
}

function throwRetried(error: unknown): never {
  if (isOutage(error)) throw Object.assign(new Error('the database is away', { cause: error }), { code: RETRIED });
  throw error;
}
