import type { ImageDetail } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { AdviceWord } from '../../app/advice.tsx';
import { HostStateBadge } from '../../app/host-state.tsx';
import { counted } from '../../design/format.ts';
import { Blank, BoneBlock, Failure } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { useImageHosts } from './queries.ts';

/** Where it is, and in which containers it runs. */
export function HostsTab({ image }: { readonly image: ImageDetail }) {
  const hosts = useImageHosts(image.id, true);
  if (hosts.data === undefined) {
    if (hosts.error === null) return <BoneBlock lines={6} />;
    return <Failure title="The hosts can't be shown" error={hosts.error} onRetry={() => void hosts.refetch()} />;
  }
  if (hosts.data.items.length === 0)
    return (
      <Blank icon="hosts" title="On no host that reports">
        A host appears here as soon as its agent sees this image. Agents are added under <Link to="/hosts">Hosts</Link>.
      </Blank>
    );
  return (
    <ul className="stack-16">
      {hosts.data.items.map((host) => (
        <li key={host.id} className="card">
          <div className="row card-line">
            <h2 className="grow">
              <Link to="/hosts/$id" params={{ id: host.id }}>
                <Foreign text={host.name} />
              </Link>
            </h2>
            <HostStateBadge state={host.state} />
            <span className="muted">
              {host.state === 'inactive' ? 'had it' : `${counted(host.containers.length, 'container')}, seen`}{' '}
              <Ago at={host.lastSeen} />
            </span>
          </div>
          {host.containers.map((container) => (
            <div key={container.id} className="row card-line">
              <span className={`badge${container.state === 'running' ? ' badge-ok' : ''}`}>
                <Foreign text={container.state} />
              </span>
              <span className="grow">
                <Foreign text={container.name} />
              </span>
              {container.action !== null && <AdviceWord action={container.action} />}
              <code className="faint">{container.id.slice(0, 12)}</code>
              {container.started !== null && (
                <span className="muted">
                  since <Ago at={container.started} short />
                </span>
              )}
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}
