import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Fragment, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Bone, Loading } from './states.tsx';

export interface Column<R> {
  readonly id: string;
  readonly header: ReactNode;
  /** Said before the value where the row is a card. */
  readonly label?: string;
  /** Pixels; one column without a width takes what is left. */
  readonly width?: number;
  readonly number?: boolean;
  /** Pixels of table width under which the column is left out; on cards it stands unless `card-none` says otherwise. */
  readonly hideBelow?: number;
  /** `card-head`, `card-whole`, `card-none`: its place on a card. */
  readonly className?: string;
  readonly sort?: 'ascending' | 'descending' | undefined;
  readonly cell: (row: R) => ReactNode;
}

export type Entry<R> =
  | { readonly kind: 'row'; readonly key: string; readonly row: R }
  | { readonly kind: 'group'; readonly key: string; readonly content: ReactNode };

interface TableProps<R> {
  readonly label: string;
  readonly columns: readonly Column<R>[];
  readonly entries: readonly Entry<R>[];
  /** Rows of the whole list where more are still to be fetched. */
  readonly total?: { readonly value: number; readonly exact: boolean } | undefined;
  readonly loading?: boolean;
  readonly currentKey?: string | undefined;
  readonly cardHeight?: number;
  readonly onEnd?: () => void;
}

/** As in `table.css`: below this a row becomes a card. */
const CARD_BELOW = 680;
const ROW_HEIGHT = 37;
const GROUP_HEIGHT = 41;

/**
 * A real table, of which only the rows near the window exist: its roles, header cells and row numbers are the browser's own,
 * so screen readers read 1,200 rows as 1,200 rows. Spacers above and below stand for the others.
 */
export function Table<R>({
  label,
  columns: allColumns,
  entries,
  total,
  loading = false,
  currentKey,
  cardHeight = 96,
  onEnd,
}: TableProps<R>) {
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [offset, setOffset] = useState(0);
  const width = useWidth(box);
  const narrow = width < CARD_BELOW;
  const columns = narrow ? allColumns : allColumns.filter(({ hideBelow = 0 }) => width >= hideBelow);
  // After every render: what stands above the table (steps, notices) comes and goes. An unchanged number renders nothing.
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top;
    if (top !== undefined) setOffset(Math.round(top + window.scrollY));
  });
  const virtualizer = useWindowVirtualizer({
    count: entries.length,
    estimateSize: (index) => (entries[index]?.kind === 'group' ? GROUP_HEIGHT : narrow ? cardHeight : ROW_HEIGHT),
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: 12,
    scrollMargin: offset,
    scrollPaddingStart: 96,
    scrollPaddingEnd: 24,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const above = first === undefined ? 0 : first.start - offset;
  const below = last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - offset);

  useEffect(() => {
    if (last !== undefined && last.index >= entries.length - 20) onEnd?.();
  }, [last, entries.length, onEnd]);

  const currentIndex = currentKey === undefined ? -1 : entries.findIndex((entry) => entry.key === currentKey);
  useEffect(() => {
    if (currentIndex >= 0) virtualizer.scrollToIndex(currentIndex, { align: 'auto' });
  }, [currentIndex, virtualizer]);

  // ARIA 1.3, aria-rowcount: -1 where the number of all rows is not known; rows are numbered beyond an inexact total.
  const rowCount = total?.exact === false ? -1 : (total?.value ?? entries.length) + 1;

  return (
    <div className="table-box" ref={box}>
      {loading && <Loading label={`Loading ${label.toLowerCase()}`} />}
      <table className="table" aria-label={label} aria-rowcount={rowCount} aria-busy={loading}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={classes(column)}
                style={column.width === undefined ? undefined : { width: column.width }}
                aria-sort={column.sort}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {loading && <SkeletonRows columns={columns} />}
          {above > 0 && <Space height={above} span={columns.length} />}
          {items.map((item) => {
            const entry = entries[item.index];
            if (entry === undefined) return <Fragment key={item.key} />;
            return (
              <tr
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                data-key={entry.key}
                aria-rowindex={item.index + 2}
                className={entry.kind === 'group' ? 'table-group' : 'table-row'}
                aria-current={entry.key === currentKey ? 'true' : undefined}
              >
                {entry.kind === 'group' ? (
                  <td colSpan={columns.length}>{entry.content}</td>
                ) : (
                  columns.map((column) => (
                    <td key={column.id} className={classes(column)} data-label={column.label}>
                      {column.cell(entry.row)}
                    </td>
                  ))
                )}
              </tr>
            );
          })}
          {below > 0 && <Space height={below} span={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

/** Width of the table's room, known before the first paint and followed when a panel opens beside it. */
function useWidth(box: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(1_200);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

function Space({ height, span }: { readonly height: number; readonly span: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus; this one only fills the height of rows that are not drawn
    <tr className="table-space" aria-hidden="true">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

function SkeletonRows<R>({ columns }: { readonly columns: readonly Column<R>[] }) {
  const widths = ['74%', '58%', '86%', '66%', '50%', '80%', '62%', '70%', '54%', '78%', '60%', '68%'];
  return widths.map((width) => (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus; the table says that it is busy
    <tr key={width} className="table-row" aria-hidden="true">
      {columns.map((column) => (
        <td key={column.id} className={classes(column)}>
          <Bone width={column.width === undefined ? width : '70%'} />
        </td>
      ))}
    </tr>
  ));
}

function classes<R>(column: Column<R>): string {
  return [column.className, column.number === true ? 'number' : undefined]
    .filter((name) => name !== undefined)
    .join(' ');
}
