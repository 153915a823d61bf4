import type { Database } from '../../store/database.ts';
import { readTrend } from '../../store/trends.ts';
import type { Handlers } from '../route-table.ts';

export function trendHandlers({ database }: { readonly database: Database }): Pick<Handlers, 'trend.get'> {
  return {
    'trend.get': async ({ view, query }) => ({ points: [...(await readTrend(database, view, query))] }),
  };
}
