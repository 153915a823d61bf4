import type { CallInput, TrendPoint } from '@hullcheck/contract';
import { useQuery } from '@tanstack/react-query';
import { formatNumber } from '../design/format.ts';
import { useApi } from './api.tsx';

type Of = NonNullable<CallInput<'trend.get'>['query']>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const [WIDTH, HEIGHT] = [600, 96];
const BANDS = ['critical', 'severe', 'moderate'] as const;
const COLOURS: Readonly<Record<(typeof BANDS)[number], string>> = {
  critical: 'var(--band-4)',
  severe: 'var(--band-3)',
  moderate: 'var(--band-2)',
};

interface TrendProps {
  readonly title: string;
  readonly of: Of;
  /** Of the title, below what it stands in. */
  readonly level?: 2 | 3;
}

/**
 * How findings came and went, day by day: the worst at the bottom, each day's sums held until the next change. Nothing with
 * fewer than two days: a point is no course. The same as a table for whoever can't or won't read a picture.
 */
export function Trend({ title, of, level = 2 }: TrendProps) {
  const api = useApi();
  // A course is told by days: what lists follow by the second would add up an estate's for a picture that is the same.
  const trend = useQuery({
    queryKey: ['trend', of],
    queryFn: () => api.call('trend.get', { query: of }),
    refetchInterval: MINUTE_MS,
  });
  const Title = `h${level}` as const;
  const points = trend.data?.points ?? [];
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  return (
    <section className="card card-pad stack" aria-label={title}>
      <div className="row row-wrap">
        <Title className="trend-title">{title}</Title>
        <span className="muted">
          {BANDS.map((band) => `${formatNumber(last[band])} ${band}`).join(' · ')}, since {first.date}
        </span>
      </div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="trend" aria-hidden="true">
        {bandPaths(points).map(({ band, path }) => (
          <path key={band} d={path} fill={COLOURS[band]} />
        ))}
      </svg>
      <details className="small">
        <summary>As a table</summary>
        <div className="scroll-y">
          <table className="trend-table">
            <thead>
              <tr>
                <th scope="col">Day (UTC)</th>
                <th scope="col">Images</th>
                {BANDS.map((band) => (
                  <th key={band} scope="col">
                    {band[0]?.toUpperCase() + band.slice(1)}
                  </th>
                ))}
                <th scope="col">Total risk</th>
              </tr>
            </thead>
            <tbody>
              {points.toReversed().map((point) => (
                <tr key={point.date}>
                  <th scope="row">{point.date}</th>
                  <td>{formatNumber(point.images)}</td>
                  {BANDS.map((band) => (
                    <td key={band}>{formatNumber(point[band])}</td>
                  ))}
                  <td>{formatNumber(point.riskTotal)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

interface BandPath {
  readonly band: (typeof BANDS)[number];
  /** A closed outline in the picture's own units. */
  readonly path: string;
}

/** Stacked areas with steps at the days of change; the last one reaches a day beyond its own, so that it is seen. */
export function bandPaths(points: readonly TrendPoint[]): readonly BandPath[] {
  const days = points.map(({ date }) => Date.parse(date) / DAY_MS);
  const [start = 0] = days;
  const end = (days.at(-1) ?? start) + 1;
  const highest = Math.max(1, ...points.map((point) => point.critical + point.severe + point.moderate));
  const x = (day: number) => round(((day - start) / (end - start)) * WIDTH);
  const y = (value: number) => round(HEIGHT - (value / highest) * HEIGHT);
  let below = points.map(() => 0);
  return BANDS.map((band) => {
    const above = points.map((point, at) => (below[at] ?? 0) + point[band]);
    const path = `M${outline(above, days, end, x, y).join('L')}L${outline(below, days, end, x, y).toReversed().join('L')}Z`;
    below = above;
    return { band, path };
  });
}

function outline(
  values: readonly number[],
  days: readonly number[],
  end: number,
  x: (day: number) => number,
  y: (value: number) => number,
): readonly string[] {
  return values.flatMap((value, at) => [`${x(days[at] ?? 0)} ${y(value)}`, `${x(days[at + 1] ?? end)} ${y(value)}`]);
}

const round = (value: number) => Math.round(value * 100) / 100;
