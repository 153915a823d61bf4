import type { RpmEvidence, RpmPackage, RpmTable, TablePages } from './evidence.ts';

type DatabaseEvidence = Extract<RpmEvidence, { readonly kind: 'database' }>;
type LogEvidence = Extract<RpmEvidence, { readonly kind: 'log' }>;

export interface ComposedTable {
  readonly packages: readonly RpmPackage[];
  /** What could not be put together. */
  readonly fault: string | null;
}

/**
 * The packages of an SQLite database with its write-ahead log, which may come from different layers: the table is walked
 * from its root, and a page that the log has takes the place of the database's, as SQLite reads it.
 */
export function composeTable(database: DatabaseEvidence, log: LogEvidence | null): ComposedTable {
  if (log === null || database.table === undefined) {
    // In another journal mode than WAL, SQLite leaves such a file alone.
    return { packages: database.packages, fault: null };
  }
  const root = log.table.root ?? database.table.root;
  if (root === null)
    return { packages: [], fault: 'neither the database nor its write-ahead log has the table of packages' };
  const ours = new RowIndex(database.packages, database.table);
  const logged = new RowIndex(log.packages, log.table);
  const packages: RpmPackage[] = [];
  const visited = new Set<number>();
  const open = [root];
  let missing = 0;
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (visited.has(number)) continue;
    visited.add(number);
    const inLog = logged.page(number);
    const page = inLog ?? ours.page(number);
    if (page === undefined) {
      missing += 1;
      continue;
    }
    for (const child of page.children.toReversed()) open.push(child);
    for (const row of page.rows) {
      // A row in a page that the log rewrote may still have its rest, unchanged, in the database.
      const found = (inLog === undefined ? undefined : logged.row(row)) ?? ours.row(row);
      if (found === undefined) missing += 1;
      else if (found !== 'other') packages.push(found);
    }
  }
  const fault = `${missing} pages or rows of the table are neither in the database nor whole in its write-ahead log`;
  return { packages, fault: missing === 0 ? null : fault };
}

/** What one file knows of the table, by number. */
class RowIndex {
  readonly #pages: ReadonlyMap<number, TablePages[number]>;
  readonly #rows = new Map<number, RpmPackage | 'other'>();

  constructor(packages: readonly RpmPackage[], table: RpmTable) {
    this.#pages = new Map(table.pages.map((page) => [page.page, page]));
    for (const row of table.others) this.#rows.set(row, 'other');
    for (const found of packages) if (found.row !== undefined) this.#rows.set(found.row, found);
  }

  page(number: number): TablePages[number] | undefined {
    return this.#pages.get(number);
  }

  row(number: number): RpmPackage | 'other' | undefined {
    return this.#rows.get(number);
  }
}
