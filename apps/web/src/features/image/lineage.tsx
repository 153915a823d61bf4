import type { ImageDetail } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { BaseName, shortBaseName } from '../../app/base-name.tsx';
import { counted, formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { Risk } from '../../design/risk.tsx';
import { Foreign } from '../../design/text.tsx';

/** What the image was built on, and how much of its risk comes from there. */
export function BaseFact({ image }: { readonly image: ImageDetail }) {
  const { bases, inheritedShare } = image.lineage;
  const [nearest, ...lower] = bases;
  return (
    <div>
      <dt>Base</dt>
      <dd>
        {nearest === undefined ? (
          <span className="muted" title="No image that is known here has the lower layers of this one as its own">
            none known
          </span>
        ) : (
          <>
            <span className="block break">
              <BaseName base={nearest} />
            </span>
            {lower.map((base) => (
              <span key={base.name} className="block small muted break">
                on <BaseName base={base} />
              </span>
            ))}
            {inheritedShare !== null && (
              <Link
                to="/images/$id"
                params={{ id: image.id }}
                search={{ origin: 'base' }}
                resetScroll={false}
                className="block small"
              >
                {percent(inheritedShare)} of risk inherited
              </Link>
            )}
          </>
        )}
      </dd>
    </div>
  );
}

/** There is a newer base: what a rebuild on it would do. */
export function BaseUpdateLine({ image }: { readonly image: ImageDetail }) {
  const { update, bases } = image.lineage;
  if (update === null) return null;
  const { base, successor, outcome } = update;
  const newName = shortBaseName(successor.name);
  const further = bases[0]?.name !== base.name;
  return (
    <section className="card card-pad base-update" aria-label="Newer base">
      <Icon name="refresh" />
      <div className="stack grow">
        <p>
          {successor.sameTag ? (
            <>
              <BaseName base={successor} /> names a newer image by now than the one that this was built on.
            </>
          ) : (
            <>
              <BaseName base={successor} /> succeeds <BaseName base={base} />.
            </>
          )}
          {further && ' Rebuild the images between first, then this one.'}
        </p>
        {outcome === null ? (
          <p className="muted small">
            It was not assessed, so what a rebuild would clear is not known.{' '}
            {successor.image !== null && (
              <Link to="/images/$id" params={{ id: successor.image }}>
                Have it assessed
              </Link>
            )}
          </p>
        ) : outcome.clearedCount === 0 && outcome.addedCount === 0 ? (
          <p className="muted small">It has the same known vulnerabilities: a rebuild on it would clear none.</p>
        ) : (
          <p className="row row-wrap">
            <span>
              Rebuilt on <Foreign text={newName} />, the image loses{' '}
              <b title={outcome.cleared.slice(0, 20).join(', ')}>
                {counted(outcome.clearedCount, 'vulnerability', 'vulnerabilities')}
              </b>
              {outcome.addedCount > 0 && (
                <>
                  {' '}
                  and gains <b title={outcome.added.slice(0, 20).join(', ')}>{formatNumber(outcome.addedCount)}</b>
                </>
              )}
              .
            </span>
            <span className="row nowrap">
              <span className="muted">Risk</span> <Risk risk={outcome.riskBefore} />
              <span className="faint" aria-hidden="true">
                →
              </span>
              <span className="visually-hidden">to</span> <Risk risk={outcome.riskAfter} />
            </span>
          </p>
        )}
      </div>
    </section>
  );
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 1 ? '< 1' : value > 99 && value < 100 ? '> 99' : Math.round(value)} %`;
}
