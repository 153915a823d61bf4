import { hashRecords } from '../../formats/berkeley-db/index.ts';
import { type DatabaseFault, type DatabaseRecord, databaseFault } from '../../formats/database-record.ts';
import { ndbRecords } from '../../formats/ndb/index.ts';
import {
  findTable,
  openSqlite,
  openWriteAheadLog,
  parseColumnShapes,
  parseRecord,
  parseTablePage,
  readPayload,
  type SqliteFile,
  type WriteAheadLog,
  walkTable,
} from '../../formats/sqlite/index.ts';
import type { Readable } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import { PackageCollector } from './collect-packages.ts';
import type { RpmPackage, RpmTable } from './evidence.ts';

export interface ReadDatabase {
  readonly packages: readonly RpmPackage[];
  readonly table: RpmTable | undefined;
  readonly faults: readonly DatabaseFault[];
}

const TABLE = 'Packages';

/** The packages of a database whose records are headers: Berkeley DB's `Packages`, ndb's `Packages.db`. */
export function parseRecords(
  file: Readable,
  backend: 'berkeley-db' | 'ndb',
  keep: (path: string) => boolean,
): ReadDatabase {
  const collector = new PackageCollector(keep);
  const records: Iterable<DatabaseRecord> = backend === 'ndb' ? ndbRecords(file) : hashRecords(file);
  for (const record of records) {
    if (!collector.open) break;
    if (record.kind === 'fault') collector.fault(record);
    // Berkeley DB keeps the next free key under the key 0.
    else if (record.key !== 0) collector.add(record.bytes);
  }
  const { packages, faults } = collector.finish();
  return { packages, faults, table: undefined };
}

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
  const { packages, faults, others } = collector.finish();
  if (!sqlite.writeAhead) return { packages, faults, table: undefined };
  const table = places.toTable(typeof root === 'number' ? root : null, others);
  return { packages, table, faults: table === undefined ? [...faults, TABLE_TOO_LARGE] : faults };
}

const TABLE_TOO_LARGE = databaseFault(
  'limit-exceeded',
  'the table of packages has more pages and rows than tableEntriesPerFileMax: its write-ahead log can not be applied',
);

function collectTable(sqlite: SqliteFile, root: number, collector: PackageCollector, places: TablePlaces): void {
  for (const event of walkTable(sqlite, root)) {
    if (!collector.open) return;
    if (event.kind === 'fault') collector.fault(event);
    else if (event.kind === 'page') places.add(event.page, event.children, event.rows);
    else {
      const blob = headerOf(event.payload);
      if (blob === undefined) collector.fault(databaseFault('unreadable', `row ${event.rowId} holds no header`));
      else collector.add(blob, sqlite.writeAhead ? event.rowId : undefined);
    }
  }
}

/** Columns of the table: `hnum INTEGER PRIMARY KEY`, which is the row's number, and `blob`. */
function headerOf(payload: Uint8Array): Uint8Array | undefined {
  const blob = parseRecord(payload)?.[1];
  return blob?.type === 'blob' ? blob.bytes : undefined;
}

/**
 * What `rpmdb.sqlite-wal` changes in the table: pages that replace those of the database, and the packages that lie in them
 * whole. Rows whose rest stayed in the database are known there by their numbers, which rpm never uses again.
 */
export function parseWriteAheadLog(file: Readable, keep: (path: string) => boolean): ReadDatabase {
  const log = openWriteAheadLog(file);
  if (log.kind === 'fault') return { packages: [], table: undefined, faults: [log] };
  const collector = new PackageCollector(keep);
  if (log.broken !== null) collector.fault(log.broken);
  const places = new TablePlaces();
  // Each page of the log is part of one row at most, so the rows together read no more than the log has.
  const visited = new Set<number>();
  for (const number of log.numbers) collectLogPage(log, number, { collector, places, visited });
  const root = log.numbers.includes(1) ? findTable({ ...log, encoding: 'utf-8' }, TABLE) : null;
  const { packages, faults, others } = collector.finish();
  const table = places.toTable(typeof root === 'number' ? root : null, others);
  return { packages, table, faults: table === undefined ? [...faults, TABLE_TOO_LARGE] : faults };
}

function collectLogPage(
  log: WriteAheadLog,
  number: number,
  { collector, places, visited }: { collector: PackageCollector; places: TablePlaces; visited: Set<number> },
): void {
  const bytes = log.page(number);
  const page = bytes === undefined ? undefined : parseTablePage(bytes, number, log.usableBytes);
  if (page === undefined) return;
  if (page.kind === 'interior') {
    places.add(number, page.children, []);
    return;
  }
  // rpm's indexes are tables too, and each has more rows than that of the packages.
  if (!page.cells.every(({ local }) => isHeaderRow(local))) return;
  places.add(
    number,
    [],
    page.cells.map(({ rowId }) => rowId),
  );
  for (const cell of page.cells) {
    if (!collector.open) return;
    const payload = readPayload(log, cell, visited);
    const blob = 'kind' in payload ? undefined : headerOf(payload);
    if (blob !== undefined) collector.add(blob, cell.rowId);
  }
}

function isHeaderRow(start: Uint8Array): boolean {
  const columns = parseColumnShapes(start)?.columns ?? [];
  return columns.length === 2 && columns[0]?.type === 'null' && columns[1]?.type === 'blob';
}

/** The pages of a table as evidence, as far as there is room for them. */
class TablePlaces {
  readonly #pages: { readonly page: number; readonly children: readonly number[]; readonly rows: readonly number[] }[] =
    [];
  #left = limits.tableEntriesPerFileMax;

  add(page: number, children: readonly number[], rows: readonly number[]): void {
    this.#left -= 1 + children.length + rows.length;
    if (this.#left >= 0) this.#pages.push({ page, children, rows });
  }

  /** Undefined where the table is too large to be put together with a log. */
  toTable(root: number | null, others: readonly number[]): RpmTable | undefined {
    return this.#left < 0 ? undefined : { root, pages: this.#pages, others };
  }
}
