import type { Database, Transaction } from './database.ts';

/** Where the present round of a table has come to: by number or by uuid, as its ids are. */
export interface Turn {
  readonly after: number;
  readonly afterId: string | null;
}

export interface TurnLimits {
  /** How long a step waits for others, who wait behind it. */
  readonly waitMs: number;
  /** From the end of a round to the beginning of the next. */
  readonly roundSeconds: number;
}

/** What a step did. `next` null: the round is over. */
export interface Step {
  readonly removed: number;
  readonly next: Partial<Turn> | null;
}

export interface Cleaned {
  readonly removed: number;
  /** Of the whole round, where it ended with this step. */
  readonly round: number | null;
}

/**
 * One step through a table, in one transaction. One process at a time takes it (the row of `cleaning` is locked). Undefined where it
 * is not its time, or it can't be without waiting long.
 */
export async function takeTurn(
  database: Database,
  what: string,
  limits: TurnLimits,
  step: (transaction: Transaction, turn: Turn) => Promise<Step>,
): Promise<Cleaned | undefined> {
  try {
    return await database.write(async (transaction) => {
      const { rows } = await transaction.query<Turn & { removed: number }>(
        'select after, after_id as "afterId", removed from cleaning where what = $1 and due_at <= now() for update skip locked',
        [what],
      );
      const [turn] = rows;
      if (turn === undefined) return undefined;
      await waitAtMost(transaction, limits.waitMs);
      const { removed, next } = await step(transaction, turn);
      const round = turn.removed + removed;
      await transaction.query(
        `update cleaning set after = $2, after_id = $3, removed = $4,
                due_at = case when $5 then now() + make_interval(secs => $6) else due_at end where what = $1`,
        [what, next?.after ?? 0, next?.afterId ?? null, next === null ? 0 : round, next === null, limits.roundSeconds],
      );
      return { removed, round: next === null ? round : null };
    });
  } catch (error) {
    if (isLockTimeout(error)) return undefined;
    throw error;
  }
}

/** Whether a step gave up because of `waitAtMost`. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

/** For each lock that is still to come in this transaction. */
export async function waitAtMost(transaction: Transaction, waitMs: number): Promise<void> {
  await transaction.query(`set local lock_timeout = ${Math.ceil(waitMs)}`);
}

/** As many as a step may delete, by what each weighs; at least one, else the walk would stand still. */
export function takeSome<T extends { readonly weight: number }>(
  candidates: readonly T[],
  countMax: number,
  weightMax: number,
): readonly T[] {
  const taken: T[] = [];
  let weight = 0;
  for (const candidate of candidates) {
    weight += candidate.weight;
    if (taken.length > 0 && (taken.length >= countMax || weight > weightMax)) break;
    taken.push(candidate);
  }
  return taken;
}
