import type { HostRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { HostStateBadge } from '../../app/host-state.tsx';
import { Runtimes, runtimeKey } from '../../app/runtimes.tsx';
import { useMay } from '../../app/session.tsx';
import { Button } from '../../design/button.tsx';
import { counted, formatNumber } from '../../design/format.ts';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { AddHost } from './add-host.tsx';
import { useHosts } from './queries.ts';

const route = getRouteApi('/hosts');

/** Which machines run what is dangerous? */
export function HostsPage() {
  const inactive = route.useSearch().inactive === true;
  const hosts = useHosts(inactive);
  const [adding, setAdding] = useState(false);
  const mayAdminister = useMay('admin');
  const add = mayAdminister && (
    <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
      Add host
    </Button>
  );
  const states = hosts.data?.states;
  const broken = inactive
    ? []
    : (hosts.data?.items.filter((host) => host.runtimes.some(({ state }) => state !== 'readable')) ?? []);
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
          </p>
        )}
        <div className="actions">{add}</div>
      </div>
      {hosts.data !== undefined && hosts.error !== null && (
        <Stale updatedAtMs={hosts.dataUpdatedAt} error={hosts.error} onRetry={() => void hosts.refetch()} />
      )}
      {states !== undefined && (inactive || states.inactive > 0) && (
        <Tabs label="Hosts by when they were heard from">
          <Link to="/hosts" search={{}} activeOptions={{ exact: true }}>
            Heard from <span className="count">{formatNumber(states.reporting + states.silent)}</span>
          </Link>
          <Link to="/hosts" search={{ inactive: true }} activeOptions={{ exact: true }}>
            Inactive <span className="count">{formatNumber(states.inactive)}</span>
          </Link>
        </Tabs>
      )}
      {inactive && (
        <p className="muted">
          Not heard from for six hours or more. Nothing on them counts as running; a host that reports again is back at
          once.
        </p>
      )}
      {broken.map((host) => (
        <Runtimes key={host.id} host={host} onlyBroken />
      ))}
      {hosts.data === undefined && hosts.error !== null ? (
        <Failure title="The hosts can't be shown" error={hosts.error} onRetry={() => void hosts.refetch()} />
      ) : hosts.data?.items.length === 0 ? (
        <NoHosts inactive={inactive} others={hosts.data.states.inactive} add={add} />
      ) : (
        <Table
          label="Hosts"
          columns={columns}
          entries={(hosts.data?.items ?? []).map((row) => ({ kind: 'row', key: row.id, row }))}
          loading={hosts.data === undefined}
        />
      )}
      {adding && <AddHost onClose={() => setAdding(false)} />}
    </div>
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
      <Link to="/hosts/$id" params={{ id: row.id }} className="row-link middle">
        <Middle text={row.name} />
      </Link>
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
