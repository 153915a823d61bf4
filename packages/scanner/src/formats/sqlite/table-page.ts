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
  return type === LEAF ? parseLeaf(page, starts, usableBytes) : parseInterior(view, starts, at, usableBytes);
}

function parseLeaf(page: Uint8Array, starts: readonly number[], usableBytes: number): TablePage | undefined {
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
    total += end - start;
    if (end > usableBytes || total > usableBytes) return undefined;
    cells.push({
      rowId: row.value,
      payloadBytes: size.value,
      local: page.subarray(row.next, row.next + localBytes),
      overflow: spills ? view.getUint32(end - 4) : 0,
    });
  }
  return { kind: 'leaf', cells };
}

function parseInterior(
  view: DataView,
  starts: readonly number[],
  at: number,
  usableBytes: number,
): TablePage | undefined {
  const children: number[] = [];
  for (const start of starts) {
    if (start + 4 > usableBytes) return undefined;
    children.push(view.getUint32(start));
  }
  children.push(view.getUint32(at + 8));
  return { kind: 'interior', children };
}

/** How much of a payload a leaf keeps before the rest goes to overflow pages: the format's own formula. */
function localBytesOf(payloadBytes: number, usableBytes: number): number {
  const max = usableBytes - 35;
  if (payloadBytes <= max) return payloadBytes;
  const min = Math.floor(((usableBytes - 12) * 32) / 255) - 23;
  const fitted = min + ((payloadBytes - min) % (usableBytes - 4));
  return fitted <= max ? fitted : min;
}
