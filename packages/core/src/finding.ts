import type { ExploitState, SsvcPoints } from './advisory.ts';
import type { VexStatus } from './vex/index.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown';
export type Rating = 'critical' | 'severe' | 'moderate';
export type FindingStatus =
  | 'affected'
  | 'fixed-available'
  | 'will-not-fix'
  | 'not-affected'
  | 'under-investigation'
  | 'undetermined';

/** How sure it is that the flaw is in the package, and why no surer. */
export interface Confidence {
  readonly level: 'high' | 'medium' | 'low';
  /** A phrase of our own, without a full stop. */
  readonly reason: string;
}

/** Why a finding is no vulnerability of the image: it is listed apart and counts nowhere. */
export interface SetAside {
  /**
   * Headers of a kernel that the image does not run; what a source says of a project rather than of a flaw; or, where verdicts are
   * kept, the vendor of the image or of the program answers for it (a report lists those as ignored).
   */
  readonly kind: 'kernel-headers' | 'unmaintained' | 'unsound' | 'notice' | 'vendor-statement';
  /** A phrase of our own, without a full stop. */
  readonly reason: string;
}

/** Why a finding is there: which rule compared what with what. */
export interface FindingEvidence {
  /** `debian-source`, `alpine-source`, `semver-range` …: the matcher's rule. */
  readonly rule: string;
  /** The range in words: `< 2.36-9+deb12u4`. */
  readonly range: string;
  /** The version that was compared (of the source package where it differs). */
  readonly compared: string;
  /** Source package through which it was found, or null. */
  readonly via: string | null;
  /** Feed and advisory ids that say so. */
  readonly advisories: readonly { readonly feed: string; readonly id: string }[];
  /** Sources that say otherwise, with their verdict (`fixed`, `not-affected` …); absent where all agree. */
  readonly disagreeing?: readonly { readonly feed: string; readonly id: string; readonly says: string }[];
  /** The CVE id is doubted: its vendor disputes it, or the list withdrew it while these advisories stand; else absent. */
  readonly state?: 'disputed' | 'rejected';
  /** Absent in findings of older versions. */
  readonly confidence?: Confidence;
  /** The VEX statement that answers it, where there is one; absent where none is known. */
  readonly vex?: {
    readonly status: VexStatus;
    readonly justification: string | null;
    readonly note: string | null;
    /** Document, place and date: `redis.vex.json statements[3] of 2026-01-01`. */
    readonly source: string;
  };
}

export interface Finding {
  /** Display id: a CVE where there is one. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** Our own words: `vulnerability class in package`. */
  readonly title: string;
  readonly categories: readonly string[];
  readonly references: readonly { readonly source: string; readonly url: string }[];
  readonly severity: Severity;
  /**
   * Whose word the severity is: the vendor's feed, who gave the CVSS score, `hullcheck` for malicious code; null where nobody rated
   * it. Absent in findings of older versions.
   */
  readonly severitySource?: string | null;
  readonly rating: Rating;
  readonly cvss: { readonly score: number; readonly vector: string | null; readonly source: string } | null;
  readonly status: FindingStatus;
  readonly fixedIn: readonly string[];
  readonly package: { readonly purl: string; readonly name: string; readonly version: string };
  readonly layer: string | null;
  readonly published: string | null;
  readonly kev: boolean;
  readonly epss: number | null;
  readonly exploit: ExploitState;
  /** CISA's decision points; absent where it gave none. */
  readonly ssvc?: SsvcPoints;
  /** 0 to 1000; 0 where it is set aside. */
  readonly risk: number;
  /** One sentence that explains the risk. */
  readonly explanation: string;
  /** Its package is cared for no more, or only for some uses; absent otherwise. */
  readonly support?: { readonly status: 'ended' | 'limited'; readonly since: string | null; readonly subject: string };
  readonly evidence: FindingEvidence;
  /** Absent in findings that count. */
  readonly setAside?: SetAside;
}
