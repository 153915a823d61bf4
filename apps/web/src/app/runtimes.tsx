import type { HostRow } from '@hullcheck/contract';
import { Notice } from '../design/states.tsx';
import { Command, Foreign } from '../design/text.tsx';

type Runtime = HostRow['runtimes'][number];

const NAMES: Readonly<Record<Runtime['kind'], string>> = {
  docker: 'Docker',
  podman: 'Podman',
  containerd: 'containerd',
  'cri-o': 'CRI-O',
  cri: "Kubernetes' runtime",
  kubernetes: 'Kubernetes',
  registry: 'A registry, by its collector',
};

/** One of containerd's namespaces is a runtime by itself. */
export const runtimeKey = ({ address, namespace }: Runtime): string => `${address} ${namespace ?? ''}`;

/** Kind, version and namespace of a runtime that is read, and where it listens. */
export function ReadRuntime({ runtime }: { readonly runtime: Runtime }) {
  return (
    <div className="row row-wrap muted">
      <span className="badge badge-ok">{runtime.kind}</span>
      <Foreign text={runtime.version ?? ''} />
      {runtime.rootless && <span className="badge">rootless</span>}
      {runtime.namespace !== null && (
        <span>
          namespace <Foreign text={runtime.namespace} />
        </span>
      )}
      <code>
        <Foreign text={runtime.address} />
      </code>
    </div>
  );
}

/** Runtimes of a host that can't be read: why, and the command that mends it. */
export function Runtimes({ host, onlyBroken = false }: { readonly host: HostRow; readonly onlyBroken?: boolean }) {
  return host.runtimes
    .filter(({ state }) => !onlyBroken || state !== 'readable')
    .map((runtime) =>
      runtime.state === 'readable' ? (
        <ReadRuntime key={runtimeKey(runtime)} runtime={runtime} />
      ) : (
        <Notice key={runtimeKey(runtime)} band="3" icon="warning">
          <span>
            <b>
              <Foreign text={host.name} />:
            </b>{' '}
            {NAMES[runtime.kind]} is there, but{' '}
            {runtime.state === 'forbidden' ? 'the agent may not read it' : "it doesn't answer"}.{' '}
            {runtime.reason !== null && <Foreign text={runtime.reason} />}{' '}
            <span className="muted">
              (<Foreign text={runtime.address} />)
            </span>
          </span>
          {runtime.remedy !== null && <Command text={runtime.remedy} />}
        </Notice>
      ),
    );
}
