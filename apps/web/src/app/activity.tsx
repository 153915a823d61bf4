import { Link } from '@tanstack/react-router';
import { Popover } from 'radix-ui';
import { counted } from '../design/format.ts';
import { Icon } from '../design/icons.tsx';
import { Progress } from '../design/states.tsx';
import { Foreign } from '../design/text.tsx';
import { Ago } from '../design/time.tsx';
import { useOverview } from './live.ts';

/** What runs now: assessments, feeds, reading of repositories. */
export function Activity() {
  const { data } = useOverview();
  const running = data?.running ?? [];
  const queued = data?.queued ?? 0;
  const busy = running.length + queued > 0;
  const words = busy ? `${running.length} running${queued > 0 ? `, ${queued} queued` : ''}` : 'Idle';
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="button button-quiet" aria-label={`Activity: ${words}`}>
          {busy ? <span className="pulse" /> : <Icon name="activity" />}
          <span className="wide-only">{busy ? words : data === undefined ? '' : 'Idle'}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover stack-16"
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label="What runs now"
        >
          <div className="row">
            <h2 className="grow">What runs now</h2>
            <Link to="/settings/$section" params={{ section: 'jobs' }} className="small">
              All work
            </Link>
          </div>
          {running.length === 0 && (
            <p className="muted">Nothing. Assessments, feeds and repositories being read appear here.</p>
          )}
          {running.slice(0, 8).map((job) => (
            <div key={job.job} className="stack">
              <div className="row">
                <span className="grow break">
                  <Foreign text={job.what} />
                </span>
                <span className="small faint">
                  <Ago at={job.since} short />
                </span>
              </div>
              <Progress
                label={job.what}
                value={
                  job.layersTotal === null || job.layersTotal === 0 ? null : (job.layersDone ?? 0) / job.layersTotal
                }
              />
              {job.layersTotal !== null && (
                <span className="small muted">
                  {job.layersDone ?? 0} of {counted(job.layersTotal, 'layer')} read
                </span>
              )}
            </div>
          ))}
          {running.length > 8 && <p className="small muted">and {running.length - 8} more</p>}
          {queued > 0 && <p className="small muted">{counted(queued, 'more waits', 'more wait')} in the queue.</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
