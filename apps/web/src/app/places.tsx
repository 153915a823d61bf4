import type { Places } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { Button } from '../design/button.tsx';
import { counted, formatNumber } from '../design/format.ts';
import { Count, Risk } from '../design/risk.tsx';
import { type Column, Table } from '../design/table.tsx';
import { Foreign, Middle } from '../design/text.tsx';
import { AgentMark } from './agent-mark.tsx';
import { HostStateBadge } from './host-state.tsx';

/** Images that are asked for at first, and at most. */
export const PLACES_FIRST = 200;
export const PLACES_MAX = 1_000;

/**
 * Where something is: in which images, and on which hosts those run. `shorten` makes one word of a purl, layer or path; `onMore`
 * asks for as many as there can be.
 */
export function PlacesView({
  places,
  shorten,
  onMore,
}: {
  readonly places: Places;
  readonly shorten: (text: string) => string;
  readonly onMore?: (() => void) | undefined;
}) {
  const { images, repositories, hosts, containers, totals } = places;
  const hostNames = new Map(hosts.map((host) => [host.id, host.name]));
  const running = containers.filter(({ state }) => state === 'running');
  const runningHosts = new Set(running.map(({ host }) => host)).size;
  const cut = totals.images > images.length;
  return (
    <>
      <p className="lead">
        In {counted(totals.images, 'image')} of {cut && 'at least '}
        {counted(repositories.length, 'repository', 'repositories')};{' '}
        {totals.running === 0
          ? 'no container runs it now.'
          : `${counted(totals.running, 'container runs', 'containers run')} it on ${running.length < totals.running ? 'at least ' : ''}${counted(runningHosts, 'host')} now.`}
      </p>
      <section className="stack" aria-label="Images">
        <h2>
          Images <span className="faint">{formatNumber(totals.images)}</span>
        </h2>
        {cut && (
          <p className="muted small row">
            The {formatNumber(images.length)} of the highest risk are listed, and what is theirs.
            {onMore !== undefined && <Button onClick={onMore}>List up to {formatNumber(PLACES_MAX)}</Button>}
          </p>
        )}
        <Table
          label="Images with it"
          columns={imageColumns(shorten)}
          entries={images.map((row) => ({ kind: 'row', key: row.id, row }))}
          cardHeight={84}
        />
      </section>
      <section className="stack" aria-label="Containers">
        <h2>
          Containers <span className="faint">{formatNumber(containers.length)}</span>
        </h2>
        {running.length < totals.running && (
          <p className="muted small">
            {formatNumber(totals.running)} run it; those of the images of the highest risk are listed.
          </p>
        )}
        {containers.length === 0 ? (
          <p className="muted">None on the hosts that report.</p>
        ) : (
          <Table
            label="Containers with it"
            columns={containerColumns(hostNames)}
            entries={containers.map((row) => ({ kind: 'row', key: `${row.host} ${row.id}`, row }))}
            cardHeight={60}
          />
        )}
      </section>
      <div className="columns-2">
        <section className="stack" aria-label="Repositories">
          <h2>Repositories</h2>
          {repositories.length === 0 && (
            <p className="muted">None: these images came by upload or are known by digest only.</p>
          )}
          <ul>
            {repositories.map(({ registry, repository }) => (
              <li key={`${registry}/${repository}`} className="worst row">
                <Link to="/containers" search={{ repository }}>
                  <Foreign text={repository} />
                </Link>
                <span className="faint">
                  <Foreign text={registry} />
                </span>
              </li>
            ))}
          </ul>
        </section>
        <section className="stack" aria-label="Hosts">
          <h2>Hosts</h2>
          {hosts.length === 0 && <p className="muted">None of the hosts that report.</p>}
          <ul>
            {hosts.map((host) => (
              <li key={host.id} className="worst row">
                <Link to="/hosts/$id" params={{ id: host.id }}>
                  <Foreign text={host.name} />
                </Link>
                <HostStateBadge state={host.state} />
              </li>
            ))}
          </ul>
        </section>
      </div>
    </>
  );
}

function imageColumns(shorten: (text: string) => string): readonly Column<Places['images'][number]>[] {
  return [
    { id: 'risk', header: 'Risk', width: 68, cell: (row) => <Risk risk={row.risk} /> },
    {
      id: 'name',
      header: 'Image',
      className: 'card-head',
      cell: (row) => (
        <span className="row">
          <Link to="/images/$id" params={{ id: row.id }} className="row-link middle">
            <Middle text={row.name} />
          </Link>
          <AgentMark readBy={row.readBy} />
        </span>
      ),
    },
    {
      id: 'through',
      header: 'Through',
      width: 320,
      className: 'card-whole',
      cell: (row) => (
        <span className="cut muted block" title={row.through.join(', ')}>
          <Foreign text={[...new Set(row.through.map(shorten))].join(', ')} />
        </span>
      ),
    },
    {
      id: 'running',
      header: 'Running',
      label: 'Running',
      width: 88,
      number: true,
      cell: (row) => <Count value={row.running} />,
    },
  ];
}

function containerColumns(hostNames: ReadonlyMap<string, string>): readonly Column<Places['containers'][number]>[] {
  return [
    {
      id: 'state',
      header: 'State',
      width: 104,
      cell: (row) => (
        <span className={`badge${row.state === 'running' ? ' badge-ok' : ''}`}>
          <Foreign text={row.state} />
        </span>
      ),
    },
    { id: 'name', header: 'Container', className: 'card-head', cell: (row) => <Middle text={row.name} /> },
    {
      id: 'host',
      header: 'Host',
      width: 320,
      cell: (row) => (
        <Link to="/hosts/$id" params={{ id: row.host }} className="row-link middle">
          <Middle text={hostNames.get(row.host) ?? row.host} />
        </Link>
      ),
    },
  ];
}
