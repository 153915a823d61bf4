import type { AdvisoryHit } from '../advisory.ts';
import type { Package } from '../package.ts';

/** What a matcher may know of a package: nothing of the image it lies in, so that one verdict serves every image. */
export type Matchable = Pick<
  Package,
  'type' | 'name' | 'version' | 'source' | 'distribution' | 'module' | 'contentSets' | 'cpes'
> &
  Partial<Pick<Package, 'architecture'>>;

/** The key under which advisories are stored and asked for. */
export interface LookupKey {
  readonly ecosystem: string;
  readonly name: string;
}

export type VerdictKind =
  | 'affected'
  | 'fixed'
  | 'not-affected'
  | 'undetermined'
  | 'will-not-fix'
  | 'under-investigation';

/** What one advisory says of one package, and how that was found. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** The matcher's rule: `debian-source`, `npm-range`. */
  readonly rule: string;
  /** The range in words: `< 2.36-9+deb12u4`. */
  readonly range: string;
  /** The version that was compared. */
  readonly compared: string;
  /** Source package through which it was found; null where the package itself is named. */
  readonly via: string | null;
  /** Smallest version that ends it, seen from the compared one; empty where none is known. */
  readonly fixedIn: readonly string[];
  /** The source's own word for severity. */
  readonly urgency: string | null;
  /** The version, or else the bound, that its scheme can't parse; set only where that made it undetermined. */
  readonly unparsable: string | null;
}

/** Names the advisories of one family of packages and judges them. Listed in catalogue.ts. */
export interface Matcher {
  /** Name of its file; stored with what it produced. */
  readonly id: string;
  /** Rises when it judges otherwise: verdicts that it made before are stale. */
  readonly version: number;
  /** Whether its advisories come from who builds the package: such a verdict outweighs everybody else's. */
  readonly vendor: boolean;
  /** Feeds of the vendor that say of an open flaw only that it is open, where another says why: will not be fixed, not looked at yet. */
  readonly terse?: ReadonlySet<string>;
  /** Empty where the package is not of its family. */
  lookups(pkg: Matchable): readonly LookupKey[];
  /** Undefined where no entry of the advisory is about the package. */
  judge(pkg: Matchable, advisory: AdvisoryHit): Verdict | undefined;
}
