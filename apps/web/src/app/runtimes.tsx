import type { HostRow } from '@hullcheck/contract';
import { Notice } from '../design/states.tsx';
import { Command, Foreign } from '../design/text.tsx';

/** Runtimes of a host that can't be read: why, and the command that mends it. */
export function Runtimes({ host, onlyBroken = false }: { readonly host: HostRow; readonly onlyBroken?: boolean }) {
  return host.runtimes
    .filter(({ state }) => !onlyBroken || state !== 'readable')
    .map((runtime) =>
      runtime.state === 'readable' ? (
        <div key={runtime.address} className="row muted">
          <span className="badge badge-ok">{runtime.kind}</span>
          <Foreign text={runtime.version ?? ''} />
          <code>
            <Foreign text={runtime.address} />
          </code>
        </div>
      ) : (
        <Notice key={runtime.address} band="3" icon="warning">
          <span>
            <b>
              <Foreign text={host.name} />:
            </b>{' '}
            {runtime.kind === 'docker' ? 'Docker' : 'Podman'} is there, but{' '}
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
