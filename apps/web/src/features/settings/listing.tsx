import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';

interface ListingProps<R> {
  readonly label: string;
  readonly query: UseQueryResult<{ readonly items: readonly R[] }>;
  readonly columns: readonly Column<R>[];
  readonly keyOf: (row: R, index: number) => string;
  readonly empty: ReactNode;
}

/** A list of the settings in all its states. */
export function Listing<R>({ label, query, columns, keyOf, empty }: ListingProps<R>) {
  if (query.data === undefined && query.error !== null)
    return <Failure title={`${label} can't be shown`} error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data?.items.length === 0) return empty;
  return (
    <>
      {query.data !== undefined && query.error !== null && (
        <Stale updatedAtMs={query.dataUpdatedAt} error={query.error} onRetry={() => void query.refetch()} />
      )}
      <Table
        label={label}
        columns={columns}
        entries={(query.data?.items ?? []).map((row, index) => ({ kind: 'row', key: keyOf(row, index), row }))}
        loading={query.data === undefined}
        cardHeight={72}
      />
    </>
  );
}
