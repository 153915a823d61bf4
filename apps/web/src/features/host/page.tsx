import type { HostRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { clockSkewWords } from '../../app/clock-skew.ts';
import { HostStateBadge } from '../../app/host-state.tsx';
import { ReadRuntime, Runtimes, runtimeKey } from '../../app/runtimes.tsx';
import { Trend } from '../../app/trend.tsx';
import { buttonClass } from '../../design/button.tsx';
import { formatNumber } from '../../design/format.ts';
import { useMedia } from '../../design/media.ts';
import { RiskBlock } from '../../design/risk.tsx';
import { BoneBlock, Failure, Notice, Stale } from '../../design/states.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { Command, Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Containers } from './containers.tsx';
import { Images } from './images.tsx';
import { useHost } from './queries.ts';

const route = getRouteApi('/hosts/$id');

/** What runs on this machine, and how dangerous is it? */
export function HostPage() {
  const { id } = route.useParams();
  const { tab, container } = route.useSearch();
  const narrow = useMedia('(width < 760px)');
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
    <div className={`page${container === undefined || narrow ? '' : ' with-side'}`}>
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
      {tab === 'images' ? <Images id={id} /> : <Containers host={host.data} />}
    </div>
  );
}

function Head({ host }: { readonly host: HostRow }) {
  const clock = clockSkewWords(host.clockSkewMs);
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
              text={
                [host.os, host.kernel === null ? null : `kernel ${host.kernel}`, host.architecture]
                  .filter((part) => part !== null)
                  .join(' · ') || 'system not reported'
              }
            />{' '}
            · seen <Ago at={host.lastSeen} />
            {host.agent !== null && (
              <>
                {' '}
                · agent <Foreign text={host.agent.version} />
              </>
            )}
          </p>
          {host.containers.onNodes > 0 && (
            <p>
              {formatNumber(host.containers.onNodes)}{' '}
              {host.containers.onNodes === 1
                ? 'more container of this cluster is'
                : 'more containers of this cluster are'}{' '}
              reported by the agents of its nodes, and counted there.
            </p>
          )}
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
      {clock !== undefined && (
        <Notice band="2" icon="clock">
          <span>
            Its clock was <b>{clock}</b> {host.clockSkewMs > 0 && 'of '}the console's when it reported last. When its
            containers were created, started and ended is by that clock; when it was heard from, and since when a
            container is in its state, is by the console's.
          </span>
          <Command text="sudo timedatectl set-ntp true" />
        </Notice>
      )}
    </>
  );
}
