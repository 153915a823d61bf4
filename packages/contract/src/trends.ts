import { z } from 'zod';
import { defineRoute } from './route.ts';
import { id, text } from './scalars.ts';

/**
 * A day on which something changed; what it says holds until the next point. Days are UTC's. The first point of a set of images may be the
 * day from which on it is known what left the set.
 */
export const trendPoint = z.object({
  date: z.iso.date(),
  /** Images that were there and assessed by then. */
  images: z.number().int(),
  /** Of a single image; null for several, and where it was not known. */
  risk: z.number().int().nullable(),
  riskTotal: z.number().int(),
  critical: z.number().int(),
  severe: z.number().int(),
  moderate: z.number().int(),
  total: z.number().int(),
});
export type TrendPoint = z.infer<typeof trendPoint>;

export const trendRoutes = [
  defineRoute({
    id: 'trend.get',
    method: 'GET',
    path: '/api/v1/trend',
    summary:
      'How findings came and went with the images that were there at each time: of all, or of an image, a host or the tags of a repository',
    policy: 'viewer',
    query: z.object({
      image: id.optional(),
      host: id.optional(),
      registry: text(300).optional(),
      repository: text(300).optional(),
    }),
    response: z.object({ points: z.array(trendPoint) }),
    errors: ['invalid-input'],
  }),
] as const;
