import type { RepositoryRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { without } from '../../app/search.ts';
import { buttonClass } from '../../design/button.tsx';
import { SearchField } from '../../design/field.tsx';
import { formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { useRepositories } from './queries.ts';

const route = getRouteApi('/repositories');

/** Which of our repositories hold something dangerous? */
export function RepositoriesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const repositories = useRepositories(search);
  const filtered = search.q !== undefined || search.connection !== undefined;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Repositories</h1>
        {repositories.data !== undefined && (
          <p className="page-facts">
            <span>
              Repositories <b>{formatNumber(repositories.data.total.value)}</b>
            </span>
          </p>
        )}
      </div>
      <div className="toolbar">
        <SearchField
          label="Search repositories"
          placeholder="Repository"
          value={search.q ?? ''}
          maxLength={300}
          onSearch={(q) =>
            void navigate({ search: (old) => ({ ...without(old, 'q'), ...(q === '' ? {} : { q }) }), replace: true })
          }
        />
        {search.connection !== undefined && (
          <button
            type="button"
            className="chip chip-set"
            onClick={() => void navigate({ search: (old) => without(old, 'connection'), replace: true })}
          >
            one connection <Icon name="close" size={12} />
          </button>
        )}
      </div>
      {repositories.data !== undefined && repositories.error !== null && (
        <Stale
          updatedAtMs={repositories.dataUpdatedAt}
          error={repositories.error}
          onRetry={() => void repositories.refetch()}
        />
      )}
      {repositories.data === undefined && repositories.error !== null ? (
        <Failure
          title="The repositories can't be shown"
          error={repositories.error}
          onRetry={() => void repositories.refetch()}
        />
      ) : repositories.data?.items.length === 0 ? (
        filtered ? (
          <Blank icon="search" title="No repository matches">
            Names are searched. Take the filter away to see all.
          </Blank>
        ) : (
          <Blank
            icon="repositories"
            title="No repositories yet"
            actions={
              <Link to="/connections" search={{ edit: 'new' }} className={buttonClass('primary')}>
                Connect a registry
              </Link>
            }
          >
            Repositories of every connected registry appear here, with the risk of what their tags hold.
          </Blank>
        )
      ) : (
        <Table
          label="Repositories"
          columns={columns}
          entries={(repositories.data?.items ?? []).map((row) => ({
            kind: 'row',
            key: `${row.registry}/${row.repository}`,
            row,
          }))}
          loading={repositories.data === undefined}
          cardHeight={84}
        />
      )}
    </div>
  );
}

const columns: readonly Column<RepositoryRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => (
      <Risk
        risk={row.risk}
        explanation={row.risk === null ? 'None of its images is assessed yet' : 'The highest risk among its images'}
      />
    ),
  },
  {
    id: 'repository',
    header: 'Repository',
    className: 'card-head',
    cell: (row) => (
      <Link to="/containers" search={{ repository: row.repository }} className="row-link middle">
        <Middle text={row.repository} tailMax={24} />
      </Link>
    ),
  },
  {
    id: 'registry',
    header: 'Registry',
    width: 260,
    cell: (row) => (
      <span className="muted">
        <Middle text={row.registry} />
      </span>
    ),
  },
  {
    id: 'connection',
    header: 'Connection',
    width: 200,
    hideBelow: 840,
    className: 'card-none',
    cell: (row) =>
      row.connection === null ? <span className="faint">–</span> : <Foreign text={row.connection.name} />,
  },
  { id: 'tags', header: 'Tags', label: 'Tags', width: 72, number: true, cell: (row) => <Count value={row.tags} /> },
  {
    id: 'images',
    header: 'Images',
    label: 'Images',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.images} />,
  },
];
