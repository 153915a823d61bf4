import { z } from 'zod';
import { defineRoute } from './route.ts';
import { id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

export const assessmentState = z.enum(['none', 'complete', 'partial', 'not-assessable', 'failed']);
export const assessmentActivity = z.enum(['idle', 'queued', 'running']);

export const assessmentStatus = z.object({
  state: assessmentState,
  activity: assessmentActivity,
  /** Why it is not complete, in a sentence with what to do; null when there is nothing to say. */
  reason: z.string().nullable(),
  /** While it runs: layers done of all. */
  progress: z.object({ layersDone: z.number().int(), layersTotal: z.number().int() }).nullable(),
  assessedAt: instant.nullable(),
  /** `console`, an agent's name, or null. */
  readBy: z.string().nullable(),
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

/** An image that others were built on. */
export const baseRef = z.object({
  /** An image with exactly its layers; null where no list has it any more, as its tag moved on. */
  image: id.nullable(),
  /** `docker.io/library/debian:12.1`: of several names the official one, and the tag that says most. */
  name: z.string(),
});
export type BaseRef = z.infer<typeof baseRef>;

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

export const packageRow = z.object({
  purl: z.string(),
  type: z.string(),
  name: z.string(),
  version: z.string(),
  source: z.object({ name: z.string(), version: z.string() }).nullable(),
  licenses: z.array(z.string()),
  layer: z.string().nullable(),
  paths: z.array(z.string()),
  direct: z.boolean().nullable(),
  /** Findings on this package and the highest risk among them. */
  findings: z.number().int(),
  risk: z.number().int().nullable(),
  /** The base that brought it; null where the image's own layers did, or the layer is not known. */
  inherited: baseRef.nullable(),
});
export type PackageRow = z.infer<typeof packageRow>;

export const findingRow = z.object({
  id: z.string(),
  aliases: z.array(z.string()),
  title: z.string(),
  categories: z.array(z.string()),
  references: z.array(z.object({ source: z.string(), url: z.string() })),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'negligible', 'unknown']),
  /** Whose word the severity is: the vendor's feed before who gave the CVSS score; null where nobody rated it. */
  severitySource: z.string().nullable().optional(),
  rating: z.enum(['critical', 'severe', 'moderate']),
  cvss: z.object({ score: z.number(), vector: z.string().nullable(), source: z.string() }).nullable(),
  status: z.enum([
    'affected',
    'fixed-available',
    'will-not-fix',
    'not-affected',
    'under-investigation',
    'undetermined',
  ]),
  fixedIn: z.array(z.string()),
  package: z.object({ purl: z.string(), name: z.string(), version: z.string() }),
  layer: z.string().nullable(),
  published: z.string().nullable(),
  kev: z.boolean(),
  epss: z.number().nullable(),
  exploit: z.enum(['none', 'poc', 'weaponized', 'attacked']),
  /** CISA's decision points (SSVC), where it gave any. */
  ssvc: z
    .object({
      exploitation: z.enum(['none', 'poc', 'active']),
      automatable: z.boolean(),
      technicalImpact: z.enum(['partial', 'total']),
    })
    .optional(),
  risk: z.number().int(),
  explanation: z.string(),
  evidence: z.object({
    rule: z.string(),
    range: z.string(),
    compared: z.string(),
    via: z.string().nullable(),
    advisories: z.array(z.object({ feed: z.string(), id: z.string() })),
    /** How sure it is that the flaw is in the package, and why no surer. */
    confidence: z.object({ level: z.enum(['high', 'medium', 'low']), reason: z.string() }).optional(),
    /** Sources that judge otherwise and were overruled. */
    disagreeing: z.array(z.object({ feed: z.string(), id: z.string(), says: z.string() })).optional(),
    /** The CVE id is doubted: disputed by its vendor, or rejected by the CVE list while these advisories stand. */
    state: z.enum(['disputed', 'rejected']).optional(),
    /** What the vendor of the image, or of the program that it is part of, states of it. */
    vex: z
      .object({
        status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
        justification: z.string().nullable(),
        note: z.string().nullable(),
        /** Feed, document, place and date. */
        source: z.string(),
      })
      .optional(),
  }),
  /** The base that brought it; null where the image's own layers did, or the layer is not known. */
  inherited: baseRef.nullable(),
  /** Why it is no vulnerability of the image: it is listed, and counts nowhere. */
  setAside: z
    .object({
      kind: z.enum(['kernel-headers', 'unmaintained', 'unsound', 'notice', 'vendor-statement']),
      reason: z.string(),
    })
    .optional(),
});
export type FindingRow = z.infer<typeof findingRow>;

export const imageAdvice = z.object({
  /** Updates, the one that takes away the highest risk first. */
  updates: z.array(
    z.object({
      /** Source package of a distribution, else the package. */
      name: z.string(),
      type: z.string(),
      by: z.enum(['package-manager', 'dependency', 'toolchain', 'program']),
      packages: z.array(z.string()),
      purls: z.array(z.string()),
      from: z.string(),
      /** Smallest version at which none of them has a finding that a version fixes. */
      to: z.string(),
      findings: z.number().int(),
      worst: z.number().int(),
      /** Findings with a fix that are left at `to`, where no published version ends all. */
      leaves: z.number().int(),
    }),
  ),
  /** Findings by what can be done about them. */
  remedies: z.object({
    packageManager: z.number().int(),
    update: z.number().int(),
    newBase: z.number().int(),
    noFix: z.number().int(),
    unclear: z.number().int(),
  }),
  /** Last day of the release's security updates, where it has passed. */
  releaseEnded: z.string().nullable(),
});
export type ImageAdvice = z.infer<typeof imageAdvice>;

export const layerRow = z.object({
  diffId: z.string().nullable(),
  digest: z.string().nullable(),
  size: z.number().int().nullable(),
  createdBy: z.string().nullable(),
  empty: z.boolean(),
  /** Packages whose present version came with this layer. */
  packages: z.number().int(),
  findings: z.number().int(),
  risk: z.number().int().nullable(),
  /** `console`, an agent's name, or null where the layer was not read. */
  readBy: z.string().nullable(),
  /** How many other images share it. */
  sharedBy: z.number().int(),
  /** The base that brings the layer; null for the image's own. */
  inherited: baseRef.nullable(),
});
export type LayerRow = z.infer<typeof layerRow>;

/** A package that gets no security fixes any more, or only for some uses. */
export const supportRow = z.object({
  purl: z.string(),
  name: z.string(),
  version: z.string(),
  status: z.enum(['ended', 'limited']),
  /** First day without (`YYYY-MM-DD`); null where none is named. */
  since: z.string().nullable(),
  /** Of what: `webkit2gtk in Debian 12`, `Node.js 16`. */
  subject: z.string(),
  /** Until when somebody is paid to go on; null: nobody, or not known. */
  extendedUntil: z.string().nullable(),
  reference: z.string().nullable(),
});
export type SupportRow = z.infer<typeof supportRow>;

export const imageHostRow = z.object({
  id,
  name: z.string(),
  lastSeen: instant,
  stale: z.boolean(),
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
/** Why a finding appeared, changed or vanished. New causes may be added. */
export const historyCause = z.enum([
  'first-seen',
  'advisory-new',
  'advisory-withdrawn',
  'range-changed',
  'status-changed',
  'fix-released',
  'severity-changed',
  'kev-listed',
  'kev-removed',
  'exploit-changed',
  'epss-crossed',
  'sources-changed',
  'package-changed',
  'analyzer-version',
  'database-source',
  'vendor-statement',
  'rules-version',
  'unknown',
]);
const historyEvent = z.object({
  at: instant,
  event: z.enum(['appeared', 'changed', 'vanished']),
  cause: historyCause,
  risk: z.object({ before: z.number().int().nullable(), after: z.number().int().nullable() }),
  /** What is shown of it, before and after; empty where it appeared or vanished without a predecessor. */
  changes: z.array(z.object({ field: z.string(), before: z.json(), after: z.json() })),
  /** Of the vulnerability database that brought it. */
  revision: z.string(),
});
export const imageEvent = historyEvent.extend({
  vulnerability: z.string(),
  package: z.object({ purl: z.string(), name: z.string(), version: z.string() }),
});
export type ImageEvent = z.infer<typeof imageEvent>;
export const vulnerabilityEvent = historyEvent.extend({
  /** Names of packages, at most 20. */
  packages: z.array(z.string()),
  /** Distinct packages and versions. */
  subjects: z.number().int(),
});
export type VulnerabilityEvent = z.infer<typeof vulnerabilityEvent>;

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

const affectedImage = z.object({
  id,
  name: z.string(),
  digest: z.string().nullable(),
  risk: z.number().int().nullable(),
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
    response: z.object({
      id: z.string(),
      images: z.array(affectedImage),
      repositories: z.array(z.object({ registry: z.string(), repository: z.string() })),
      hosts: z.array(z.object({ id, name: z.string() })),
      containers: z.array(z.object({ id: z.string(), name: z.string(), host: id, state: z.string() })),
      /** The lists are cut at 1,000, the worst images first; these are of everything. */
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
