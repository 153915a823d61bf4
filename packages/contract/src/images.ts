import { z } from 'zod';
import { imageEvent } from './history.ts';
import { findingRow, imageAdvice, layerRow, packageRow, supportRow } from './image-content.ts';
import { baseRef, lineage } from './lineage.ts';
import { defineRoute } from './route.ts';
import { hostState, id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

export const assessmentState = z.enum(['none', 'complete', 'partial', 'not-assessable', 'failed']);
export const assessmentActivity = z.enum(['idle', 'queued', 'running']);

/** Whose word it stands on: `console`, an agent's name, `attached-sbom` where nobody read it, or null where nothing is known. */
export const readBy = z.string().nullable();

export const assessmentStatus = z.object({
  state: assessmentState,
  activity: assessmentActivity,
  /** Why it is not complete, in a sentence with what to do; null when there is nothing to say. */
  reason: z.string().nullable(),
  /** While it runs: layers done of all. */
  progress: z.object({ layersDone: z.number().int(), layersTotal: z.number().int() }).nullable(),
  assessedAt: instant.nullable(),
  readBy,
});

export const counts = z.object({
  critical: z.number().int(),
  severe: z.number().int(),
  moderate: z.number().int(),
  total: z.number().int(),
  fixable: z.number().int(),
  exploitable: z.number().int(),
  severity: z.object({
    critical: z.number().int(),
    high: z.number().int(),
    medium: z.number().int(),
    low: z.number().int(),
    negligible: z.number().int(),
    unknown: z.number().int(),
  }),
});

export const operatingSystem = z.object({
  id: z.string(),
  version: z.string(),
  name: z.string(),
  /** `YYYY-MM-DD` or null where it is not known. */
  endOfLife: z.string().nullable(),
  /** End of extended support (LTS), where there is one. */
  extendedEndOfLife: z.string().nullable().optional(),
});

/** Where the console knows an image from. */
export const sighting = z.object({
  kind: z.enum(['host', 'connection', 'upload', 'sample']),
  /** Name of the host, the connection or the uploaded file. */
  name: z.string(),
  id: id.nullable(),
});

export const imageRow = z.object({
  id,
  registry: z.string().nullable(),
  repository: z.string().nullable(),
  tags: z.array(z.string()),
  /** Config digest, or the digest by which it was seen when no more is known. */
  digest: z.string().nullable(),
  risk: z.number().int().nullable(),
  /** One sentence that explains the risk; null until assessed. */
  explanation: z.string().nullable(),
  counts: counts.nullable(),
  os: operatingSystem.nullable(),
  hosts: z.number().int(),
  /** Running containers. */
  containers: z.number().int(),
  packages: z.number().int().nullable(),
  size: z.number().int().nullable(),
  created: instant.nullable(),
  platform: z.string().nullable(),
  assessment: assessmentStatus,
  sources: z.array(sighting),
  /** The nearest image that this one was built on, found by its layers; null where none is known. */
  base: baseRef.nullable(),
});
export type ImageRow = z.infer<typeof imageRow>;

const typedDigest = z.object({
  kind: z.enum(['config', 'manifest', 'index']),
  digest: z.string(),
  repository: z.string().nullable(),
});
const problem = z.object({
  code: z.string(),
  path: z.string().nullable(),
  layer: z.string().nullable(),
  detail: z.string(),
});
const coverage = z.object({
  ecosystem: z.string(),
  source: z.string().nullable(),
  updatedAt: z.string().nullable(),
  extent: z.enum(['whole', 'excerpt', 'none']),
});

/** How many executables it has, and how many of them no package explains. */
export const executables = z.object({
  files: z.number().int(),
  bytes: z.number().int(),
  unclaimed: z.object({
    files: z.number().int(),
    bytes: z.number().int(),
    largest: z.array(z.object({ path: z.string(), bytes: z.number().int() })),
  }),
});

export const imageDetail = imageRow.extend({
  digests: z.array(typedDigest),
  /** All names that it is seen under: `registry/repository:tag`. */
  names: z.array(z.string()),
  problems: z.array(problem),
  coverage: z.array(coverage),
  database: z.object({ revision: z.string(), builtAt: z.string() }).nullable(),
  riskTotal: z.number().nullable(),
  riskModel: z.string().nullable(),
  /** Null where it is not known: not assessed, or read by a version that did not weigh them. */
  executables: executables.nullable(),
  lineage,
});
export type ImageDetail = z.infer<typeof imageDetail>;

export const imageHostRow = z.object({
  id,
  name: z.string(),
  lastSeen: instant,
  /** Its state is not `reporting`. */
  stale: z.boolean(),
  state: hostState,
  containers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: z.string(),
      started: instant.nullable(),
      /** What would help it, as on its host's page; null where nothing is known. */
      action: z.enum(['redeploy', 'rebuild', 'change-code', 'wait', 'none']).nullable(),
    }),
  ),
});
export type ImageHostRow = z.infer<typeof imageHostRow>;

