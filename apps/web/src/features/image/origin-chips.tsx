import type { BaseRef } from '@hullcheck/contract';
import { getRouteApi } from '@tanstack/react-router';
import { shortBaseName } from '../../app/base-name.tsx';
import { without } from '../../app/search.ts';
import { visible } from '../../design/foreign-text.ts';
import { Foreign } from '../../design/text.tsx';

const route = getRouteApi('/images/$id');

/** Whether a row passes the filter by origin. */
export function isOfOrigin(row: { readonly inherited: BaseRef | null }, origin: 'base' | 'own' | undefined): boolean {
  return origin === undefined || (origin === 'base') === (row.inherited !== null);
}

/** From the base, or of the image's own layers: who has to act. */
export function OriginChips() {
  const { origin } = route.useSearch();
  const navigate = route.useNavigate();
  const choices = [
    { value: undefined, text: 'All layers' },
    { value: 'base', text: 'From the base' },
    { value: 'own', text: 'Own layers' },
  ] as const;
  return (
    <fieldset className="chips" aria-label="Where it comes from">
      {choices.map(({ value, text }) => (
        <button
          key={text}
          type="button"
          className="chip"
          aria-pressed={origin === value}
          onClick={() =>
            void navigate({
              search: (old) => ({ ...without(old, 'origin'), ...(value === undefined ? {} : { origin: value }) }),
              replace: true,
              resetScroll: false,
            })
          }
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

interface OriginProps {
  readonly base: BaseRef | null;
  /** Null: nobody read the layers, or what was found lies in none. Then it is not said whose it is. */
  readonly layer: string | null;
}

export function Origin({ base, layer }: OriginProps) {
  if (base === null) return <span className="faint">{layer === null ? '–' : 'own layer'}</span>;
  return (
    <span className="cut block muted" title={`Inherited from ${visible(base.name)}`}>
      <Foreign text={shortBaseName(base.name)} />
    </span>
  );
}
