import type { HostState } from '@hullcheck/contract';

/** Nothing for a host that reports. */
export function HostStateBadge({ state }: { readonly state: HostState }) {
  if (state === 'reporting') return null;
  return state === 'silent' ? (
    <span className="badge badge-2" title="Three heartbeats are missing: shown as it was when it was last heard from">
      silent
    </span>
  ) : (
    <span className="badge" title="Not heard from for hours: nothing on it counts as running">
      inactive
    </span>
  );
}
