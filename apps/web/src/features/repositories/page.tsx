import { connectionKinds, kindOf, type RepositoryRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { without } from '../../app/search.ts';
import { buttonClass } from '../../design/button.tsx';
import { SearchField, Select } from '../../design/field.tsx';
import { formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { useKeys } from '../../design/keys.ts';
import { useMedia } from '../../design/media.ts';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { RepositoryPanel } from './panel.tsx';
import { useRepositories } from './queries.ts';

const route = getRouteApi('/repositories');

/** Which of our repositories hold something dangerous? */
export function RepositoriesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = useMedia('(width < 760px)');
  const { repository: openedId, ...filters } = search;
  const repositories = useRepositories(filters);
  const filtered = Object.keys(filters).length > 0;
  const rows = repositories.data?.items ?? [];
  const opened = rows.find(({ id }) => id === openedId);
  const open = (id: string | undefined): void => {
    void navigate({
      search: (old) => ({ ...without(old, 'repository'), ...(id === undefined ? {} : { repository: id }) }),
      replace: true,
      resetScroll: false,
    });
  };
  const step = (by: number): void => {
    const at = rows.findIndex(({ id }) => id === openedId);
    open(rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.id);
  };
  useKeys({ j: () => step(1), k: () => step(-1), escape: () => openedId !== undefined && open(undefined) });
  return (
    <div className={`page${opened === undefined || narrow ? '' : ' with-side'}`}>
      <div className="page-head">
        <h1>Repositories</h1>
        {repositories.data !== undefined && (
          <p className="page-facts">
            <span>
              In all <b>{formatNumber(repositories.data.total.value)}</b>
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
        <div className="sort">
          <Select
            aria-label="Vendor"
            value={search.kind ?? ''}
            onChange={(event) => {
              const chosen = connectionKinds.find(({ id }) => id === event.currentTarget.value)?.id;
              void navigate({
                search: (old) => ({ ...without(old, 'kind'), ...(chosen === undefined ? {} : { kind: chosen }) }),
                replace: true,
              });
            }}
          >
            <option value="">All vendors</option>
            {connectionKinds.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </div>
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
            key: row.id,
            row,
          }))}
          loading={repositories.data === undefined}
          cardHeight={84}
          currentKey={opened?.id}
        />
      )}
      {opened !== undefined && <RepositoryPanel repository={opened} onClose={() => open(undefined)} />}
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
      <span className="row">
        <Link
          to="/repositories"
          search={(old) => ({ ...old, repository: row.id })}
          replace
          resetScroll={false}
          className="row-link middle"
        >
          <Middle text={row.repository} tailMax={24} />
        </Link>
        {row.goneAt !== null && <span className="badge">gone</span>}
        {row.error !== null && <span className="badge badge-2">not read</span>}
      </span>
    ),
  },
  {
    id: 'description',
    header: 'Description',
    width: 220,
    hideBelow: 1280,
    className: 'card-none',
    cell: (row) =>
      row.description === null ? (
        <span className="faint">–</span>
      ) : (
        <span className="muted">
          <Middle text={row.description} tailMax={0} />
        </span>
      ),
  },
  {
    id: 'vendor',
    header: 'Vendor',
    width: 190,
    hideBelow: 1000,
    className: 'card-none',
    cell: (row) => <span className="muted">{kindOf(row.kind).name}</span>,
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
