import type { ImageAdvice } from './advice/advice.ts';
import type { Finding, Severity } from './finding.ts';
import type { ImageFacts } from './image.ts';
import type { Executables, Package, Relation } from './package.ts';
import type { Problem } from './problem.ts';

export type AssessmentState = 'complete' | 'partial' | 'not-assessable';

/** Which source judges an ecosystem that is in the image, and how far it can be trusted. */
export interface Coverage {
  readonly ecosystem: string;
  readonly source: string | null;
  readonly updatedAt: string | null;
  readonly extent: 'whole' | 'excerpt' | 'none';
}

/** A package that nobody cares for any more, or only for some uses: its flaws may stay, and new ones may go unnamed. */
export interface SupportNote {
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  readonly status: 'ended' | 'limited';
  /** First day without (`YYYY-MM-DD`); null where none is named. */
  readonly since: string | null;
  /** Of what: `webkit2gtk in Debian 12`, `Node.js 16`. */
  readonly subject: string;
  /** Until when somebody is paid to go on; null: nobody, or not known. */
  readonly extendedUntil: string | null;
  readonly reference: string | null;
}

export interface Summary {
  readonly critical: number;
  readonly severe: number;
  readonly moderate: number;
  readonly total: number;
  readonly fixable: number;
  readonly exploitable: number;
  readonly ignored: number;
  readonly severity: { readonly [key in Severity]: number };
}

/** The JSON result of `hullcheck scan -f json`, version 1. Fields may be added, never renamed. */
export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'hullcheck'; readonly version: string };
  readonly database: {
    readonly revision: string;
    readonly builtAt: string;
    readonly sources: readonly { readonly id: string; readonly updatedAt: string }[];
  } | null;
  readonly image: Omit<ImageFacts, 'platform'> & {
    readonly platform: string | null;
    readonly os: {
      readonly id: string;
      readonly version: string;
      readonly name: string;
      readonly endOfLife: string | null;
      /** End of extended support (LTS), where there is one. */
      readonly extendedEndOfLife?: string | null;
    } | null;
  };
  readonly assessment: {
    readonly state: AssessmentState;
    readonly problems: readonly Problem[];
    readonly coverage: readonly Coverage[];
    /** `console` (also the command line itself), or the agent's name. */
    readonly readBy: string;
    /** By subject, then purl. Not a gap: what is known of these packages is still judged. Absent in reports of older versions. */
    readonly support?: readonly SupportNote[];
    /** How much of the image the inventory accounts for; absent in reports of older versions, null where it is not known. */
    readonly confidence?: { readonly executables: Executables | null };
  };
  readonly packages: readonly Package[];
  /** Which package needs which, by purl, where files of the image state it; absent where none does. */
  readonly relations?: readonly Relation[];
  readonly findings: readonly Finding[];
  readonly ignored: readonly { readonly finding: Finding; readonly reason: string; readonly source: string }[];
  readonly summary: Summary;
  readonly risk: { readonly score: number | null; readonly total: number; readonly model: string };
  /** What to do about it; absent in reports of older versions. */
  readonly advice?: ImageAdvice;
}
