import type { ImageRow } from '@hullcheck/contract';
import { useNowMs } from '../design/clock.ts';
import { visible } from '../design/foreign-text.ts';
import { formatDay } from '../design/format.ts';
import { Foreign } from '../design/text.tsx';

const SOON_MS = 90 * 86_400_000;

/** `extended`: regular support ended, long-term support goes on. */
export type LifeState = 'over' | 'extended' | 'ending' | 'supported' | 'unknown';

/** Where an operating system stands between its release and its end of life. */
export function lifeState(endOfLife: string | null, nowMs: number, extendedEndOfLife: string | null = null): LifeState {
  const endMs = endOfLife === null ? Number.NaN : Date.parse(endOfLife);
  if (Number.isNaN(endMs)) return 'unknown';
  const extendedMs = extendedEndOfLife === null ? Number.NaN : Date.parse(extendedEndOfLife);
  if (endMs <= nowMs) return extendedMs > nowMs ? 'extended' : 'over';
  return endMs - nowMs <= SOON_MS ? 'ending' : 'supported';
}

/** `Debian 11 EOL`: support that ended or ends soon is said beside the name, with its day on hover. */
export function OperatingSystem({ os }: { readonly os: ImageRow['os'] }) {
  const nowMs = useNowMs();
  if (os === null) return <span className="faint">–</span>;
  const state = lifeState(os.endOfLife, nowMs, os.extendedEndOfLife ?? null);
  const day = os.endOfLife === null ? '' : formatDay(os.endOfLife);
  return (
    <span className="row nowrap">
      <span className="cut" title={visible(os.name)}>
        <Foreign text={shortName(os)} />
      </span>
      {state === 'over' && (
        <span className="badge badge-3" title={`Support ended on ${day}`}>
          EOL
        </span>
      )}
      {state === 'extended' && (
        <span
          className="badge badge-2"
          title={`Regular support ended on ${day}; long-term support until ${formatDay(os.extendedEndOfLife ?? '')}`}
        >
          LTS
        </span>
      )}
      {state === 'ending' && (
        <span className="badge badge-2" title={`Support ends on ${day}`}>
          ends soon
        </span>
      )}
    </span>
  );
}

/** Ids of `os-release` with the names people use. */
export const systemNames: ReadonlyMap<string, string> = new Map([
  ['debian', 'Debian'],
  ['ubuntu', 'Ubuntu'],
  ['alpine', 'Alpine'],
  ['rhel', 'RHEL'],
  ['fedora', 'Fedora'],
  ['centos', 'CentOS'],
  ['rocky', 'Rocky'],
  ['almalinux', 'AlmaLinux'],
  ['amzn', 'Amazon Linux'],
  ['ol', 'Oracle Linux'],
  ['wolfi', 'Wolfi'],
]);

/** `Debian 11` where `PRETTY_NAME` would fill the column with `Debian GNU/Linux 11 (bullseye)`. */
function shortName({ id, version, name }: NonNullable<ImageRow['os']>): string {
  const known = systemNames.get(id);
  return known === undefined ? name : `${known} ${version}`.trim();
}
