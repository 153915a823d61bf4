import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { OrderSelect } from '../../app/order-select.tsx';
import { containerSorts, containerStates, type HostSearch, inAddress } from '../../app/search.ts';
import { Select } from '../../design/field.tsx';
import { Icon } from '../../design/icons.tsx';
import { TypedSearch } from '../../design/typed-search.tsx';

const route = getRouteApi('/hosts/$id');

const sortNames: { readonly [sort in (typeof containerSorts)[number]]: string } = {
  '-risk': 'Worst first',
  risk: 'Least risk first',
  name: 'By name',
  state: 'By state',
  '-started': 'Started last first',
};

/** Filters live in the address, so that a link shows a colleague the same list. */
export function ContainerFilters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: { readonly [name in keyof HostSearch]: HostSearch[name] | undefined }) =>
      void navigate({ search: (old) => inAddress<HostSearch>({ ...old, ...part }), replace: true, resetScroll: false }),
    [navigate],
  );
  const find = useCallback((q: string | undefined) => change({ q }), [change]);
  return (
    <div className="toolbar">
      <TypedSearch
        label="Search container, image, pod, namespace or id"
        placeholder="Container, image, pod, namespace"
        text={search.q}
        onSearch={find}
      />
      <div className="chips">
        <button
          type="button"
          className="chip"
          aria-pressed={search.running === 'true'}
          onClick={() => change({ running: search.running === 'true' ? undefined : 'true', state: undefined })}
        >
          <Icon name="play" size={12} />
          Running now
        </button>
      </div>
      <div className="sort">
        <Select
          aria-label="State"
          value={search.state ?? (search.running === 'false' ? 'not-running' : '')}
          onChange={({ currentTarget: { value } }) =>
            change({
              state: containerStates.find((state) => state === value),
              running: value === 'not-running' ? 'false' : undefined,
            })
          }
        >
          <option value="">Any state</option>
          <option value="not-running">not running</option>
          {containerStates.map((state) => (
            <option key={state} value={state}>
              {state}
            </option>
          ))}
        </Select>
        <OrderSelect names={sortNames} sort={search.sort} sorts={containerSorts} onSort={(sort) => change({ sort })} />
      </div>
    </div>
  );
}
