import type { DatabaseStatus, FeedState } from '@hullcheck/contract';
import { useMay } from '../../app/session.tsx';
import { Button } from '../../design/button.tsx';
import { useNowMs } from '../../design/clock.ts';
import { formatAge, formatDay, formatNumber } from '../../design/format.ts';
import { Hint } from '../../design/hint.tsx';
import { Blank, Failure, failureWords, Notice, Progress, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { useDatabase, useRefresh } from './queries.ts';

const OLD_MS = 5 * 86_400_000;

/** How fresh is what we judge by? */
export function DatabaseSection() {
  const database = useDatabase();
  const refresh = useRefresh();
  const mayOperate = useMay('operator');
  if (database.data === undefined && database.error !== null)
    return (
      <Failure
        title="The vulnerability database can't be shown"
        error={database.error}
        onRetry={() => void database.refetch()}
      />
    );
  const { data } = database;
  const busy = data?.activity === 'refreshing';
  return (
    <>
      <div className="page-head">
        <div className="stack">
          <h2>Vulnerability database</h2>
          {data !== undefined && (
            <p className="muted">
              {data.builtAt === null ? (
                'There is none yet'
              ) : (
                <>
                  Built <Ago at={data.builtAt} />
                </>
              )}
              {data.revision !== null && (
                <>
                  {' '}
                  · revision{' '}
                  <code>
                    <Foreign text={data.revision} />
                  </code>
                </>
              )}
              {data.offline && ' · offline: feeds are refreshed only from the mirror'}
            </p>
          )}
        </div>
        <div className="actions">
          {mayOperate && (
            <Button look="primary" icon="refresh" busy={busy || refresh.isPending} onClick={() => refresh.mutate()}>
              {busy ? 'Refreshing' : 'Refresh now'}
            </Button>
          )}
        </div>
      </div>
      {refresh.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>
            The feeds were not refreshed. {failureWords(refresh.error).why} {failureWords(refresh.error).what}
          </span>
        </Notice>
      )}
      {database.error !== null && (
        <Stale updatedAtMs={database.dataUpdatedAt} error={database.error} onRetry={() => void database.refetch()} />
      )}
      {data?.starter === true && <Starter database={data} />}
      {data?.feeds.length === 0 ? (
        <Blank icon="info" title="No feeds">
          Each source of advisories appears here with its date and extent as soon as the console fetches it.
        </Blank>
      ) : (
        <Table
          label="Feeds"
          columns={columns}
          entries={(data?.feeds ?? []).map((row) => ({ kind: 'row', key: row.id, row }))}
          loading={data === undefined}
          cardHeight={96}
        />
      )}
      <p className="small muted">
        Older than 5 days, an excerpt or none: assessments that rest on such a feed are partial, and their counts read
        "at least".
      </p>
    </>
  );
}

function Starter({ database }: { readonly database: DatabaseStatus }) {
  const nowMs = useNowMs();
  const age = database.builtAt === null ? null : formatAge(Date.parse(database.builtAt), nowMs);
  return (
    <Notice band="2" icon="clock">
      <span>
        This is the starter database that came with Hullcheck{age !== null && `, ${age} old`}: facts only, no
        descriptions. It is replaced as soon as the feeds can be reached
        {database.offline ? '; the console is set to offline, so give it a mirror with HULLCHECK_FEEDS.' : '.'}
      </span>
    </Notice>
  );
}

const columns: readonly Column<FeedState>[] = [
  {
    id: 'feed',
    header: 'Feed',
    className: 'card-head',
    cell: (row) => (
      <b>
        <Foreign text={row.id} />
      </b>
    ),
  },
  { id: 'state', header: 'State', width: 200, cell: (row) => <State feed={row} /> },
  { id: 'date', header: 'Data of', label: 'Data of', width: 132, cell: (row) => <DataDate date={row.updatedAt} /> },
  {
    id: 'fetched',
    header: 'Fetched',
    label: 'Fetched',
    width: 112,
    hideBelow: 840,
    cell: (row) => (row.fetchedAt === null ? <span className="faint">never</span> : <Ago at={row.fetchedAt} />),
  },
  {
    id: 'extent',
    header: 'Extent',
    width: 88,
    cell: (row) => (row.extent === 'whole' ? 'whole' : <span className="badge badge-2">excerpt</span>),
  },
  {
    id: 'records',
    header: 'Records',
    label: 'Records',
    width: 96,
    number: true,
    cell: (row) => formatNumber(row.records),
  },
  {
    id: 'ecosystems',
    header: 'Judges',
    width: 220,
    hideBelow: 980,
    className: 'card-whole',
    cell: (row) => (
      <span className="cut muted block" title={row.ecosystems.join(', ')}>
        <Foreign text={row.ecosystems.join(', ')} />
      </span>
    ),
  },
];

function DataDate({ date }: { readonly date: string | null }) {
  const nowMs = useNowMs();
  if (date === null) return <span className="faint">–</span>;
  const old = nowMs - Date.parse(date) > OLD_MS;
  return (
    <span
      className={old ? 'over nowrap' : 'nowrap'}
      title={old ? `${formatAge(Date.parse(date), nowMs)} old` : undefined}
    >
      {formatDay(date)}
    </span>
  );
}

function State({ feed }: { readonly feed: FeedState }) {
  if (feed.state === 'refreshing')
    return (
      <span className="row">
        <span className="feed-progress">
          <Progress label={`Refreshing ${feed.id}`} value={feed.progress} />
        </span>
        <span className="small muted">
          {feed.progress === null ? 'fetching' : `${Math.round(feed.progress * 100)} %`}
        </span>
      </span>
    );
  const look = looks[feed.state];
  const badge = <span className={`badge ${look.badge}`}>{look.word}</span>;
  if (feed.error === null) return badge;
  return (
    <span className="row">
      <Hint text={feed.error}>
        <button type="button" className="button-link tooltip-anchor" aria-label={`${look.word}: ${feed.error}`}>
          {badge}
        </button>
      </Hint>
      <span className="small muted cut">
        <Foreign text={feed.error} />
      </span>
    </span>
  );
}

const looks = {
  current: { word: 'Current', badge: 'badge-ok' },
  failed: { word: 'Failed', badge: 'badge-4' },
  starter: { word: 'Starter', badge: 'badge-2' },
  missing: { word: 'Missing', badge: 'badge-4' },
} as const;
