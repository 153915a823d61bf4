import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Blank, Failure } from '../design/states.tsx';
import { Gate } from './gate.tsx';
import {
  parseConnectionsSearch,
  parseContainersSearch,
  parseHostSearch,
  parseHostsSearch,
  parseImageSearch,
  parseRepositoriesSearch,
  parseVulnerabilitiesSearch,
  parseWhereSearch,
} from './search.ts';

const root = createRootRoute({
  component: Gate,
  notFoundComponent: () => (
    <div className="page">
      <Blank page icon="unknown" title="There is no such page" actions={<Link to="/containers">Go to Containers</Link>}>
        The address may be of another version, or cut off when it was copied.
      </Blank>
    </div>
  ),
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/containers', replace: true });
  },
});
const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  component: lazyRouteComponent(() => import('../features/overview/page.tsx'), 'OverviewPage'),
});
const where = createRoute({
  getParentRoute: () => root,
  path: '/where',
  validateSearch: parseWhereSearch,
  component: lazyRouteComponent(() => import('../features/where/page.tsx'), 'WherePage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  beforeLoad: () => {
    throw redirect({ to: '/containers', replace: true });
  },
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../features/session/page.tsx'), 'SetupPage'),
});
const containers = createRoute({
  getParentRoute: () => root,
  path: '/containers',
  validateSearch: parseContainersSearch,
  component: lazyRouteComponent(() => import('../features/containers/page.tsx'), 'ContainersPage'),
});
const image = createRoute({
  getParentRoute: () => root,
  path: '/images/$id',
  validateSearch: parseImageSearch,
  component: lazyRouteComponent(() => import('../features/image/page.tsx'), 'ImagePage'),
});
const hosts = createRoute({
  getParentRoute: () => root,
  path: '/hosts',
  validateSearch: parseHostsSearch,
  component: lazyRouteComponent(() => import('../features/hosts/page.tsx'), 'HostsPage'),
});
const host = createRoute({
  getParentRoute: () => root,
  path: '/hosts/$id',
  validateSearch: parseHostSearch,
  component: lazyRouteComponent(() => import('../features/host/page.tsx'), 'HostPage'),
});
const repositories = createRoute({
  getParentRoute: () => root,
  path: '/repositories',
  validateSearch: parseRepositoriesSearch,
  component: lazyRouteComponent(() => import('../features/repositories/page.tsx'), 'RepositoriesPage'),
});
const vulnerabilities = createRoute({
  getParentRoute: () => root,
  path: '/vulnerabilities',
  validateSearch: parseVulnerabilitiesSearch,
  component: lazyRouteComponent(() => import('../features/vulnerability/list.tsx'), 'VulnerabilitiesPage'),
});
const vulnerability = createRoute({
  getParentRoute: () => root,
  path: '/vulnerabilities/$id',
  component: lazyRouteComponent(() => import('../features/vulnerability/page.tsx'), 'VulnerabilityPage'),
});
const connections = createRoute({
  getParentRoute: () => root,
  path: '/connections',
  validateSearch: parseConnectionsSearch,
  component: lazyRouteComponent(() => import('../features/connections/page.tsx'), 'ConnectionsPage'),
});
const settingsStart = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$section', params: { section: 'database' }, replace: true });
  },
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings/$section',
  component: lazyRouteComponent(() => import('../features/settings/page.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    overview,
    where,
    signIn,
    setup,
    containers,
    image,
    hosts,
    host,
    repositories,
    vulnerabilities,
    vulnerability,
    connections,
    settingsStart,
    settings,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="page">
      <Failure page title="This page could not be drawn" error={error} onRetry={reset} />
    </div>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
