import { readVarint } from './varint.ts';

export interface TableCell {
  readonly rowId: number;
  /** Length of the whole payload. */
  readonly payloadBytes: number;
  /** The part of the payload that lies in the page. */
  readonly local: Uint8Array;
  /** First page of the rest; 0 where there is none. */
  readonly overflow: number;
}

export type TablePage =
  | { readonly kind: 'leaf'; readonly cells: readonly TableCell[] }
  /** Pages below, in order of their rows. */
  | { readonly kind: 'interior'; readonly children: readonly number[] };

const LEAF = 0x0d;
const INTERIOR = 0x05;
const FILE_HEADER_BYTES = 100;

/**
 * One page of a table's b-tree, or undefined where it is none. Cells that together are longer than the page overlap: read
 * as they stand, 64 KiB of a file would cost gigabytes. https://www.sqlite.org/fileformat2.html#b_tree_pages
 */
export function parseTablePage(page: Uint8Array, number: number, usableBytes: number): TablePage | undefined {
  const at = number === 1 ? FILE_HEADER_BYTES : 0;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const type = view.getUint8(at);
  if (type !== LEAF && type !== INTERIOR) return undefined;
  const count = view.getUint16(at + 3);
  const pointers = at + (type === LEAF ? 8 : 12);
  if (pointers + count * 2 > usableBytes) return undefined;
  const starts = Array.from({ length: count }, (_, index) => view.getUint16(pointers + index * 2));
  if (type === INTERIOR) return parseInterior(page, starts, at, usableBytes);
  const cells = parseCells(page, starts, usableBytes);
  return cells !== undefined && isWhole(view, at, usableBytes, cells.bytes)
    ? { kind: 'leaf', cells: cells.cells }
    : undefined;
}

/** Cells are four bytes at least, so that each may become a free block. */
const CELL_BYTES_MIN = 4;

function parseCells(
  page: Uint8Array,
  starts: readonly number[],
  usableBytes: number,
): { readonly cells: readonly TableCell[]; readonly bytes: number } | undefined {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const cells: TableCell[] = [];
  let total = 0;
  for (const start of starts) {
    const size = readVarint(page, start);
    const row = size === undefined ? undefined : readVarint(page, size.next);
    if (size === undefined || row === undefined) return undefined;
    const localBytes = localBytesOf(size.value, usableBytes);
    const spills = localBytes < size.value;
    const end = row.next + localBytes + (spills ? 4 : 0);
    total += Math.max(CELL_BYTES_MIN, end - start);
    if (end > usableBytes || total > usableBytes) return undefined;
    cells.push({
      rowId: row.value,
      payloadBytes: size.value,
      local: page.subarray(row.next, row.next + localBytes),
      overflow: spills ? view.getUint32(end - 4) : 0,
    });
  }
  return { cells, bytes: total };
}

/**
 * Whether cells, free blocks and fragments fill the content area to the byte, as SQLite's own integrity check has it: a
 * page that states fewer cells than it has would otherwise lose packages without a word.
 */
function isWhole(view: DataView, at: number, usableBytes: number, cellBytes: number): boolean {
  let free = view.getUint8(at + 7);
  // Free blocks are chained in ascending order.
  for (let block = view.getUint16(at + 1); block !== 0; ) {
    if (block + 4 > usableBytes) return false;
    const next = view.getUint16(block);
    free += view.getUint16(block + 2);
    if (next !== 0 && next <= block) return false;
    block = next;
  }
  const stated = view.getUint16(at + 5);
  // The value 0 stands for 65536.
  return cellBytes + free === usableBytes - (stated === 0 ? 65_536 : stated);
}

function parseInterior(
  page: Uint8Array,
  starts: readonly number[],
  at: number,
  usableBytes: number,
): TablePage | undefined {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const children: number[] = [];
  let total = 0;
  for (const start of starts) {
    const key = readVarint(page, start + 4);
    if (key === undefined || key.next > usableBytes) return undefined;
    children.push(view.getUint32(start));
    total += key.next - start;
  }
  children.push(view.getUint32(at + 8));
  return isWhole(view, at, usableBytes, total) ? { kind: 'interior', children } : undefined;
}

/** How much of a payload a leaf keeps before the rest goes to overflow pages: the format's own formula. */
function localBytesOf(payloadBytes: number, usableBytes: number): number {
  const max = usableBytes - 35;
  if (payloadBytes <= max) return payloadBytes;
  const min = Math.floor(((usableBytes - 12) * 32) / 255) - 23;
  const fitted = min + ((payloadBytes - min) % (usableBytes - 4));
  return fitted <= max ? fitted : min;
}
