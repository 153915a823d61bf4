import { Link, Outlet } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Icon, type IconName, Mark } from '../design/icons.tsx';
import { useKeys } from '../design/keys.ts';
import { failureWords } from '../design/states.tsx';
import { Ago } from '../design/time.tsx';
import { Account } from './account.tsx';
import { Activity } from './activity.tsx';
import { useLiveLists, useOverview } from './live.ts';
import { Palette } from './palette.tsx';
import { DropTarget, UploadTray } from './upload-tray.tsx';

const places = [
  { to: '/overview', icon: 'activity', text: 'Overview', short: 'Overview' },
  { to: '/containers', icon: 'containers', text: 'Containers', short: 'Images' },
  { to: '/hosts', icon: 'hosts', text: 'Hosts', short: 'Hosts' },
  { to: '/repositories', icon: 'repositories', text: 'Repositories', short: 'Repos' },
  { to: '/vulnerabilities', icon: 'vulnerabilities', text: 'Vulnerabilities', short: 'CVEs' },
  { to: '/connections', icon: 'connections', text: 'Connections', short: 'Registries' },
] as const satisfies readonly {
  readonly to: string;
  readonly icon: IconName;
  readonly text: string;
  readonly short: string;
}[];

const RAIL_KEY = 'hullcheck-rail';

/** The frame around every page: rail, top bar, what is on its way. */
export function Shell() {
  const [narrow, setNarrow] = useRail();
  const [searching, setSearching] = useState(false);
  useLiveLists();
  useKeys({ '/': () => setSearching(true) });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      setSearching(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="shell" data-rail={narrow ? 'narrow' : 'wide'}>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Rail narrow={narrow} onNarrow={setNarrow} />
      <div className="column">
        <header className="top">
          <button type="button" className="top-search" onClick={() => setSearching(true)}>
            <Icon name="search" />
            <span className="cut">Search images, packages, CVEs</span>
            <kbd>/</kbd>
          </button>
          <div className="top-end">
            <Activity />
            <Account />
          </div>
        </header>
        <Unreachable />
        <main id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {searching && <Palette onClose={() => setSearching(false)} />}
      <UploadTray />
      <DropTarget />
    </div>
  );
}

function Rail({ narrow, onNarrow }: { readonly narrow: boolean; readonly onNarrow: (narrow: boolean) => void }) {
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/containers" className="rail-brand" aria-label="Hullcheck">
        <Mark />
        <span className="rail-text">Hullcheck</span>
      </Link>
      {places.map(({ to, icon, text, short }) => (
        <Link
          key={to}
          to={to}
          className="rail-item"
          activeOptions={{ includeSearch: false }}
          title={narrow ? text : undefined}
        >
          <Icon name={icon} />
          <span className="rail-text">{text}</span>
          <span className="rail-short">{short}</span>
        </Link>
      ))}
      <Link
        to="/settings"
        className="rail-item"
        activeOptions={{ includeSearch: false }}
        title={narrow ? 'Settings' : undefined}
      >
        <Icon name="settings" />
        <span className="rail-text">Settings</span>
        <span className="rail-short">Settings</span>
      </Link>
      <button
        type="button"
        className="rail-item rail-end"
        aria-expanded={!narrow}
        aria-label={narrow ? 'Expand navigation' : 'Collapse navigation'}
        onClick={() => onNarrow(!narrow)}
      >
        <Icon name="collapse" />
        <span className="rail-text">Collapse</span>
      </button>
    </nav>
  );
}

/** The page keeps what it knows while the console is away, and says how old that is. */
function Unreachable() {
  const { error, data, dataUpdatedAt } = useOverview();
  if (error === null || data === undefined) return null;
  return (
    <div className="banner" role="status">
      <Icon name="clock" />
      <span>
        Shown as of <Ago at={new Date(dataUpdatedAt).toISOString()} />. {failureWords(error).why} Trying again by
        itself.
      </span>
    </div>
  );
}

function useRail(): readonly [boolean, (narrow: boolean) => void] {
  const [narrow, setNarrow] = useState(() => stored() === 'narrow');
  return [
    narrow,
    (next) => {
      setNarrow(next);
      try {
        localStorage.setItem(RAIL_KEY, next ? 'narrow' : 'wide');
      } catch {
        // Refused storage only means that the next visit starts wide.
      }
    },
  ];
}

function stored(): string | null {
  try {
    return localStorage.getItem(RAIL_KEY);
  } catch {
    return null;
  }
}
