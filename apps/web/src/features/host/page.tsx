import type { ContainerRow, HostRow, ImageRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Advice } from '../../app/advice.tsx';
import { AssessmentText } from '../../app/assessment.tsx';
import { HostStateBadge } from '../../app/host-state.tsx';
import { imageName } from '../../app/image-name.ts';
import { isAtLeast } from '../../app/image-queries.ts';
import { OperatingSystem } from '../../app/operating-system.tsx';
import { ReadRuntime, Runtimes, runtimeKey } from '../../app/runtimes.tsx';
import { Trend } from '../../app/trend.tsx';
import { buttonClass } from '../../design/button.tsx';
import { formatNumber } from '../../design/format.ts';
import { Count, Risk, RiskBlock } from '../../design/risk.tsx';
import { Blank, BoneBlock, Failure, Notice, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { useHost, useHostContainers, useHostImages } from './queries.ts';

const route = getRouteApi('/hosts/$id');

/** What runs on this machine, and how dangerous is it? */
export function HostPage() {
  const { id } = route.useParams();
  const { tab } = route.useSearch();
  const host = useHost(id);
  if (host.data === undefined)
    return (
      <div className="page">
        {host.error === null ? (
          <BoneBlock lines={6} />
        ) : (
          <Failure page title="This host can't be shown" error={host.error} onRetry={() => void host.refetch()} />
        )}
      </div>
    );
  return (
    <div className="page">
      <Head host={host.data} />
      {host.error !== null && (
        <Stale updatedAtMs={host.dataUpdatedAt} error={host.error} onRetry={() => void host.refetch()} />
      )}
      {host.data.state !== 'inactive' && <Runtimes host={host.data} onlyBroken />}
      <Trend title="Findings over time" of={{ host: id }} />
      <Tabs label="Parts of the host">
        <Link
          to="/hosts/$id"
          params={{ id }}
          search={{ tab: 'containers' }}
          aria-current={tab === undefined ? 'page' : undefined}
        >
          Containers{' '}
          {host.data.state !== 'inactive' && <span className="count">{formatNumber(host.data.containers.total)}</span>}
        </Link>
        <Link to="/hosts/$id" params={{ id }} search={{ tab: 'images' }}>
          Images <span className="count">{formatNumber(host.data.images)}</span>
        </Link>
      </Tabs>
      {tab === 'images' ? <Images id={id} /> : <Containers id={id} inactive={host.data.state === 'inactive'} />}
    </div>
  );
}

function Head({ host }: { readonly host: HostRow }) {
  return (
    <>
      <nav aria-label="Where this is" className="small">
        <Link to="/hosts" search={host.state === 'inactive' ? { inactive: true } : {}}>
          Hosts
        </Link>
      </nav>
      <div className="page-head">
        <h1 className="break">
          <Foreign text={host.name} />
        </h1>
        <HostStateBadge state={host.state} />
        <div className="actions">
          <Link to="/containers" search={{ host: host.id }} className={buttonClass()}>
            Show in Containers
          </Link>
        </div>
      </div>
      <div className="image-head">
        <RiskBlock risk={host.risk} />
        <div className="stack">
          <p>
            {host.risk === null
              ? 'None of its images is assessed yet, so its risk is not known.'
              : 'The highest risk among the images on this host.'}
          </p>
          <p className="muted">
            <Foreign
              text={[host.os, host.architecture].filter((part) => part !== null).join(' · ') || 'system not reported'}
            />{' '}
            · seen <Ago at={host.lastSeen} />
            {host.agent !== null && (
              <>
                {' '}
                · agent <Foreign text={host.agent.version} />
              </>
            )}
          </p>
          {host.runtimes
            .filter(({ state }) => state === 'readable')
            .map((runtime) => (
              <ReadRuntime key={runtimeKey(runtime)} runtime={runtime} />
            ))}
        </div>
      </div>
      {host.state !== 'reporting' && (
        <Notice band={host.state === 'silent' ? '2' : 'none'} icon="clock">
          <span>
            Its agent was last heard <Ago at={host.lastSeen} />. What is shown is as of then
            {host.state === 'inactive' && ', and nothing of it counts as running; when it reports again, it is back'}.
          </span>
          <span>
            If the host is there, look whether the agent runs: <code>systemctl status hullcheck-agent</code>
          </span>
        </Notice>
      )}
    </>
  );
}

function Containers({ id, inactive }: { readonly id: string; readonly inactive: boolean }) {
  const containers = useHostContainers(id);
  if (containers.data === undefined && containers.error !== null)
    return (
      <Failure
        title="The containers can't be shown"
        error={containers.error}
        onRetry={() => void containers.refetch()}
      />
    );
  if (containers.data?.items.length === 0)
    return (
      <Blank icon="containers" title="No containers">
        {inactive
          ? 'It had none when it was last heard from.'
          : 'Containers of this host appear within seconds of their start, running and stopped.'}
      </Blank>
    );
  return (
    <Table
      label="Containers"
      columns={containerColumns}
      entries={(containers.data?.items ?? []).map((row) => ({ kind: 'row', key: `${row.runtime}/${row.id}`, row }))}
      loading={containers.data === undefined}
      cardHeight={84}
    />
  );
}

const containerColumns: readonly Column<ContainerRow>[] = [
  { id: 'risk', header: 'Risk', width: 68, cell: (row) => <Risk risk={row.image?.risk ?? null} /> },
  {
    id: 'name',
    header: 'Container',
    width: 240,
    className: 'card-head',
    cell: ({ name, pod }) => (
      <>
        <Middle text={name} />
        {pod !== null && (
          <span className="small muted" title="Pod">
            <Foreign text={pod.namespace === null ? pod.name : `${pod.namespace}/${pod.name}`} />
            {pod.owner !== null && <Foreign text={` · ${pod.owner}`} />}
            {pod.node !== null && <Foreign text={` on ${pod.node}`} />}
          </span>
        )}
      </>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 112,
    cell: (row) =>
      row.ended === null ? (
        <span className={`badge${row.state === 'running' ? ' badge-ok' : ''}`}>{row.state}</span>
      ) : (
        <span className="badge" title={`${row.state} when its host was last heard from`}>
          was {row.state}
        </span>
      ),
  },
  {
    id: 'image',
    header: 'Image',
    className: 'card-whole',
    cell: (row) =>
      row.image === null ? (
        <Middle text={row.imageReference} />
      ) : (
        <Link to="/images/$id" params={{ id: row.image.id }} className="row-link middle">
          <Middle text={row.imageReference} />
        </Link>
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

function Images({ id }: { readonly id: string }) {
  const images = useHostImages(id);
  if (images.data === undefined && images.error !== null)
    return <Failure title="The images can't be shown" error={images.error} onRetry={() => void images.refetch()} />;
  if (images.data?.items.length === 0)
    return (
      <Blank icon="containers" title="No images">
        Images of this host appear as soon as a runtime on it can be read.
      </Blank>
    );
  return (
    <Table
      label="Images of the host"
      columns={imageColumns}
      entries={(images.data?.items ?? []).map((row) => ({ kind: 'row', key: row.id, row }))}
      loading={images.data === undefined}
    />
  );
}

const imageColumns: readonly Column<ImageRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => <Risk risk={row.risk} explanation={row.explanation ?? row.assessment.reason} />,
  },
  {
    id: 'image',
    header: 'Image',
    className: 'card-head',
    cell: (row) => (
      <Link to="/images/$id" params={{ id: row.id }} className="row-link middle">
        <Middle text={`${imageName(row)}${row.tags[0] === undefined ? '' : `:${row.tags[0]}`}`} />
      </Link>
    ),
  },
  {
    id: 'critical',
    header: 'Critical',
    label: 'Critical',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.counts?.critical ?? null} atLeast={isAtLeast(row.assessment)} />,
  },
  {
    id: 'severe',
    header: 'Severe',
    label: 'Severe',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.counts?.severe ?? null} atLeast={isAtLeast(row.assessment)} />,
  },
  { id: 'os', header: 'OS', width: 160, hideBelow: 840, cell: (row) => <OperatingSystem os={row.os} /> },
  { id: 'assessed', header: 'Assessed', width: 180, cell: (row) => <AssessmentText status={row.assessment} /> },
];
