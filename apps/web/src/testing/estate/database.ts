import type { DatabaseStatus } from '@hullcheck/contract';
import { hex } from './ids.ts';
import { ago } from './moments.ts';

export function makeDatabase(nowMs: number, starter: boolean): DatabaseStatus {
  const feed = (
    id: string,
    records: number,
    ecosystems: readonly string[],
    change: Partial<DatabaseStatus['feeds'][number]> = {},
  ): DatabaseStatus['feeds'][number] => ({
    id,
    state: starter ? 'starter' : 'current',
    updatedAt: ago(nowMs, starter ? 60_000 : 700),
    fetchedAt: starter ? null : ago(nowMs, 55),
    records,
    extent: 'whole',
    ecosystems: [...ecosystems],
    progress: null,
    error: null,
    ...change,
  });
  return {
    revision: hex(4, 16),
    builtAt: ago(nowMs, starter ? 60_000 : 50),
    starter,
    activity: starter ? 'idle' : 'refreshing',
    offline: starter,
    feeds: [
      feed('debian-tracker', 41_872, ['Debian:10', 'Debian:11', 'Debian:12', 'Debian:13']),
      feed('alpine-secdb', 18_204, ['Alpine:v3.6', 'Alpine:v3.15', 'Alpine:v3.20']),
      feed('pypa', 5_911, ['PyPI'], starter ? {} : { state: 'refreshing', progress: 0.62 }),
      feed(
        'govulndb',
        2_260,
        ['Go'],
        starter
          ? {}
          : {
              state: 'failed',
              error: 'vuln.go.dev answered 503 three times; the data of yesterday stays in use. Next try in 14 min.',
            },
      ),
      feed('nodejs', 812, ['npm'], { extent: 'excerpt', updatedAt: '2020-11-02T00:00:00Z' }),
      feed('kev', 1_389, ['all']),
      feed('epss', 291_407, ['all']),
    ],
  };
}
