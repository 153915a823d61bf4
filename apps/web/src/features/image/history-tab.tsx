import type { ImageDetail, ImageEvent } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { Trend } from '../../app/trend.tsx';
import { Button } from '../../design/button.tsx';
import { Blank, BoneBlock, Failure } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { causeWords, changeWords } from './history-words.ts';
import { useImageHistory } from './queries.ts';

/** What appeared, changed and vanished since the image was first assessed, each with its cause. */
export function HistoryTab({ image }: { readonly image: ImageDetail }) {
  const history = useImageHistory(image.id);
  if (history.data === undefined) {
    if (history.error === null) return <BoneBlock lines={6} />;
    return <Failure title="The history can't be shown" error={history.error} onRetry={() => void history.refetch()} />;
  }
  const events = history.data.pages.flatMap(({ items }) => items);
  if (events.length === 0)
    return (
      <Blank icon="clock" title="Nothing changed since it was first assessed">
        When an advisory, an exploit or the reading of this image changes, what it changes appears here with its cause.
      </Blank>
    );
  return (
    <div className="stack-16">
      <Trend title="Findings over time" of={{ image: image.id }} />
      <ul className="card" aria-label="Changes, the latest first">
        {events.map((event) => (
          <Line key={`${event.at} ${event.vulnerability} ${event.package.purl} ${event.event}`} event={event} />
        ))}
      </ul>
      {history.hasNextPage && (
        <div>
          <Button onClick={() => void history.fetchNextPage()} disabled={history.isFetchingNextPage}>
            Show earlier ones
          </Button>
        </div>
      )}
    </div>
  );
}

function Line({ event }: { readonly event: ImageEvent }) {
  const { before, after } = event.risk;
  const change = changeWords(event);
  return (
    <li className="row card-line">
      <span className="event-word">
        <span className={`badge${event.event === 'vanished' ? ' badge-ok' : ''}`}>{event.event}</span>
      </span>
      <p className="grow">
        <Link to="/vulnerabilities/$id" params={{ id: event.vulnerability }}>
          {event.vulnerability}
        </Link>{' '}
        in <Foreign text={`${event.package.name} ${event.package.version}`} />: {causeWords(event.cause)}
        {change !== undefined && (
          <span className="muted">
            {' '}
            (<Foreign text={change} />)
          </span>
        )}
      </p>
      <span className="muted event-figure">
        risk {before === null ? after : after === null ? before : `${before} → ${after}`}
      </span>
      <span className="muted event-time">
        <Ago at={event.at} />
      </span>
    </li>
  );
}
