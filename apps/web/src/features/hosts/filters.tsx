import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type HostsSearch, hostSorts } from '../../app/search.ts';
import { Select } from '../../design/field.tsx';
import { TypedSearch } from '../../design/typed-search.tsx';

const route = getRouteApi('/hosts');

const states: readonly { readonly state: HostsSearch['state']; readonly text: string }[] = [
  { state: undefined, text: 'All' },
  { state: 'reporting', text: 'Reporting' },
  { state: 'silent', text: 'Silent' },
];

const sortNames: { readonly [sort in (typeof hostSorts)[number]]: string } = {
  '-risk': 'Worst first',
  risk: 'Least risk first',
  name: 'By name',
  '-running': 'Most running first',
  '-images': 'Most images first',
  '-seen': 'Last heard from first',
  seen: 'Silent for longest first',
};

/** Filters live in the address, so that a link shows a colleague the same list. */
export function HostFilters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: { readonly [name in keyof HostsSearch]: HostsSearch[name] | undefined }) =>
      void navigate({ search: (old) => defined({ ...old, ...part }), replace: true, resetScroll: false }),
    [navigate],
  );
  const find = useCallback((q: string | undefined) => change({ q }), [change]);
  return (
    <div className="toolbar">
      <TypedSearch label="Search hosts" placeholder="Name, system, kernel" text={search.q} onSearch={find} />
      {search.inactive !== true && (
        <>
          <fieldset className="chips" aria-label="Host state">
            {states.map(({ state, text }) => (
              <button
                key={text}
                type="button"
                className="chip"
                aria-pressed={search.state === state}
                onClick={() => change({ state })}
              >
                {text}
              </button>
            ))}
          </fieldset>
          <div className="chips">
            <button
              type="button"
              className="chip"
              aria-pressed={search.unreadable === 'true'}
              onClick={() => change({ unreadable: search.unreadable === 'true' ? undefined : 'true' })}
            >
              Runtime not readable
            </button>
          </div>
        </>
      )}
      <div className="sort">
        <Select
          aria-label="Order"
          value={search.sort ?? '-risk'}
          onChange={(event) => change({ sort: hostSorts.find((sort) => sort === event.currentTarget.value) })}
        >
          {hostSorts.map((sort) => (
            <option key={sort} value={sort}>
              {sortNames[sort]}
            </option>
          ))}
        </Select>
      </div>
    </div>
  );
}

/** Without the names that are undefined, so that they leave the address. */
function defined(search: { readonly [name: string]: unknown }): HostsSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([name, value]) => value !== undefined && !(name === 'sort' && value === '-risk')),
  );
}
