import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { shortBaseName } from '../../app/base-name.tsx';
import { systemNames } from '../../app/operating-system.tsx';
import { OrderSelect } from '../../app/order-select.tsx';
import { type ContainersSearch, imageSorts, inAddress } from '../../app/search.ts';
import { Select } from '../../design/field.tsx';
import { visible } from '../../design/foreign-text.ts';
import { Icon } from '../../design/icons.tsx';
import { Foreign } from '../../design/text.tsx';
import { TypedSearch } from '../../design/typed-search.tsx';
import { useBases } from './queries.ts';

const route = getRouteApi('/containers');

const states: readonly { readonly state: ContainersSearch['state']; readonly text: string }[] = [
  { state: undefined, text: 'All' },
  { state: 'complete', text: 'Complete' },
  { state: 'partial', text: 'Partial' },
  { state: 'none', text: 'Not assessed' },
  { state: 'not-assessable', text: 'Not assessable' },
  { state: 'failed', text: 'Failed' },
];

const sortNames: { readonly [sort in (typeof imageSorts)[number]]: string } = {
  '-risk': 'Worst first',
  risk: 'Least risk first',
  repository: 'By name',
  '-created': 'Newest first',
  '-size': 'Largest first',
  '-hosts': 'Most hosts first',
};

/** Filters live in the address, so that a link shows a colleague the same list. */
export function Filters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const bases = useBases();
  const change = (part: ContainersSearch | { readonly [name in keyof ContainersSearch]: undefined }): void => {
    void navigate({
      search: (old) => inAddress<ContainersSearch>({ ...old, ...part }),
      replace: true,
      resetScroll: false,
    });
  };
  const find = useCallback(
    (q: string | undefined) =>
      void navigate({ search: (old) => inAddress<ContainersSearch>({ ...old, q }), replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <div className="toolbar">
      <TypedSearch
        label="Search image, package, CVE or digest"
        placeholder="Image, package, CVE, digest"
        text={search.q}
        onSearch={find}
      />
      <fieldset className="chips" aria-label="Assessment state">
        {states.map((one) => (
          <button
            key={one.text}
            type="button"
            className="chip"
            aria-pressed={search.state === one.state}
            onClick={() => change({ state: one.state } as ContainersSearch)}
          >
            {one.text}
          </button>
        ))}
      </fieldset>
      <div className="chips">
        <button
          type="button"
          className="chip"
          aria-pressed={search.running === 'true'}
          onClick={() => change({ running: search.running === 'true' ? undefined : 'true' } as ContainersSearch)}
        >
          <Icon name="play" size={12} />
          Running now
        </button>
        {(['repository', 'host', 'connection'] as const).map((name) => {
          const value = search[name];
          if (value === undefined) return null;
          return (
            <button
              key={name}
              type="button"
              className="chip chip-set"
              aria-label={`Remove the filter ${name}`}
              onClick={() => change({ [name]: undefined } as ContainersSearch)}
            >
              {name === 'host' || name === 'connection' ? `one ${name}` : <Foreign text={value} />}
              <Icon name="close" size={12} />
            </button>
          );
        })}
      </div>
      <div className="sort">
        <Select
          aria-label="Operating system"
          value={search.os ?? ''}
          onChange={(event) =>
            change({ os: event.currentTarget.value === '' ? undefined : event.currentTarget.value } as ContainersSearch)
          }
        >
          <option value="">Any OS</option>
          {search.os !== undefined && !systemNames.has(search.os) && (
            <option value={search.os}>{visible(search.os)}</option>
          )}
          {[...systemNames].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        {((bases.data?.items.length ?? 0) > 0 || search.base !== undefined) && (
          <Select
            aria-label="Base"
            value={search.base ?? ''}
            onChange={(event) =>
              change({
                base: event.currentTarget.value === '' ? undefined : event.currentTarget.value,
              } as ContainersSearch)
            }
          >
            <option value="">Any base</option>
            {search.base !== undefined && bases.data?.items.every(({ image }) => image !== search.base) !== false && (
              <option value={search.base}>One image</option>
            )}
            {bases.data?.items.map(({ image, name, images }) => (
              <option key={image} value={image}>
                {visible(shortBaseName(name))} ({images})
              </option>
            ))}
          </Select>
        )}
        <OrderSelect
          names={sortNames}
          sort={search.sort}
          sorts={imageSorts}
          onSort={(sort) => change({ sort } as ContainersSearch)}
        />
      </div>
    </div>
  );
}