const query = pageQuery.extend({
  sort: z.enum(['-risk', 'risk', 'repository', '-created', '-size', '-hosts']).default('-risk'),
  /** Repository, tag, digest, package name or vulnerability id. */
  q: text(300).optional(),
  state: assessmentState.optional(),
  /** Only images that run in a container now. */
  running: z.enum(['true', 'false']).optional(),
  os: text(100).optional(),
  host: id.optional(),
  connection: id.optional(),
  repository: text(300).optional(),
  /** An image: those that were built on it. */
  base: id.optional(),
});

/** From a base, or brought by the image's own layers. */
const inherited = z.enum(['true', 'false']).optional();
export const imageRoutes = [
  defineRoute({
    id: 'images.list',
    method: 'GET',
    path: '/api/v1/images',
    summary: 'Images, most dangerous first',
    policy: 'viewer',
    query,
    response: pageOf(imageRow),
    errors: ['invalid-input'],
  }),
  defineRoute({
    id: 'images.get',
    method: 'GET',
    path: '/api/v1/images/{id}',
    summary: 'One image',
    policy: 'viewer',
    params: idParams,
    response: imageDetail,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.packages',
    method: 'GET',
    path: '/api/v1/images/{id}/packages',
    summary: 'What is in it',
    policy: 'viewer',
    params: idParams,
    query: pageQuery.extend({ q: text(300).optional(), layer: text(200).optional(), inherited }),
    response: pageOf(packageRow),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.findings',
    method: 'GET',
    path: '/api/v1/images/{id}/findings',
    summary: 'What is wrong with it, highest risk first',
    policy: 'viewer',
    params: idParams,
    query: pageQuery.extend({
      q: text(300).optional(),
      layer: text(200).optional(),
      purl: text(1_000).optional(),
      inherited,
    }),
    response: pageOf(findingRow),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.advice',
    method: 'GET',
    path: '/api/v1/images/{id}/advice',
    summary: 'What to do about it: updates, and what needs a new base or has no fix',
    policy: 'viewer',
    params: idParams,
    response: imageAdvice,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.support',
    method: 'GET',
    path: '/api/v1/images/{id}/support',
    summary: 'Packages whose support has ended or is limited today, by what they are part of',
    policy: 'viewer',
    params: idParams,
    response: z.object({ items: z.array(supportRow) }),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.layers',
    method: 'GET',
    path: '/api/v1/images/{id}/layers',
    summary: 'Layers with their commands',
    policy: 'viewer',
    params: idParams,
    response: z.object({ items: z.array(layerRow) }),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.hosts',
    method: 'GET',
    path: '/api/v1/images/{id}/hosts',
    summary: 'Where it is, with its containers',
    policy: 'viewer',
    params: idParams,
    query: pageQuery,
    response: pageOf(imageHostRow),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.history',
    method: 'GET',
    path: '/api/v1/images/{id}/history',
    summary: 'What appeared, changed and vanished, each with its cause, the latest first',
    policy: 'viewer',
    params: idParams,
    query: pageQuery,
    response: pageOf(imageEvent),
    errors: ['not-found', 'invalid-input'],
  }),
  defineRoute({
    id: 'images.report',
    method: 'GET',
    path: '/api/v1/images/{id}/report',
    summary: 'The assessment as one JSON result (version 1)',
    policy: 'viewer',
    params: idParams,
    response: z.record(z.string(), z.unknown()),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'images.assess',
    method: 'POST',
    path: '/api/v1/images/{id}/assess',
    summary: 'Assess again now',
    policy: 'operator',
    params: idParams,
    response: z.object({ id, assessment: assessmentStatus }),
    status: 202,
    errors: ['not-found', 'conflict'],
  }),
  defineRoute({
    id: 'images.cancel',
    method: 'DELETE',
    path: '/api/v1/images/{id}/assess',
    summary: 'Cancel its assessment; nothing asks for it again but a person',
    policy: 'operator',
    params: idParams,
    response: z.object({ id, assessment: assessmentStatus }),
    errors: ['not-found', 'conflict'],
  }),
] as const;
