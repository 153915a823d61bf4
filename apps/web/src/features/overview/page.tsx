import { Link } from '@tanstack/react-router';
import { useOverview } from '../../app/live.ts';
import { Notices } from '../../app/notices.tsx';
import { Trend } from '../../app/trend.tsx';
import { buttonClass } from '../../design/button.tsx';
import { formatNumber } from '../../design/format.ts';
import { Bone, Failure, Loading } from '../../design/states.tsx';
import { WhatToDoFirst } from './what-to-do.tsx';

/** Of all images that one may see. */
const NOTHING_LESS = {};

/** What is here, how much of it is known, and what to do first. */
export function OverviewPage() {
  const overview = useOverview();
  if (overview.data === undefined && overview.error !== null)
    return (
      <div className="page">
        <Failure
          page
          title="The overview can't be shown"
          error={overview.error}
          onRetry={() => void overview.refetch()}
        />
      </div>
    );
  const { data } = overview;
  return (
    <div className="page">
      <h1>Overview</h1>
      {data !== undefined && <Notices notices={data.notices} />}
      {data === undefined ? (
        <div className="card fact-strip">
          <Loading label="Loading the overview" />
          <Bone width="70%" />
        </div>
      ) : (
        <dl className="card fact-strip">
          <div>
            <dt>Images</dt>
            <dd>
              <Link to="/containers">{formatNumber(data.images.total)}</Link>
            </dd>
          </div>
          <div>
            <dt>Assessed</dt>
            <dd>
              {formatNumber(data.images.assessed)}
              {data.images.partial > 0 && (
                <Link to="/containers" search={{ state: 'partial' }} className="block small">
                  {formatNumber(data.images.partial)} only in part
                </Link>
              )}
            </dd>
          </div>
          <div>
            <dt>Not assessed</dt>
            <dd>
              {data.images.unassessed + data.images.notAssessable === 0 ? (
                <span className="muted">none</span>
              ) : (
                <>
                  <Link to="/containers" search={{ state: 'none' }}>
                    {formatNumber(data.images.unassessed - data.images.failed)}
                  </Link>
                  {data.images.failed > 0 && (
                    <Link to="/containers" search={{ state: 'failed' }} className="block small">
                      {formatNumber(data.images.failed)} failed
                    </Link>
                  )}
                  {data.images.notAssessable > 0 && (
                    <Link to="/containers" search={{ state: 'not-assessable' }} className="block small">
                      {formatNumber(data.images.notAssessable)} not assessable
                    </Link>
                  )}
                </>
              )}
            </dd>
          </div>
          <div>
            <dt>Running containers</dt>
            <dd>
              <Link to="/containers" search={{ running: 'true' }}>
                {formatNumber(data.containers.running)}
              </Link>
            </dd>
          </div>
          <div>
            <dt>Hosts</dt>
            <dd>
              <Link to="/hosts">{formatNumber(data.hosts)}</Link>
            </dd>
          </div>
          <div>
            <dt>Repositories</dt>
            <dd>
              <Link to="/repositories">{formatNumber(data.repositories)}</Link>
            </dd>
          </div>
        </dl>
      )}
      <Trend title="Findings over time" of={NOTHING_LESS} />
      <WhatToDoFirst
        nothingHere={data?.images.total === 0}
        start={
          <Link to="/containers" className={buttonClass('primary')}>
            Go to the first steps
          </Link>
        }
      />
    </div>
  );
}
