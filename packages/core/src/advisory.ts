import type { SchemeId } from './versions/scheme.ts';
import type { VexStatement } from './vex/statement.ts';

/** A half-open interval of versions. `introduced` null: from the first one. `fixed` and `lastAffected` null: no end known. */
export interface VersionRange {
  readonly introduced: string | null;
  /** First version that is not affected. */
  readonly fixed: string | null;
  /** Last version that is affected (inclusive); used when no fix is named. */
  readonly lastAffected: string | null;
}

/** What the source says about a package it names. `affected` with a range that has a fix is "fixed" for newer versions. */
export type AdvisoryStatus = 'affected' | 'not-affected' | 'under-investigation' | 'will-not-fix' | 'undetermined';

/** One package of one advisory, as it is stored and looked up by (ecosystem, name). */
export interface AffectedPackage {
  /** `debian:12`, `alpine:3.20`, `npm`, `pypi`, `golang`, `nodejs` (Node.js itself). */
  readonly ecosystem: string;
  /** Source package for Debian and Alpine (`nameKind` source), else the package. Normalised as its ecosystem compares names. */
  readonly name: string;
  readonly nameKind: 'source' | 'binary' | 'package';
  readonly scheme: SchemeId;
  /** Any of these ranges; empty with `expression` null and status affected: all versions. */
  readonly ranges: readonly VersionRange[];
  /** Exact versions listed beside ranges (OSV `versions`). */
  readonly versions: readonly string[];
  /** A range in the scheme's own words, for sources that state one (`<4.17.5 || >=5 <5.1`). */
  readonly expression: string | null;
  readonly status: AdvisoryStatus;
  /** The source's own word for severity (`medium`, `unimportant`, `low**`), or null. */
  readonly urgency: string | null;
  /** Module and stream (`nodejs:18`) of which the package must be a build; absent for packages outside modules. */
  readonly module?: string;
  /** The vendor's product of which the package must be a build (`rhel_eus:9.2`, `openshift:4.16`); absent for the release itself. */
  readonly product?: string;
  /** Architectures that the source restricts it to, as its packages name them; absent for all. */
  readonly architectures?: readonly string[];
}

/** One advisory of one feed. Facts only: no prose of the source is kept. */
export interface Advisory {
  /** `CVE-2024-1`, `GO-2024-1`, `PYSEC-2024-1`, `DSA-1`. */
  readonly id: string;
  readonly feed: string;
  readonly aliases: readonly string[];
  /** RFC 3339 or null. */
  readonly published: string | null;
  readonly modified: string | null;
  readonly withdrawn: string | null;
  /** CVSS vectors with who gave them. */
  readonly cvss: readonly { readonly vector: string; readonly source: string }[];
  readonly references: readonly { readonly source: string; readonly url: string }[];
  /** CWE ids where the source names them. */
  readonly categories: readonly string[];
  readonly affected: readonly AffectedPackage[];
}

export type ExploitState = 'none' | 'poc' | 'weaponized' | 'attacked';

/** CISA's decision points on a CVE id. https://certcc.github.io/SSVC */
export interface SsvcPoints {
  readonly exploitation: 'none' | 'poc' | 'active';
  readonly automatable: boolean;
  readonly technicalImpact: 'partial' | 'total';
}

/** What the CVE list says of the id itself. `rejected`: it must not be used. `disputed`: its vendor denies that it is a flaw. */
export type CveState = 'published' | 'disputed' | 'rejected';

/** What is known of one vulnerability beside who is affected. Keyed by CVE id. */
export interface VulnerabilityFacts {
  readonly id: string;
  readonly published: string | null;
  readonly cvss: { readonly score: number; readonly vector: string | null; readonly source: string } | null;
  readonly epss: { readonly probability: number; readonly date: string; readonly model: string | null } | null;
  readonly kev: { readonly addedAt: string; readonly ransomware: boolean } | null;
  readonly exploit: ExploitState;
  readonly categories: readonly string[];
  readonly ssvc?: SsvcPoints;
  /** With the day (`YYYY-MM-DD`) of the record that says so; absent where no list of ids was read. */
  readonly state?: { readonly is: CveState; readonly asOf: string };
}

/** One feed in the database. */
export interface DatabaseSource {
  readonly id: string;
  /** Date of the data itself (not of its download), RFC 3339. */
  readonly updatedAt: string;
  /** `whole`: all the source has; `excerpt`: a part, so silence proves nothing. */
  readonly extent: 'whole' | 'excerpt';
  readonly records: number;
  /** Which ecosystem keys it answers: `debian:12`, `npm`. */
  readonly ecosystems: readonly string[];
  readonly licence: string | null;
}

/** An advisory as it answers one look-up: the advisory with only the affected entries of the key asked for. */
export type AdvisoryHit = Advisory;

/** End of life of a distribution release. Dates are `YYYY-MM-DD`. */
export interface ReleaseSupport {
  readonly distribution: string;
  readonly release: string;
  readonly endOfLife: string | null;
  readonly extendedEndOfLife: string | null;
}

/** One line of what a source says of how long packages are cared for. */
export interface SupportLine {
  /** Line of releases (`3.8`, `16`), or source packages: a name, or a beginning of names and `*` (`golang*`). */
  readonly covers: string;
  /** `limited`: only some uses are cared for (trusted input, behind authentication). */
  readonly status: 'supported' | 'limited' | 'ended';
  /** With `ended`: the first day without, also one to come (`YYYY-MM-DD`); null where none is named. */
  readonly from: string | null;
  /** Until when somebody is paid to go on; null: nobody, or not known. */
  readonly extended: string | null;
  readonly reference: string | null;
}

/** How long the packages of one key are cared for. */
export interface PackageSupport {
  /** `debian:12` for source packages of a release; a purl without version, or `cpe:nodejs:node.js`, for one product's releases. */
  readonly key: string;
  /** Who cares: `Debian 12`, or the product, `Node.js`. */
  readonly title: string;
  readonly lines: readonly SupportLine[];
}

/** What the matcher needs of the vulnerability database; it never sees SQL. */
export interface AdvisoryLookup {
  readonly revision: string;
  /** RFC 3339. */
  readonly builtAt: string;
  readonly sources: readonly DatabaseSource[];
  /** All advisories that name any of the keys, each with only its affected entries of those keys. */
  advisoriesFor(keys: readonly { readonly ecosystem: string; readonly name: string }[]): readonly AdvisoryHit[];
  /** Facts for CVE ids; missing ones are absent. */
  factsFor(ids: readonly string[]): ReadonlyMap<string, VulnerabilityFacts>;
  supportOf(distribution: string, release: string): ReleaseSupport | undefined;
  /** What vendors state of their own products, by `vendorProductKeys`; absent where none is known. Each statement once. */
  vendorStatements?(products: readonly string[]): readonly VexStatement[];
  /** By `supportKeysOf`; absent where the database has none. */
  packageSupport?(keys: readonly string[]): readonly PackageSupport[];
}
