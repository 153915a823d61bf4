import { type DatabaseFault, databaseFault } from '../../formats/database-record.ts';
import {
  findTable,
  openSqlite,
  openWriteAheadLog,
  parseColumnShapes,
  parseRecord,
  parseTablePage,
  readPayload,
  type SqliteFile,
  type TableCell,
  type WriteAheadLog,
  walkTable,
} from '../../formats/sqlite/index.ts';
import type { Readable } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import { PackageCollector } from './collect-packages.ts';
import { BROKEN, ELSEWHERE, NO_PACKAGE, type RpmTable, type TableRow } from './evidence.ts';
import type { ReadDatabase } from './parse-database.ts';

const TABLE = 'Packages';

/** The packages of `rpmdb.sqlite`, with the places of their rows where a write-ahead log may belong to it. */
export function parseSqlite(file: Readable, keep: (path: string) => boolean): ReadDatabase {
  const sqlite = openSqlite(file);
  if (sqlite.kind === 'fault') return { packages: [], table: undefined, faults: [sqlite] };
  const collector = new PackageCollector(keep);
  const pages = Math.floor(file.sizeBytes / sqlite.pageBytes);
  if (sqlite.statedPages !== null && sqlite.statedPages > pages) {
    collector.fault(databaseFault('unreadable', `the database has ${pages} of its ${sqlite.statedPages} pages`));
  }
  const root = findTable(sqlite, TABLE);
  const places = new TablePlaces();
  // All that was ever written may still be in the log, the table itself included.
  if (typeof root === 'number') collectTable(sqlite, root, collector, places);
  else if (!sqlite.writeAhead) collector.fault(root);
  const { packages, faults } = collector.finish();
  if (!sqlite.writeAhead) return { packages, faults, table: undefined };
  return { packages, ...places.finish(root, faults) };
}

function collectTable(sqlite: SqliteFile, root: number, collector: PackageCollector, places: TablePlaces): void {
  for (const event of walkTable(sqlite, root)) {
    if (!collector.open) return;
    if (event.kind === 'fault') collector.fault(event);
    else if (event.kind === 'page') places.startPage(event.page, event.children);
    else {
      const blob = headerOf(event.payload);
      const added =
        blob === undefined ? databaseFault('unreadable', `row ${event.rowId} holds no header`) : collector.add(blob);
      if (typeof added === 'object') collector.fault(added);
      places.addRow(event.rowId, typeof added === 'number' ? added : NO_PACKAGE);
    }
  }
}

/** Columns of the table: `hnum INTEGER PRIMARY KEY`, which is the row's number, and `blob`. */
function headerOf(payload: Uint8Array): Uint8Array | undefined {
  const blob = parseRecord(payload)?.[1];
  return blob?.type === 'blob' ? blob.bytes : undefined;
}

/**
 * What `rpmdb.sqlite-wal` changes in the table: pages that replace those of the database, with the packages that lie in the
 * log whole. Rows whose rest stayed in the database are known there by their numbers, which rpm never uses again. Which
 * pages count is known only from the table's root, so a page that fell out of use is no fault, whatever it holds.
 */
export function parseWriteAheadLog(file: Readable, keep: (path: string) => boolean): ReadDatabase {
  const log = openWriteAheadLog(file);
  if (log.kind === 'fault') return { packages: [], table: undefined, faults: [log] };
  const collector = new PackageCollector(keep);
  if (log.broken !== null) collector.fault(log.broken);
  const places = new TablePlaces();
  const rows = new LogRows(log, collector);
  for (const number of log.numbers) {
    const bytes = log.page(number);
    const page = bytes === undefined ? undefined : parseTablePage(bytes, number, log.usableBytes);
    if (page === undefined) continue;
    if (page.kind === 'interior') places.startPage(number, page.children);
    // rpm's indexes are tables too, and each has more rows than that of the packages.
    else if (page.cells.every(({ local }) => isHeaderRow(local))) {
      places.startPage(number, []);
      for (const cell of page.cells) places.addRow(cell.rowId, rows.read(cell));
    }
  }
  if (rows.exhausted) collector.fault(databaseFault('limit-exceeded', 'rows of the write-ahead log share its pages'));
  const root = log.numbers.includes(1) ? findTable({ ...log, encoding: 'utf-8' }, TABLE) : null;
  const { packages, faults } = collector.finish();
  return { packages, ...places.finish(root, faults) };
}

function isHeaderRow(start: Uint8Array): boolean {
  const columns = parseColumnShapes(start)?.columns ?? [];
  return columns.length === 2 && columns[0]?.type === 'null' && columns[1]?.type === 'blob';
}

/** A page that fell out of use may name overflow pages that others use now; more than a few times the log is a lie. */
const READS_PER_PAGE_MAX = 8;

/** Reads rows of a write-ahead log as far as they lie in it. */
class LogRows {
  readonly #log: WriteAheadLog;
  readonly #collector: PackageCollector;
  #pagesLeft: number;

  constructor(log: WriteAheadLog, collector: PackageCollector) {
    this.#log = log;
    this.#collector = collector;
    this.#pagesLeft = log.numbers.length * READS_PER_PAGE_MAX;
  }

  get exhausted(): boolean {
    return this.#pagesLeft < 0;
  }

  /** What the row holds, as evidence states it. */
  read(cell: TableCell): number {
    if (this.exhausted || !this.#collector.open) return BROKEN;
    const visited = new Set<number>();
    const payload = readPayload(this.#log, cell, visited);
    this.#pagesLeft -= visited.size;
    if ('kind' in payload) return ELSEWHERE;
    const blob = headerOf(payload);
    const added = blob === undefined ? undefined : this.#collector.add(blob);
    if (added === 'key') return NO_PACKAGE;
    return typeof added === 'number' ? added : BROKEN;
  }
}

/** The pages of a table as evidence, as far as there is room for them. */
class TablePlaces {
  readonly #pages: { readonly page: number; readonly children: readonly number[]; readonly rows: TableRow[] }[] = [];
  #left = limits.tableEntriesPerFileMax;

  startPage(page: number, children: readonly number[]): void {
    this.#left -= 1 + children.length;
    if (this.#left >= 0) this.#pages.push({ page, children, rows: [] });
  }

  addRow(row: number, content: number): void {
    this.#left -= 1;
    if (this.#left >= 0) this.#pages.at(-1)?.rows.push([row, content]);
  }

  finish(
    root: number | DatabaseFault | null,
    faults: readonly DatabaseFault[],
  ): Pick<ReadDatabase, 'table' | 'faults'> {
    if (this.#left >= 0) {
      const table: RpmTable = { root: typeof root === 'number' ? root : null, pages: this.#pages };
      return { table, faults };
    }
    const reason =
      'the table of packages has more pages and rows than tableEntriesPerFileMax: its log can not be applied';
    return { table: undefined, faults: [...faults, databaseFault('limit-exceeded', reason)] };
  }
}
