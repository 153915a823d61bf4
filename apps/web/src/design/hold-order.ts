export interface Held<R> {
  /** Rows in the order that the person is looking at, each with its newest content. */
  readonly rows: readonly R[];
  /** How many rows came, went or moved since that order was taken. */
  readonly changed: number;
}

/**
 * A list that refreshes while someone reads it must not jump: known rows stay where they are and only their content
 * changes; what came, went or moved is counted and shown on demand.
 */
export function holdOrder<R>(
  heldIds: readonly string[],
  heldRows: ReadonlyMap<string, R>,
  fresh: readonly R[],
  idOf: (row: R) => string,
): Held<R> {
  const rankById = new Map(fresh.map((row, rank) => [idOf(row), rank]));
  const rows: R[] = [];
  const ranks: number[] = [];
  let gone = 0;
  for (const id of heldIds) {
    const rank = rankById.get(id);
    const row = rank === undefined ? heldRows.get(id) : fresh[rank];
    if (rank === undefined) gone += 1;
    else ranks.push(rank);
    if (row !== undefined) rows.push(row);
  }
  const moved = ranks.length - longestRise(ranks);
  const come = rankById.size - ranks.length;
  return { rows, changed: gone + moved + come };
}

/** Length of the longest rising subsequence: the most rows that kept their order among themselves. O(n log n). */
export function longestRise(values: readonly number[]): number {
  const tails: number[] = [];
  for (const value of values) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    tails[low] = value;
  }
  return tails.length;
}
