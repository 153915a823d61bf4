import type { ContainerDetail } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { explainAdvice } from '../../app/advice.tsx';
import { AgentMark } from '../../app/agent-mark.tsx';
import { buttonClass } from '../../design/button.tsx';
import { SidePanel } from '../../design/panel.tsx';
import { RiskBlock } from '../../design/risk.tsx';
import { BoneBlock, Failure, Notice } from '../../design/states.tsx';
import { CopyButton, Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { ContainerState } from './container-state.tsx';
import { exitWords, isEveryAddress, portWords } from './container-words.ts';
import { Presence } from './presence.tsx';
import { useContainer } from './queries.ts';

interface ContainerPanelProps {
  readonly host: string;
  /** `runtime/id`. */
  readonly of: string;
  readonly onClose: () => void;
}

/** A container opened beside the list: how it runs, who reaches it, and since when. */
export function ContainerPanel({ host, of, onClose }: ContainerPanelProps) {
  const container = useContainer(host, of);
  const image = container.data?.image ?? null;
  return (
    <SidePanel
      label="Container"
      of={of}
      onClose={onClose}
      title={<h2>{container.data === undefined ? 'Container' : <Middle text={container.data.name} />}</h2>}
      actions={
        <>
          {image !== null && (
            <Link to="/images/$id" params={{ id: image.id }} className={buttonClass('primary')}>
              Open image
            </Link>
          )}
          <span className="grow" />
          <span className="faint small row keys-hint">
            <kbd>j</kbd> <kbd>k</kbd> move <kbd>Esc</kbd> closes
          </span>
        </>
      }
    >
      {container.data !== undefined ? (
        <Body container={container.data} />
      ) : container.error !== null ? (
        <Failure
          title="This container can't be shown"
          error={container.error}
          onRetry={() => void container.refetch()}
        />
      ) : (
        <BoneBlock lines={8} />
      )}
    </SidePanel>
  );
}

function Body({ container }: { readonly container: ContainerDetail }) {
  const { image, advice, ended, gone } = container;
  return (
    <>
      <div className="image-head">
        <RiskBlock risk={image?.risk ?? null} />
        <div className="stack">
          <p>
            {(image?.risk ?? null) === null
              ? 'Its image is not assessed yet, so its risk is not known.'
              : 'The risk of the image that it was started from.'}
          </p>
          <AgentMark readBy={image?.readBy ?? null} />
          {advice !== null && <p className="muted">{explainAdvice(advice)}</p>}
        </div>
      </div>
      {(ended !== null || gone !== null) && (
        <Notice band="none" icon="clock">
          <span>
            {ended !== null ? (
              <>
                Its host was last heard from <Ago at={ended.at} />. What is shown is as of then.
              </>
            ) : (
              gone !== null && (
                <>
                  Its host has had it no more since <Ago at={gone} />.
                </>
              )
            )}
          </span>
        </Notice>
      )}
      <Facts container={container} />
      <section className="stack" aria-label="Published ports">
        <h3>Published ports</h3>
        <Ports ports={container.ports} />
      </section>
      <Presence container={container} />
      <Labels labels={container.labels} />
    </>
  );
}

function Facts({ container }: { readonly container: ContainerDetail }) {
  const { image, pod, created, started, finished, exitCode } = container;
  return (
    <dl className="facts">
      <dt>State</dt>
      <dd>
        <ContainerState of={container} />
      </dd>
      <dt>Image</dt>
      <dd>
        {image === null ? (
          <Foreign text={container.imageReference} />
        ) : (
          <Link to="/images/$id" params={{ id: image.id }}>
            <Foreign text={container.imageReference} />
          </Link>
        )}
      </dd>
      <dt>Runtime</dt>
      <dd>
        <Foreign text={container.runtime} />
      </dd>
      {pod !== null && (
        <>
          <dt>Pod</dt>
          <dd>
            <Foreign text={pod.namespace === null ? pod.name : `${pod.namespace}/${pod.name}`} />
          </dd>
          {pod.owner !== null && (
            <>
              <dt>Deployed as</dt>
              <dd>
                <Foreign text={pod.owner} />
              </dd>
            </>
          )}
          {pod.node !== null && (
            <>
              <dt>Node</dt>
              <dd>
                <Foreign text={pod.node} />
              </dd>
            </>
          )}
        </>
      )}
      <dt>Created</dt>
      <dd>{created === null ? '–' : <Ago at={created} />}</dd>
      <dt>Started</dt>
      <dd>{started === null ? '–' : <Ago at={started} />}</dd>
      {finished !== null && (
        <>
          <dt>Finished</dt>
          <dd>
            <Ago at={finished} />
          </dd>
        </>
      )}
      {exitCode !== null && (
        <>
          <dt>Exit code</dt>
          <dd>{exitWords(exitCode)}</dd>
        </>
      )}
      <dt>Reported first</dt>
      <dd>
        <Ago at={container.firstSeen} />
      </dd>
      <dt>Id</dt>
      <dd className="row">
        <code className="cut">
          <Foreign text={container.id} />
        </code>
        <CopyButton text={container.id} label="Copy id" />
      </dd>
    </dl>
  );
}

function Ports({ ports }: Pick<ContainerDetail, 'ports'>) {
  if (ports.length === 0) return <p className="muted">None is reported.</p>;
  return (
    <ul className="stack">
      {ports.map((port) => (
        <li key={portWords(port)} className="row row-wrap">
          <code>
            <Foreign text={portWords(port)} />
          </code>
          {isEveryAddress(port.ip) && <span className="badge badge-2">every address of the host</span>}
        </li>
      ))}
    </ul>
  );
}

function Labels({ labels }: Pick<ContainerDetail, 'labels'>) {
  const all = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <section className="stack" aria-label="Labels">
      <h3>Labels</h3>
      {all.length === 0 ? (
        <p className="muted">None that its host's agent lets out.</p>
      ) : (
        <dl className="stack">
          {all.map(([name, value]) => (
            <div key={name}>
              <dt className="muted small break">
                <Foreign text={name} />
              </dt>
              <dd className="break">
                <Foreign text={value === '' ? '–' : value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
