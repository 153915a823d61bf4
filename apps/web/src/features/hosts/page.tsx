import type { HostRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { FurtherRows } from '../../app/further-rows.tsx';
import { ClockBadge, HostStateBadge } from '../../app/host-state.tsx';
import { Outdated } from '../../app/outdated.tsx';
import { Runtimes, runtimeKey } from '../../app/runtimes.tsx';
import { useSaidMatches } from '../../app/said-matches.ts';
import { useMay } from '../../app/session.tsx';
import { Button, buttonClass } from '../../design/button.tsx';
import { counted, formatNumber } from '../../design/format.ts';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { AddHost } from './add-host.tsx';
import { HostFilters } from './filters.tsx';
import { useHosts, useUnreadableHosts } from './queries.ts';

const route = getRouteApi('/hosts');

/** How many of the hosts with a runtime that can't be read are told of above the list. */
const TOLD_MAX = 3;

/** Which machines run what is dangerous? */
export function HostsPage() {
  const search = route.useSearch();
  const inactive = search.inactive === true;
  const hosts = useHosts(search);
  const [adding, setAdding] = useState(false);
  const mayAdminister = useMay('admin');
  const add = mayAdminister && (
    <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
      Add host
    </Button>
  );
  const states = useLastKnown(hosts.first?.states);
  const filtered = search.q !== undefined || search.state !== undefined || search.unreadable !== undefined;
  useSaidMatches(filtered, hosts.total, 'No host matches');
  return (
    <div className="page">
      <div className="page-head">
        <h1>Hosts</h1>
        {states !== undefined && (
          <p className="page-facts">
            <span>
              Reporting <b>{formatNumber(states.reporting)}</b>
            </span>
            <span>
              Silent <b>{formatNumber(states.silent)}</b>
            </span>
            {filtered && hosts.total !== undefined && (
              <span>
                Matching{' '}
                <b>
                  {hosts.total.exact ? '' : 'more than '}
                  {formatNumber(hosts.total.value)}
                </b>
              </span>
            )}
          </p>
        )}
        <div className="actions">{add}</div>
      </div>
      {hosts.data !== undefined && hosts.error !== null && !hosts.isFetchNextPageError && (
        <Stale updatedAtMs={hosts.dataUpdatedAt} error={hosts.error} onRetry={() => void hosts.refetch()} />
      )}
      {states !== undefined && (inactive || states.inactive > 0) && (
        <Tabs label="Hosts by when they were heard from">
          <Link to="/hosts" search={{}} activeOptions={{ exact: inactive }}>
            Heard from <span className="count">{formatNumber(states.reporting + states.silent)}</span>
          </Link>
          <Link to="/hosts" search={{ inactive: true }}>
            Inactive <span className="count">{formatNumber(states.inactive)}</span>
          </Link>
        </Tabs>
      )}
      {inactive ? (
        <p className="muted">
          Not heard from for six hours or more. Nothing on them counts as running; a host that reports again is back at
          once.
        </p>
      ) : (
        <Unreadable all={search.unreadable === undefined} />
      )}
      {(states === undefined || states.reporting + states.silent + states.inactive > 0) && <HostFilters />}
      <Outdated list={hosts} />
      {hosts.data === undefined && hosts.error !== null ? (
        <Failure title="The hosts can't be shown" error={hosts.error} onRetry={() => void hosts.refetch()} />
      ) : hosts.data !== undefined && states !== undefined && hosts.rows.length === 0 ? (
        filtered ? (
          <Blank
            icon="search"
            title="No host matches"
            actions={
              <Link to="/hosts" search={inactive ? { inactive: true } : {}} className={buttonClass()}>
                {inactive ? 'Show all inactive hosts' : 'Show all hosts'}
              </Link>
            }
          >
            Names, systems and kernels are searched. Take a filter away to see more.
          </Blank>
        ) : (
          <NoHosts inactive={inactive} others={states.inactive} add={add} />
        )
      ) : (
        <Table
          label="Hosts"
          columns={columns}
          entries={hosts.rows.map((row) => ({ kind: 'row', key: row.id, row }))}
          total={hosts.total}
          loading={hosts.data === undefined}
          onEnd={hosts.more}
        />
      )}
      <FurtherRows list={hosts} />
      {adding && <AddHost onClose={() => setAdding(false)} />}
    </div>
  );
}

/** Of all hosts, whichever are searched for: stays while the next search is on its way. */
function useLastKnown<T>(now: T | undefined): T | undefined {
  const [last, setLast] = useState(now);
  if (now !== undefined && now !== last) setLast(now);
  return now ?? last;
}

/** Runtimes that can't be read, with what mends them: of the first hosts. `all`: leads to the others. */
function Unreadable({ all }: { readonly all: boolean }) {
  const hosts = useUnreadableHosts(TOLD_MAX).data;
  if (hosts === undefined) return null;
  const more = hosts.total.value - hosts.items.length;
  return (
    <>
      {hosts.items.map((host) => (
        <Runtimes key={host.id} host={host} onlyBroken />
      ))}
      {all && more > 0 && (
        <p>
          <Link to="/hosts" search={{ unreadable: 'true' }}>
            {counted(more, 'more host has', 'more hosts have')} a runtime that can't be read
          </Link>
        </p>
      )}
    </>
  );
}

function NoHosts({
  inactive,
  others,
  add,
}: {
  readonly inactive: boolean;
  /** Inactive ones. */
  readonly others: number;
  readonly add: ReactNode;
}) {
  if (inactive)
    return (
      <Blank icon="hosts" title="No host is inactive">
        A host that was not heard from for six hours appears here, until it reports again or is forgotten.
      </Blank>
    );
  if (others > 0)
    return (
      <Blank icon="hosts" title="No host reports now" actions={add}>
        {counted(others, 'host')} reported before. Look whether the agents run and reach this console.
      </Blank>
    );
  return (
    <Blank icon="hosts" title="No host reports yet" actions={add}>
      Each host with an agent appears here with its runtimes, images and running containers. Adding one takes a single
      command on that host.
    </Blank>
  );
}

const columns: readonly Column<HostRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => (
      <Risk
        risk={row.risk}
        explanation={row.risk === null ? 'No image of this host is assessed yet' : 'The highest risk among its images'}
      />
    ),
  },
  {
    id: 'name',
    header: 'Host',
    className: 'card-head',
    cell: (row) => (
      <span className="row">
        <Link to="/hosts/$id" params={{ id: row.id }} className="row-link middle">
          <Middle text={row.name} />
        </Link>
        <ClockBadge skewMs={row.clockSkewMs} />
      </span>
    ),
  },
  {
    id: 'os',
    header: 'System',
    width: 220,
    hideBelow: 840,
    cell: (row) => (
      <span className="cut muted block">
        <Foreign text={[row.os, row.architecture].filter((part) => part !== null).join(' · ') || '–'} />
      </span>
    ),
  },
  {
    id: 'runtimes',
    header: 'Runtimes',
    width: 248,
    hideBelow: 980,
    className: 'card-whole',
    cell: (row) => <RuntimeBadges host={row} />,
  },
  {
    id: 'running',
    header: 'Running',
    label: 'Running',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.state === 'inactive' ? null : row.containers.running} />,
  },
  {
    id: 'images',
    header: 'Images',
    label: 'Images',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.images} />,
  },
  {
    id: 'agent',
    header: 'Agent',
    width: 80,
    hideBelow: 1120,
    className: 'card-none',
    cell: (row) =>
      row.agent === null ? (
        <span className="faint">–</span>
      ) : row.agent.revoked ? (
        <span className="badge badge-4">revoked</span>
      ) : (
        <Foreign text={row.agent.version} />
      ),
  },
  {
    id: 'seen',
    header: 'Last seen',
    label: 'Last seen',
    width: 148,
    cell: (row) => (
      <span className="row">
        <HostStateBadge state={row.state} />
        <Ago at={row.lastSeen} />
      </span>
    ),
  },
];

function RuntimeBadges({ host }: { readonly host: HostRow }) {
  if (host.runtimes.length === 0) return <span className="faint">none found</span>;
  return (
    <span className="row">
      {host.runtimes.map((runtime) => (
        <span key={runtimeKey(runtime)} className={`badge${runtime.state === 'readable' ? '' : ' badge-3'}`}>
          {runtime.kind}{' '}
          {runtime.state === 'readable' ? (
            <Foreign text={runtime.namespace ?? runtime.version ?? ''} />
          ) : runtime.state === 'forbidden' ? (
            'not readable'
          ) : (
            'not running'
          )}
        </span>
      ))}
    </span>
  );
}
