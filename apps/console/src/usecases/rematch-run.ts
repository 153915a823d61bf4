import type { Logger } from 'pino';
import type { Database, Transaction } from '../store/database.ts';
import { holdActive, type JudgedBy, type Settled } from '../store/feeds.ts';
import type { Advisories, OpenRevision } from './advisories.ts';

export interface RematchContext {
  readonly database: Database;
  readonly advisories: Advisories;
  readonly version: string;
  readonly now: () => number;
  readonly log: Logger;
}

/** One run: what it judges by, since when, and what it is held against. */
export interface Run extends RematchContext {
  readonly active: OpenRevision;
  readonly by: JudgedBy;
  readonly epoch: number;
  readonly settled: Settled;
  readonly otherRules: boolean;
  /** The database that everything was judged by before; undefined where there is none or its file is gone. */
  readonly before: OpenRevision['database'] | undefined;
  readonly signal: AbortSignal;
}

/** Another revision became active: its own run does the rest. Nothing is half written. */
export class Overtaken extends Error {}

/** One transaction of the run, as long as its revision is the active one; throws {@link Overtaken} where it is not. */
export async function inEpoch<T>(run: Run, action: (transaction: Transaction) => Promise<T>): Promise<T> {
  run.signal.throwIfAborted();
  return run.database.write(async (transaction) => {
    if ((await holdActive(transaction, run.by)) !== run.epoch) throw new Overtaken();
    return action(transaction);
  });
}
