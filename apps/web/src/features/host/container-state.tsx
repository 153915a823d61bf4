import type { ContainerRow } from '@hullcheck/contract';

/** Its state; of one that ended because its host was not heard from any more, what that was. */
export function ContainerState({ of: { state, ended } }: { readonly of: Pick<ContainerRow, 'state' | 'ended'> }) {
  if (ended !== null)
    return (
      <span className="badge" title={`${state} when its host was last heard from`}>
        was {state}
      </span>
    );
  return <span className={`badge${state === 'running' ? ' badge-ok' : ''}`}>{state}</span>;
}
