import { z } from 'zod';
import { baseRef } from './lineage.ts';

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
