import { useNowMs } from './clock.ts';
import { formatAge, formatAgo, formatExact, formatUntil } from './format.ts';

/** A moment, relative, with the exact time on hover. `short` leaves out "ago". */
export function Ago({ at, short = false }: { readonly at: string; readonly short?: boolean }) {
  const now = useNowMs();
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span className="faint">–</span>;
  return (
    <time dateTime={at} title={formatExact(ms)} className="nowrap">
      {short ? formatAge(ms, now) : formatAgo(ms, now)}
    </time>
  );
}

/** A moment to come, relative, with the exact time on hover. */
export function Until({ at }: { readonly at: string }) {
  const now = useNowMs();
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span className="faint">–</span>;
  return (
    <time dateTime={at} title={formatExact(ms)} className="nowrap">
      {formatUntil(ms, now)}
    </time>
  );
}
