import { z } from 'zod';
import { defineRoute } from './route.ts';
import { id, instant } from './scalars.ts';

/** An image that others were built on. */
export const baseRef = z.object({
  /** An image with exactly its layers; null where no list has it any more, as its tag moved on. */
  image: id.nullable(),
  /** `docker.io/library/debian:12.1`: of several names the official one, and the tag that says most. */
  name: z.string(),
});
export type BaseRef = z.infer<typeof baseRef>;

/** What building the image anew on the present base would do to it. */
export const baseUpdate = z.object({
  /** The base that has a successor: the nearest one, or one below it. */
  base: baseRef,
  successor: baseRef.extend({
    /** The tag itself names another image by now; else a newer version in the same repository. */
    sameTag: z.boolean(),
    built: instant.nullable(),
  }),
  /** Null where the successor was not assessed. `cleared` and `added`: flaws, the worst first, at most 200 each. */
  outcome: z
    .object({
      cleared: z.array(z.string()),
      clearedCount: z.number().int(),
      added: z.array(z.string()),
      addedCount: z.number().int(),
      riskBefore: z.number().int(),
      riskAfter: z.number().int(),
      totalBefore: z.number(),
      totalAfter: z.number(),
    })
    .nullable(),
});
export type BaseUpdate = z.infer<typeof baseUpdate>;

export const lineage = z.object({
  /** The nearest first. `layers`: how many of the image's layers with files it brings; `images`: how many are built on it. */
  bases: z.array(baseRef.extend({ names: z.array(z.string()), layers: z.number().int(), images: z.number().int() })),
  /** Flaws that come with a base alone, and those that the image's own layers have. */
  inherited: z.number().int(),
  own: z.number().int(),
  /** Share of the total risk that comes with a base alone, 0 to 1; null where there is no base or no risk. */
  inheritedShare: z.number().nullable(),
  update: baseUpdate.nullable(),
});
export type Lineage = z.infer<typeof lineage>;

export const baseRow = baseRef.extend({
  image: id,
  /** Images built on it, and running containers of those. */
  images: z.number().int(),
  running: z.number().int(),
  risk: z.number().int().nullable(),
});
export type BaseRow = z.infer<typeof baseRow>;

export const baseRoutes = [
  defineRoute({
    id: 'bases.list',
    method: 'GET',
    path: '/api/v1/bases',
    summary: 'Images that others were built on, those of most images first',
    policy: 'viewer',
    response: z.object({ items: z.array(baseRow) }),
    errors: [],
  }),
] as const;
