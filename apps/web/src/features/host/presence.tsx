import type { ContainerDetail } from '@hullcheck/contract';
import { useNowMs } from '../../design/clock.ts';
import { formatAge } from '../../design/format.ts';
import { Ago } from '../../design/time.tsx';

type Interval = ContainerDetail['presence'][number];

/** When it was in which state, the latest first. */
export function Presence({ container: { presence, more } }: { readonly container: ContainerDetail }) {
  return (
    <section className="stack" aria-label="States">
      <h3>States</h3>
      {presence.length === 0 ? (
        <p className="muted">None is kept any more.</p>
      ) : (
        <ol className="presence">
          {presence.map((interval) => (
            <Line key={interval.from} interval={interval} />
          ))}
        </ol>
      )}
      {more && <p className="muted">And earlier ones, which are not listed.</p>}
    </section>
  );
}

function Line({ interval: { state, from, to, cause } }: { readonly interval: Interval }) {
  const now = useNowMs();
  const until = to === null ? now : Date.parse(to);
  return (
    <li className={state === 'running' ? 'presence-running' : undefined}>
      <span className="row row-wrap">
        <span className={`badge${state === 'running' ? ' badge-ok' : ''}`}>{state}</span>
        <span>for {lasted(Date.parse(from), until)}</span>
      </span>
      <span className="small muted">
        since <Ago at={from} />
        {to !== null && (
          <>
            , until <Ago at={to} />
          </>
        )}
        {cause === 'host-not-heard-from' && ', when its host was last heard from'}
      </span>
    </li>
  );
}

function lasted(fromMs: number, untilMs: number): string {
  const age = formatAge(fromMs, untilMs);
  return age === 'now' ? 'less than a minute' : age;
}
