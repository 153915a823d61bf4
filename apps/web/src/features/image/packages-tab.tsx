import type { ImageDetail, PackageRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useDeferredValue } from 'react';
import { without } from '../../app/search.ts';
import { SearchField } from '../../design/field.tsx';
import { visible } from '../../design/foreign-text.ts';
import { counted } from '../../design/format.ts';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Middle } from '../../design/text.tsx';
import { isOfOrigin, Origin, OriginChips } from './origin-chips.tsx';
import { usePackages } from './queries.ts';

const route = getRouteApi('/images/$id');

/** What is in it. */
export function PackagesTab({ image }: { readonly image: ImageDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const packages = usePackages(image.id, true);
  const text = useDeferredValue(search.q ?? '').toLowerCase();
  if (packages.data === undefined && packages.error !== null)
    return (
      <Failure title="The packages can't be shown" error={packages.error} onRetry={() => void packages.refetch()} />
    );
  if (packages.data?.items.length === 0)
    return image.packages === null ? (
      <Blank icon="unknown" title="Not known yet">
        Packages appear here when the image is read.
      </Blank>
    ) : (
      <Blank icon="containers" title="No packages">
        No package database and no lock file was found in any layer: the image may be built from scratch around one
        program.
      </Blank>
    );
  const shown = (packages.data?.items ?? [])
    .toSorted(byRisk)
    .filter(
      (row) =>
        (search.layer === undefined || row.layer === search.layer) &&
        isOfOrigin(row, search.origin) &&
        (text === '' || row.name.toLowerCase().includes(text) || row.purl.toLowerCase().includes(text)),
    );
  return (
    <>
      <div className="toolbar">
        <SearchField
          label="Search in the packages"
          placeholder="Name or purl"
          value={search.q ?? ''}
          maxLength={300}
          onSearch={(q) =>
            void navigate({
              search: (old) => ({ ...without(old, 'q'), ...(q === '' ? {} : { q }) }),
              replace: true,
              resetScroll: false,
            })
          }
        />
        {(image.lineage.bases.length > 0 || search.origin !== undefined) && <OriginChips />}
        <span className="muted" role="status">
          {packages.data !== undefined &&
            (shown.length === packages.data.items.length
              ? counted(shown.length, 'package')
              : `${shown.length} of ${packages.data.items.length} packages`)}
        </span>
      </div>
      {packages.data !== undefined && packages.error !== null && (
        <Stale updatedAtMs={packages.dataUpdatedAt} error={packages.error} onRetry={() => void packages.refetch()} />
      )}
      {packages.data !== undefined && shown.length === 0 ? (
        <Blank icon="search" title="No package matches">
          Take the search, the layer or the origin away to see all {packages.data.items.length}.
        </Blank>
      ) : (
        <Table
          label="Packages"
          columns={columns}
          entries={shown.map((row) => ({ kind: 'row', key: `${row.purl} ${row.paths[0] ?? ''}`, row }))}
          loading={packages.data === undefined}
          cardHeight={84}
        />
      )}
    </>
  );
}

/** Worst first, the quiet ones by name. */
function byRisk(a: PackageRow, b: PackageRow): number {
  return (b.risk ?? 0) - (a.risk ?? 0) || (a.name < b.name ? -1 : Number(a.name > b.name));
}

const columns: readonly Column<PackageRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => (row.findings === 0 ? <span className="faint">–</span> : <Risk risk={row.risk} />),
  },
  { id: 'name', header: 'Package', className: 'card-head', cell: (row) => <Name row={row} /> },
  { id: 'version', header: 'Version', width: 168, cell: (row) => <Middle text={row.version} /> },
  { id: 'type', header: 'Kind', width: 72, cell: (row) => <span className="badge">{visible(row.type)}</span> },
  {
    id: 'findings',
    header: 'Findings',
    label: 'Findings',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.findings} />,
  },
  {
    id: 'source',
    header: 'Source',
    width: 136,
    hideBelow: 980,
    className: 'card-none',
    cell: (row) =>
      row.source === null || row.source.name === row.name ? (
        <span className="faint">–</span>
      ) : (
        <Middle text={row.source.name} />
      ),
  },
  {
    id: 'origin',
    header: 'From',
    label: 'From',
    width: 128,
    hideBelow: 980,
    cell: (row) => <Origin base={row.inherited} layer={row.layer} />,
  },
  {
    id: 'licenses',
    header: 'Licence',
    width: 112,
    hideBelow: 1120,
    className: 'card-none',
    cell: (row) =>
      row.licenses.length === 0 ? <span className="faint">–</span> : <Middle text={row.licenses.join(', ')} />,
  },
  {
    id: 'path',
    header: 'Found in',
    width: 200,
    hideBelow: 1120,
    className: 'card-none',
    cell: (row) =>
      row.paths[0] === undefined ? (
        <span className="faint">–</span>
      ) : (
        <span className="muted">
          <Middle text={row.paths[0]} tailMax={22} />
        </span>
      ),
  },
];

/** A package with findings leads to them. */
function Name({ row }: { readonly row: PackageRow }) {
  const params = route.useParams();
  if (row.findings === 0) return <Middle text={row.name} />;
  return (
    <Link to="/images/$id" params={params} search={{ q: row.name, view: 'flat' }} className="row-link middle">
      <Middle text={row.name} />
    </Link>
  );
}
