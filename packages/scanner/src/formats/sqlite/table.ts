import { type DatabaseFault, databaseFault } from '../database-record.ts';
import { limits } from '../limits.ts';
import type { PageSource } from './pages.ts';
import { parseTablePage, type TableCell } from './table-page.ts';

export type TableEvent =
  /** A page of the table: what lies below it, or the rows that it holds. */
  | {
      readonly kind: 'page';
      readonly page: number;
      readonly children: readonly number[];
      readonly rows: readonly number[];
    }
  | { readonly kind: 'row'; readonly rowId: number; readonly payload: Uint8Array }
  | DatabaseFault;

/**
 * Walks the b-tree of a table and hands over its pages and rows in order. A page belongs to one place only: a second visit,
 * of tree or overflow pages, is a cycle or a lie, so the whole walk reads no more than the file has.
 */
export function* walkTable(source: PageSource, root: number): Generator<TableEvent> {
  const visited = new Set<number>();
  const path = [[root][Symbol.iterator]()];
  for (let level = path.at(-1); level !== undefined; level = path.at(-1)) {
    const { value: number, done } = level.next();
    if (done === true || number === undefined) {
      path.pop();
      continue;
    }
    if (visited.has(number)) {
      yield databaseFault('unreadable', `page ${number} has two places in the table`);
      continue;
    }
    visited.add(number);
    const bytes = source.page(number);
    if (bytes === undefined) {
      yield databaseFault('unreadable', `page ${number} of the table is not in the file`);
      continue;
    }
    const page = parseTablePage(bytes, number, source.usableBytes);
    if (page === undefined) {
      yield databaseFault('unreadable', `page ${number} is no page of a table`);
    } else if (page.kind === 'leaf') {
      yield { kind: 'page', page: number, children: [], rows: page.cells.map(({ rowId }) => rowId) };
      yield* rowsOf(source, page.cells, visited);
    } else if (path.length >= limits.sqliteDepthMax) {
      yield databaseFault('limit-exceeded', 'the table is deeper than sqliteDepthMax');
    } else {
      yield { kind: 'page', page: number, children: page.children, rows: [] };
      path.push(page.children[Symbol.iterator]());
    }
  }
}

function* rowsOf(source: PageSource, cells: readonly TableCell[], visited: Set<number>): Generator<TableEvent> {
  for (const cell of cells) {
    const payload = readPayload(source, cell, visited);
    yield 'kind' in payload ? payload : { kind: 'row', rowId: cell.rowId, payload };
  }
}

/** The whole payload of a cell. Pieces are collected before anything is allocated: the stated length is the file's word. */
export function readPayload(source: PageSource, cell: TableCell, visited: Set<number>): Uint8Array | DatabaseFault {
  if (cell.overflow === 0) return cell.local;
  if (cell.payloadBytes > limits.databaseRecordBytesMax) {
    return databaseFault(
      'limit-exceeded',
      `row ${cell.rowId} has ${cell.payloadBytes} bytes, above databaseRecordBytesMax`,
    );
  }
  const pieces = [cell.local];
  let missing = cell.payloadBytes - cell.local.byteLength;
  let next = cell.overflow;
  while (missing > 0) {
    if (visited.has(next))
      return databaseFault('unreadable', `row ${cell.rowId} continues on page ${next} of another place`);
    visited.add(next);
    const page = source.page(next);
    if (page === undefined)
      return databaseFault('unreadable', `row ${cell.rowId} continues on page ${next}, which is not in the file`);
    const piece = page.subarray(4, Math.min(source.usableBytes, 4 + missing));
    pieces.push(piece);
    missing -= piece.byteLength;
    next = new DataView(page.buffer, page.byteOffset, 4).getUint32(0);
  }
  return Buffer.concat(pieces);
}
