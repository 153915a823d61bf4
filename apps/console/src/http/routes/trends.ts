import { Fault } from '@hullcheck/core';
import type { Queryable } from '../../store/database.ts';
import type { ScopeView } from '../../store/scope.ts';
import { readTrend, type TrendRow } from '../../store/trends.ts';
import type { Handlers } from '../route-table.ts';

/** Adding up 20,000 images of 13 figures each takes about a second, whoever looks at the overview, and it is a picture of days. */
const ALL_KEPT_MS = 60_000;

interface TrendContext {
  readonly database: Queryable;
  readonly retentionDays: number;
  readonly now: () => number;
}

export function trendHandlers({ database, retentionDays, now }: TrendContext): Pick<Handlers, 'trend.get'> {
  const kept = new Map<string, { readonly atMs: number; readonly points: Promise<readonly TrendRow[]> }>();
  const ofAll = (view: ScopeView): Promise<readonly TrendRow[]> => {
    const key = view.scopes.toSorted().join(' ');
    const last = kept.get(key);
    if (last !== undefined && now() - last.atMs < ALL_KEPT_MS) return last.points;
    const points = readTrend(database, view, {}, retentionDays);
    points.catch(() => kept.delete(key));
    kept.set(key, { atMs: now(), points });
    return points;
  };
  return {
    'trend.get': async ({ view, query }) => {
      const { image, host, registry, repository } = query;
      const named = [image, host, registry ?? repository].filter((one) => one !== undefined).length;
      if (named > 1)
        throw new Fault('invalid-input', 'a trend is of one image, one host or one repository', { place: 'query' });
      return { points: [...(await (named === 0 ? ofAll(view) : readTrend(database, view, query, retentionDays)))] };
    },
  };
}
