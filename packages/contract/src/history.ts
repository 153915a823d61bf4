import { z } from 'zod';
import { instant } from './scalars.ts';

/** Why the verdict on a package became another one. */
export const verdictCauses = [
  /** Its package was first seen; no change of anything known. */
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
  'database-source',
  /** The vendor of the image or the program states something of it, or does no longer. */
  'vendor-statement',
  'rules-version',
] as const;

/** Why a finding appeared, changed or vanished. New causes may be added. */
export const historyCause = z.enum([
  ...verdictCauses,
  /** Another reading has other packages: by other readers, or by the same ones. */
  'analyzer-version',
  'package-changed',
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
