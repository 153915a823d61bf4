import type { HostState } from '@hullcheck/contract';
import { clockSkewWords } from './clock-skew.ts';

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

/** Nothing for a host whose clock is right. */
export function ClockBadge({ skewMs }: { readonly skewMs: number }) {
  const words = clockSkewWords(skewMs);
  if (words === undefined) return null;
  return (
    <span className="badge badge-2" title="Against the console's clock, when it reported last">
      clock {words}
    </span>
  );
}
