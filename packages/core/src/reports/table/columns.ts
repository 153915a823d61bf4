import { printable, widthOf } from '../printable.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Cells above it are cut, so that one foreign name can't push the rest off the screen. */
  readonly widthMax: number;
}

/** Printable text cut to a width in terminal columns. */
export function clip(text: string, width: number): string {
  const clean = printable(text);
  if (widthOf(clean) <= width) return clean;
  let kept = '';
  for (const character of clean) {
    if (widthOf(kept + character) >= width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Lines of equal columns, head first, without blanks at the ends. `paint` colours a finished cell. */
export function* columnLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (text: string, row: number, column: number) => string,
): Generator<string> {
  const cells = rows.map((row) => columns.map((column, at) => clip(row[at] ?? '', column.widthMax)));
  const widths = columns.map((column, at) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), widthOf(column.title)),
  );
  yield line(
    columns,
    widths,
    columns.map((column) => column.title),
    (text, at) => paint(text, -1, at),
  );
  for (const [number, row] of cells.entries()) yield line(columns, widths, row, (text, at) => paint(text, number, at));
}

function line(
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly string[],
  paint: (text: string, column: number) => string,
): string {
  const last = columns.length - 1;
  const parts = cells.map((cell, at) => {
    const blanks = ' '.repeat((widths[at] ?? 0) - widthOf(cell));
    const painted = paint(cell, at);
    if (columns[at]?.align === 'right') return blanks + painted;
    return at === last ? painted : painted + blanks;
  });
  return `${parts.join('  ').trimEnd()}\n`;
}
