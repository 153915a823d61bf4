import { ELSEWHERE, NO_PACKAGE, type RpmEvidence, type RpmPackage, type TablePageEvidence } from './evidence.ts';

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
  // In another journal mode than WAL, SQLite leaves such a file alone.
  if (log === null || database.table === undefined) return { packages: database.packages, fault: null };
  const root = log.table.root ?? database.table.root;
  if (root === null) {
    return { packages: [], fault: 'neither the database nor its write-ahead log has the table of packages' };
  }
  const ours = new Map(database.table.pages.map((page) => [page.page, page]));
  const rows = new Map(database.table.pages.flatMap((page) => page.rows));
  const logged = new Map(log.table.pages.map((page) => [page.page, page]));
  const packages: RpmPackage[] = [];
  let missing = 0;
  const take = (found: RpmPackage | undefined, content: number): void => {
    if (found !== undefined) packages.push(found);
    else if (content !== NO_PACKAGE) missing += 1;
  };
  for (const page of walkPages(root, (number) => logged.get(number) ?? ours.get(number))) {
    if (page === undefined) missing += 1;
    for (const [row, content] of page?.rows ?? []) {
      const inLog = page === logged.get(page?.page ?? 0) && content !== ELSEWHERE;
      // A row in a page that the log rewrote may still have its rest, unchanged, in the database.
      const stated = inLog ? content : (rows.get(row) ?? ELSEWHERE);
      take((inLog ? log : database).packages[stated], stated);
    }
  }
  const fault = `${missing} pages or rows of the table are neither in the database nor whole in its write-ahead log`;
  return { packages, fault: missing === 0 ? null : fault };
}

/** The pages of the table in its order, each once; undefined for one that nobody has. */
function* walkPages(
  root: number,
  pageOf: (number: number) => TablePageEvidence | undefined,
): Generator<TablePageEvidence | undefined> {
  const visited = new Set<number>();
  const open = [root];
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (visited.has(number)) continue;
    visited.add(number);
    const page = pageOf(number);
    yield page;
    for (const child of page?.children.toReversed() ?? []) open.push(child);
  }
}
