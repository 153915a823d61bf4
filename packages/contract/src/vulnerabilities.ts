import { z } from 'zod';
import { vulnerabilityEvent } from './history.ts';
import { readBy } from './images.ts';
import { defineRoute } from './route.ts';
import { hostState, id } from './scalars.ts';
import { placesQuery } from './where.ts';

const affectedImage = z.object({
  id,
  name: z.string(),
  digest: z.string().nullable(),
  risk: z.number().int().nullable(),
  readBy,
  packages: z.array(z.string()),
  running: z.number().int(),
});
const vulnerabilityParams = z.object({
  id: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9._:-]+$/),
});
export const vulnerabilityRoutes = [
  defineRoute({
    id: 'vulnerabilities.affected',
    method: 'GET',
    path: '/api/v1/vulnerabilities/{id}/affected',
    summary: 'Where is this: images, repositories, hosts, containers',
    policy: 'viewer',
    params: vulnerabilityParams,
    query: placesQuery,
    response: z.object({
      id: z.string(),
      images: z.array(affectedImage),
      repositories: z.array(z.object({ registry: z.string(), repository: z.string() })),
      /** Those that are inactive come last: they had it when they were last heard from. */
      hosts: z.array(z.object({ id, name: z.string(), state: hostState })),
      containers: z.array(z.object({ id: z.string(), name: z.string(), host: id, state: z.string() })),
      /** The lists are cut at `limit`, the worst images first; these are of everything. */
      totals: z.object({ images: z.number().int(), running: z.number().int() }),
    }),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'vulnerabilities.history',
    method: 'GET',
    path: '/api/v1/vulnerabilities/{id}/history',
    summary: 'When and why it appeared, changed and vanished here, the latest first',
    policy: 'viewer',
    params: vulnerabilityParams,
    response: z.object({ items: z.array(vulnerabilityEvent) }),
    errors: ['not-found'],
  }),
] as const;
