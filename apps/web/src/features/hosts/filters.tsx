import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { OrderSelect } from '../../app/order-select.tsx';
import { type HostsSearch, hostSorts, inAddress } from '../../app/search.ts';
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
      void navigate({
        search: (old) => inAddress<HostsSearch>({ ...old, ...part }),
        replace: true,
        resetScroll: false,
      }),
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
        <OrderSelect names={sortNames} sort={search.sort} sorts={hostSorts} onSort={(sort) => change({ sort })} />
      </div>
    </div>
  );
}
