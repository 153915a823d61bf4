import type { ContainerRow, HostRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Advice } from '../../app/advice.tsx';
import { AgentMark } from '../../app/agent-mark.tsx';
import { FurtherRows } from '../../app/further-rows.tsx';
import { Outdated } from '../../app/outdated.tsx';
import { useSaidMatches } from '../../app/said-matches.ts';
import { without } from '../../app/search.ts';
import { buttonClass } from '../../design/button.tsx';
import { visible } from '../../design/foreign-text.ts';
import { formatNumber } from '../../design/format.ts';
import { useKeys } from '../../design/keys.ts';
import { Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { ContainerFilters } from './container-filters.tsx';
import { ContainerPanel } from './container-panel.tsx';
import { ContainerState } from './container-state.tsx';
import { podWords } from './container-words.ts';
import { containerKey, useHostContainers } from './queries.ts';

const route = getRouteApi('/hosts/$id');

/** Which of its containers are dangerous? */
export function Containers({ host: { id, state, containers: counted } }: { readonly host: HostRow }) {
  const inactive = state === 'inactive';
  const { container: opened, tab: _, ...filters } = route.useSearch();
  const navigate = route.useNavigate();
  const containers = useHostContainers(id, filters);
  const { rows, total } = containers;
  const filtered = Object.keys(filters).some((name) => name !== 'sort');
  useSaidMatches(filtered, total, 'No container matches');
  const open = (key: string | undefined): void => {
    void navigate({
      search: (old) => ({ ...without(old, 'container'), ...(key === undefined ? {} : { container: key }) }),
      replace: true,
      resetScroll: false,
    });
  };
  const step = (by: number): void => {
    const at = rows.findIndex((row) => containerKey(row) === opened);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) open(containerKey(next));
  };
  const image = rows.find((row) => containerKey(row) === opened)?.image?.id;
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    escape: () => opened !== undefined && open(undefined),
    enter: (event) => {
      // On a row's link Enter opens that row; with the panel of the same row open it goes in.
      const focused = event.target instanceof Element ? event.target.closest('tr')?.dataset.key : undefined;
      if (focused !== undefined && focused !== opened) open(focused);
      else if (image !== undefined) void navigate({ to: '/images/$id', params: { id: image }, search: {} });
    },
  });
  return (
    <>
      {(filtered || rows.length > 0 || containers.data === undefined) && <ContainerFilters />}
      {containers.data !== undefined && containers.error !== null && !containers.isFetchNextPageError && (
        <Stale
          updatedAtMs={containers.dataUpdatedAt}
          error={containers.error}
          onRetry={() => void containers.refetch()}
        />
      )}
      <Outdated list={containers} />
      {filtered && total !== undefined && rows.length > 0 && (
        <p className="muted">
          {total.exact ? '' : 'More than '}
          {formatNumber(total.value)} match
        </p>
      )}
      {containers.data === undefined && containers.error !== null ? (
        <Failure
          title="The containers can't be shown"
          error={containers.error}
          onRetry={() => void containers.refetch()}
        />
      ) : containers.data !== undefined && rows.length === 0 ? (
        filtered ? (
          <Blank
            icon="search"
            title="No container matches"
            actions={
              <Link to="/hosts/$id" params={{ id }} search={{}} className={buttonClass()}>
                Show all containers
              </Link>
            }
          >
            Names, images, pods, namespaces, what was deployed, nodes and the beginnings of ids are searched. Take a
            filter away to see more.
          </Blank>
        ) : (
          <Blank icon="containers" title="No containers">
            {inactive
              ? 'It had none when it was last heard from.'
              : counted.onNodes > 0
                ? 'The agents of its nodes report all of them: look at the hosts of the nodes, or at Containers.'
                : 'Containers of this host appear within seconds of their start, running and stopped.'}
          </Blank>
        )
      ) : (
        <Table
          label="Containers"
          columns={columns}
          entries={rows.map((row) => ({ kind: 'row', key: containerKey(row), row }))}
          total={total}
          loading={containers.data === undefined}
          currentKey={opened}
          cardHeight={84}
          onEnd={containers.more}
        />
      )}
      <FurtherRows list={containers} />
      {opened !== undefined && <ContainerPanel host={id} of={opened} onClose={() => open(undefined)} />}
    </>
  );
}

const columns: readonly Column<ContainerRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => (
      <Risk
        risk={row.image?.risk ?? null}
        explanation={(row.image?.risk ?? null) === null ? 'Its image is not assessed yet' : 'The risk of its image'}
      />
    ),
  },
  {
    id: 'name',
    header: 'Container',
    width: 240,
    className: 'card-head',
    cell: (row) => (
      <>
        <Link
          from="/hosts/$id"
          to="/hosts/$id"
          params={{ id: row.host.id }}
          search={(old) => ({ ...old, container: containerKey(row) })}
          replace
          resetScroll={false}
          className="row-link middle"
        >
          <Middle text={row.name} />
        </Link>
        {row.pod !== null && (
          <span className="small muted cut block" title={`Pod ${visible(podWords(row.pod))}`}>
            <Foreign text={podWords(row.pod)} />
          </span>
        )}
      </>
    ),
  },
  { id: 'state', header: 'State', width: 112, cell: (row) => <ContainerState of={row} /> },
  {
    id: 'image',
    header: 'Image',
    className: 'card-whole',
    cell: (row) =>
      row.image === null ? (
        <Middle text={row.imageReference} />
      ) : (
        <span className="row">
          <Link to="/images/$id" params={{ id: row.image.id }} className="above middle">
            <Middle text={row.imageReference} />
          </Link>
          <AgentMark readBy={row.image.readBy} />
        </span>
      ),
  },
  {
    id: 'advice',
    header: 'What helps',
    label: 'What helps',
    width: 116,
    cell: (row) => <Advice advice={row.advice} />,
  },
  {
    id: 'id',
    header: 'Id',
    width: 120,
    hideBelow: 980,
    className: 'card-none',
    cell: (row) => <code className="faint">{row.id.slice(0, 12)}</code>,
  },
  {
    id: 'started',
    header: 'Started',
    width: 112,
    hideBelow: 840,
    cell: (row) => (row.started === null ? <span className="faint">–</span> : <Ago at={row.started} />),
  },
];
