import { createHash } from 'node:crypto';
import { Fault } from '@hullcheck/core';
import pg from 'pg';
import type { Logger } from 'pino';

/** What runs one statement: the pool (each its own transaction) or a transaction's client. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<pg.QueryResult<R>>;
}

/** A transaction that is open. Whoever writes takes this, so that nothing is half written. */
export interface Transaction extends Queryable {
  readonly transaction: true;
}

export interface Database extends Queryable {
  /** Runs the action in one transaction; a throw rolls it back. Faults `unavailable` when PostgreSQL is away. */
  write<T>(action: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same for what is done many times a second: each session parses and plans a text once (of a delta's 23 ms in PostgreSQL that
   * was 17: bench/results/estate.md). For few texts, which no input is part of: sessions keep them all.
   */
  readonly prepared: Queryable & Pick<Database, 'write'>;
  /** For what brings its own statements: the queue. */
  readonly pool: pg.Pool;
  end(): Promise<void>;
}

export type ConnectionSettings =
  | { readonly connectionString: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

/** bigint columns hold bytes and counts that fit a double; a date-time stays text until a row's parser reads it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === pg.types.builtins.INT8) return (value: string) => Number(value);
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

const CONNECTIONS_MAX = 20;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 120_000;
/** PostgreSQL ends one of two transactions that wait for each other; that one is done again. */
const TRIES = 4;

export function openDatabase(settings: ConnectionSettings, log: Logger): Database {
  const pool = new pg.Pool({
    ...settings,
    types,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'hullcheck',
    // A server compiles what it takes for a costly statement by default: 0.4 s for a list that then takes 20 ms. Options that stand
    // in the address go before.
    options: '-c jit=off',
  });
  // Idle clients whose server died: the pool makes new ones, and who needs one is told by its own query.
  pool.on('error', (error) => log.debug({ err: error }, 'database connection lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database session lost'));
  });
  const named = new Map<string, string>();
  const asIs: Sending = (text, values = []) => ({ text, values: [...values] });
  const byName: Sending = (text, values = []) => {
    const name = named.get(text) ?? createHash('sha256').update(text).digest('base64url');
    named.set(text, name);
    return { name, text, values: [...values] };
  };
  const querying =
    (sending: Sending) =>
    async <R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await pool.query<R>(sending(text, values));
        } catch (error) {
          if (attempt >= TRIES || !isOutdated(error)) throw toDatabaseFault(error);
        }
      }
    };
  const writing =
    (sending: Sending) =>
    async <T>(action: (transaction: Transaction) => Promise<T>): Promise<T> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await writeOnce(sending, action);
        } catch (error) {
          if (attempt >= TRIES || !(isDeadlock(error) || isOutdated(error))) throw error;
        }
      }
    };
  async function writeOnce<T>(sending: Sending, action: (transaction: Transaction) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw toDatabaseFault(error);
    }
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await action({
        transaction: true,
        query: (text, values) => client.query(sending(text, values)),
      });
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error('rollback failed');
      });
      if (isOutdated(error)) broken = error;
      throw toDatabaseFault(error);
    } finally {
      client.release(broken);
    }
  }
  return {
    query: querying(asIs),
    write: writing(asIs),
    prepared: { query: querying(byName), write: writing(byName) },
    pool,
    end: () => pool.end(),
  };
}

/** How a statement goes to PostgreSQL. */
type Sending = (text: string, values?: readonly unknown[]) => pg.QueryConfig<unknown[]>;

/** Codes of an outage: connection lost, shutting down, starting up, too many clients, read-only standby after a failover. */
const AWAY = /^(?:08...|57P0[123]|53300|25006|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)$/;

/** An outage becomes `unavailable`, a full disk `storage-full`; what is a fault of ours stays what it is. */
export function toDatabaseFault(error: unknown): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === '53100') return new Fault('storage-full', 'the disk of the database is full', { cause: error });
  if (isOutage(error)) {
    return new Fault('unavailable', 'the database does not answer', {
      cause: error,
      hint: 'Try again in a few seconds.',
    });
  }
  return error;
}

/** Whether the error is PostgreSQL's for a broken unique constraint. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001');
}

/** What the session prepared answers in another form since a migration of another process; a new session prepares it anew. */
function isOutdated(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === '0A000' && /cached plan/.test(error.message);
}

const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/** Whether PostgreSQL is away: it, or the way to it, may come back. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return AWAY.test('code' in error ? String(error.code) : '') || LOST.test(error.message);
}
