import { z } from 'zod';
import { findingRow } from './image-content.ts';
import { readBy } from './images.ts';
import { baseRef } from './lineage.ts';
import { defineRoute } from './route.ts';
import { hostState, id, pageOf, pageQuery, text } from './scalars.ts';

/** How many of each are listed; what is listed besides images is theirs. */
export const placesQuery = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(1_000) });

/** Where something is. Lists are cut at `limit`, the worst images first; the totals are of everything. */
export const places = z.object({
  images: z.array(
    z.object({
      id,
      name: z.string(),
      digest: z.string().nullable(),
      risk: z.number().int().nullable(),
      readBy,
      /** What of it is there: purls, layers or paths; at most 20. */
      through: z.array(z.string()),
      running: z.number().int(),
    }),
  ),
  repositories: z.array(z.object({ registry: z.string(), repository: z.string() })),
  /** Those that are inactive come last: they had it when they were last heard from. */
  hosts: z.array(z.object({ id, name: z.string(), state: hostState })),
  containers: z.array(z.object({ id: z.string(), name: z.string(), host: id, state: z.string() })),
  totals: z.object({ images: z.number().int(), running: z.number().int() }),
});
export type Places = z.infer<typeof places>;

const figures = {
  /** Unique among the actions. */
  key: z.string(),
  images: z.number().int(),
  running: z.number().int(),
  /** Flaws times images that have them. */
  findings: z.number().int(),
  /** Their risk, once for each image; and once for each running container, by which the list is ordered. */
  risk: z.number().int(),
  riskRunning: z.number().int(),
  worst: z.number().int(),
};

/** One thing to do, with what it would clear. */
export const leverageItem = z.discriminatedUnion('kind', [
  /** Build what stands on a base anew on the base's successor. `filter`: `images.list` by this base lists them. */
  z.object({ kind: z.literal('rebase'), base: baseRef, successor: baseRef, filter: id, ...figures }),
  /** No newer one of the base is known: build it anew with its packages updated, then what stands on it. */
  z.object({ kind: z.literal('refresh-base'), base: baseRef, filter: id, ...figures }),
  /** Build one image anew: its distribution has fixed packages. */
  z.object({ kind: z.literal('rebuild'), image: z.object({ id, name: z.string() }), ...figures }),
  /** Update one package, wherever it is. */
  z.object({
    kind: z.literal('update'),
    package: z.object({
      type: z.string(),
      name: z.string(),
      distribution: z.string().nullable(),
      /** The version that ends all of it; null where versions of several lines do. */
      to: z.string().nullable(),
    }),
    ...figures,
  }),
]);
export type LeverageItem = z.infer<typeof leverageItem>;

export const vulnerabilityRow = findingRow
  .pick({
    id: true,
    title: true,
    severity: true,
    rating: true,
    cvss: true,
    kev: true,
    epss: true,
    exploit: true,
    risk: true,
    explanation: true,
    published: true,
  })
  .extend({
    /** Some package that has it has a released fix. */
    fixable: z.boolean(),
    /** Names of packages that have it; at most five. */
    packages: z.array(z.string()),
    images: z.number().int(),
    running: z.number().int(),
    /** `exact` is false where it is on too many hosts to count for a list: then there are at least so many. */
    hosts: z.object({ value: z.number().int(), exact: z.boolean() }),
  });
export type VulnerabilityRow = z.infer<typeof vulnerabilityRow>;

const flag = z.enum(['true', 'false']).optional();

export const whereRoutes = [
  defineRoute({
    id: 'vulnerabilities.list',
    method: 'GET',
    path: '/api/v1/vulnerabilities',
    summary: 'Every vulnerability of the assessed images, most dangerous first',
    policy: 'viewer',
    query: pageQuery.extend({ q: text(100).optional(), fixable: flag, exploited: flag }),
    response: pageOf(vulnerabilityRow),
    errors: ['invalid-input'],
  }),
  defineRoute({
    id: 'where.get',
    method: 'GET',
    path: '/api/v1/where',
    summary: 'Where a package, layer or file is: images, repositories, hosts, containers',
    policy: 'viewer',
    /** Exactly one of `package`, `purl`, `layer`, `file`. */
    query: placesQuery.extend({
      /** Name as its ecosystem writes it, or of the source package. */
      package: text(300).optional(),
      /** Only packages of this purl type: `deb`, `npm`. */
      type: text(40).optional(),
      /** A range in the order of the package's ecosystem: `<1.2.3`, `>=5.6.0, <=5.6.1`. */
      version: text(200).optional(),
      /** With or without a version. */
      purl: text(1_000).optional(),
      /** diffID, or digest of the stored layer. */
      layer: text(200).optional(),
      /** Path of a file that an analyzer read, or SHA-1 or SHA-256 of one that it hashed. */
      file: text(4_096).optional(),
    }),
    response: places.extend({
      /** Distinct versions of a package that were found, with how many can't be compared with the range. */
      versions: z.array(z.string()),
      undetermined: z.number().int(),
    }),
    errors: ['invalid-input'],
  }),
  defineRoute({
    id: 'packages.names',
    method: 'GET',
    path: '/api/v1/packages',
    summary: 'Names of packages in assessed images that begin so',
    policy: 'viewer',
    query: z.object({ q: text(300), limit: z.coerce.number().int().min(1).max(50).default(10) }),
    response: z.object({ items: z.array(z.object({ type: z.string(), name: z.string() })) }),
    errors: [],
  }),
  defineRoute({
    id: 'leverage.list',
    method: 'GET',
    path: '/api/v1/leverage',
    summary: 'What to do first: rebuilds and updates by the risk that they would take off running containers',
    policy: 'viewer',
    response: z.object({
      /** Null where it was not counted yet. */
      computedAt: z.string().nullable(),
      items: z.array(leverageItem),
    }),
    errors: [],
  }),
] as const;
