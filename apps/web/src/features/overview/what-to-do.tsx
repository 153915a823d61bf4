import type { LeverageItem } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { BaseName, shortBaseName } from '../../app/base-name.tsx';
import { counted, formatNumber } from '../../design/format.ts';
import { Blank, BoneBlock, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { useLeverage } from './queries.ts';

const SHOWN_FIRST = 10;

/** Which rebuild or update takes most risk off most running containers. */
export function WhatToDoFirst({ nothingHere, start }: { readonly nothingHere: boolean; readonly start: ReactNode }) {
  const leverage = useLeverage();
  const [all, setAll] = useState(false);
  return (
    <section className="stack-16" aria-labelledby="what-first">
      <div className="row row-wrap">
        <h2 id="what-first">What to do first</h2>
        {leverage.data?.computedAt != null && (
          <span className="faint small">
            counted <Ago at={leverage.data.computedAt} />
          </span>
        )}
      </div>
      <p className="muted">
        Ordered by the risk that each would take off running containers. Each is counted by itself: where two clear the
        same vulnerability, both count it.
      </p>
      {leverage.data !== undefined && leverage.error !== null && (
        <Stale updatedAtMs={leverage.dataUpdatedAt} error={leverage.error} onRetry={() => void leverage.refetch()} />
      )}
      {leverage.data === undefined ? (
        leverage.error === null ? (
          <BoneBlock lines={6} />
        ) : (
          <Failure title="It can't be said now" error={leverage.error} onRetry={() => void leverage.refetch()} />
        )
      ) : nothingHere ? (
        <Blank icon="activity" title="Nothing to rank yet" actions={start}>
          Rebuilds and updates appear here as soon as images are assessed, those first that help most containers.
        </Blank>
      ) : leverage.data.items.length === 0 ? (
        <Blank
          icon={leverage.data.computedAt === null ? 'clock' : 'check'}
          title={emptyTitle(leverage.data.computedAt)}
        >
          {leverage.data.computedAt === null
            ? 'It is counted in the background, a few seconds after images are assessed.'
            : 'No vulnerability that is known in the assessed images has a released fix. New fixes appear here by themselves.'}
        </Blank>
      ) : (
        <>
          <Table
            label="What to do first"
            columns={columns}
            entries={leverage.data.items
              .slice(0, all ? undefined : SHOWN_FIRST)
              .map((row) => ({ kind: 'row', key: row.key, row }))}
            cardHeight={120}
          />
          {leverage.data.items.length > SHOWN_FIRST && (
            <div>
              <button type="button" className="button-link" aria-expanded={all} onClick={() => setAll(!all)}>
                {all ? 'Show fewer' : `Show all ${formatNumber(leverage.data.items.length)}`}
              </button>
            </div>
          )}
        </>
      )}
    </section>
  );
}

function emptyTitle(computedAt: string | null): string {
  return computedAt === null ? 'Not counted yet' : 'Nothing that a rebuild or an update would clear';
}

const columns: readonly Column<LeverageItem>[] = [
  { id: 'what', header: 'Action', className: 'card-head', cell: (row) => <Action item={row} /> },
  {
    id: 'images',
    header: 'Images',
    label: 'Images',
    width: 84,
    number: true,
    cell: (row) => <Places item={row} text={formatNumber(row.images)} />,
  },
  {
    id: 'running',
    header: 'Running',
    label: 'Running containers',
    width: 92,
    number: true,
    cell: (row) =>
      row.running === 0 ? (
        <span className="faint">–</span>
      ) : (
        <Places item={row} running text={formatNumber(row.running)} />
      ),
  },
  {
    id: 'findings',
    header: 'Findings cleared',
    label: 'Findings cleared',
    width: 128,
    number: true,
    cell: (row) => formatNumber(row.findings),
  },
  {
    id: 'risk',
    header: 'Risk removed',
    label: 'Risk removed',
    width: 128,
    number: true,
    cell: (row) => (
      <span title={`${formatNumber(row.risk)} counted once for each image`}>
        <b>{formatNumber(row.riskRunning > 0 ? row.riskRunning : row.risk)}</b>
      </span>
    ),
  },
];

function Action({ item }: { readonly item: LeverageItem }) {
  switch (item.kind) {
    case 'rebase':
      return (
        <span className="action">
          <span className="badge">Rebuild</span>
          <span>
            what stands on <BaseName base={item.base} />, with{' '}
            <b>
              <BaseName base={item.successor} />
            </b>
          </span>
        </span>
      );
    case 'refresh-base':
      return (
        <span className="action">
          <span className="badge">Rebuild</span>
          <span>
            <b>
              <BaseName base={item.base} />
            </b>{' '}
            with its packages updated, then what stands on it
          </span>
        </span>
      );
    case 'rebuild':
      return (
        <span className="action">
          <span className="badge">Rebuild</span>
          <Link to="/images/$id" params={{ id: item.image.id }}>
            <b>
              <Foreign text={shortBaseName(item.image.name)} />
            </b>
          </Link>
        </span>
      );
    case 'update':
      return (
        <span className="action">
          <span className="badge">Update</span>
          <span>
            <Link to="/where" search={{ package: item.package.name, type: item.package.type }}>
              <b>
                <Foreign text={item.package.name} />
              </b>
            </Link>{' '}
            {item.package.to !== null && (
              <>
                to <Foreign text={item.package.to} />{' '}
              </>
            )}
            <span className="faint">
              <Foreign text={item.package.distribution ?? item.package.type} />
            </span>
          </span>
        </span>
      );
  }
}

/** A figure that leads to the list of what it counts. */
function Places({
  item,
  text,
  running,
}: {
  readonly item: LeverageItem;
  readonly text: string;
  readonly running?: true;
}) {
  const only = running === true ? ({ running: 'true' } as const) : {};
  switch (item.kind) {
    case 'rebase':
    case 'refresh-base':
      return (
        <Link
          to="/containers"
          search={{ base: item.filter, ...only }}
          aria-label={`${text} ${running === true ? 'running containers' : 'images'} on ${item.base.name}`}
        >
          {text}
        </Link>
      );
    case 'rebuild':
      return (
        <Link
          to="/images/$id"
          params={{ id: item.image.id }}
          search={{ tab: 'hosts' }}
          aria-label={`${counted(item.running, 'running container')} of ${item.image.name}`}
        >
          {text}
        </Link>
      );
    case 'update':
      return (
        <Link
          to="/where"
          search={{ package: item.package.name, type: item.package.type }}
          aria-label={`${text} ${running === true ? 'running containers' : 'images'} with ${item.package.name}`}
        >
          {text}
        </Link>
      );
  }
}
