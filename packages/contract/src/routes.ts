import { agentRoutes } from './agent.ts';
import { connectionRoutes } from './connections.ts';
import { consoleRoutes } from './console.ts';
import { hostRoutes } from './hosts.ts';
import { imageRoutes } from './images.ts';
import { baseRoutes } from './lineage.ts';
import { trendRoutes } from './trends.ts';
import { vulnerabilityRoutes } from './vulnerabilities.ts';
import { whereRoutes } from './where.ts';

/** Every route of the console. The server implements each, the OpenAPI document and the client are made from it. */
export const routes = [
  ...consoleRoutes,
  ...imageRoutes,
  ...baseRoutes,
  ...vulnerabilityRoutes,
  ...whereRoutes,
  ...trendRoutes,
  ...connectionRoutes,
  ...hostRoutes,
  ...agentRoutes,
] as const;

type Routes = (typeof routes)[number];
export type RouteId = Routes['id'];
export type RouteOf<I extends RouteId> = Extract<Routes, { id: I }>;
