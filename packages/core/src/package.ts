/** What os-release says, with the release that advisories are keyed by. */
export interface OperatingSystem {
  /** `debian`, `alpine`, `ubuntu` … as os-release's ID. */
  readonly id: string;
  /** VERSION_ID, or the text of debian_version / alpine-release; empty for rolling releases. */
  readonly version: string;
  /** PRETTY_NAME, or a made one. Foreign text. */
  readonly name: string;
  readonly idLike: readonly string[];
  readonly codename: string | null;
}

/** One package as it lies in the composed image. */
export interface Package {
  /** Canonical purl with version and qualifiers. */
  readonly purl: string;
  /** purl type: `deb`, `apk`, `npm`, `pypi`, `golang` … */
  readonly type: string;
  /** Full name as its ecosystem writes it: `@scope/name`, `github.com/a/b`; for distributions without namespace. */
  readonly name: string;
  readonly version: string;
  readonly architecture: string | null;
  /** Source package where the distribution has one. */
  readonly source: { readonly name: string; readonly version: string } | null;
  /** For distribution packages the distribution that judges them: os-release ID and the release key (`12`, `3.20`). */
  readonly distribution: { readonly id: string; readonly release: string } | null;
  readonly licenses: readonly string[];
  /** diffID of the layer that brought this version; null for folders, SBOMs and purls. */
  readonly layer: string | null;
  readonly paths: readonly string[];
  readonly direct: boolean | null;
  /** Name of the operating-system package that owns it: then the distribution judges it, not its language. */
  readonly ownedBy: string | null;
  /** Id of the analyzer that found it. */
  readonly analyzer: string;
  /** Module stream that an rpm was built in: `nodejs:18:8080020230718144441:63b34585`. Its advisories are keyed by it. */
  readonly module?: string;
  /** Red Hat's repositories that an rpm may come from: `rhel-8-for-x86_64-baseos-rpms`. Its advisories are keyed by products of them. */
  readonly contentSets?: readonly string[];
  /** CPE 2.3 formatted strings, the usual one first, where the analyzer knows under which names advisories file it. */
  readonly cpes?: readonly string[];
}

/** One package needs another, as a file of the image states it. Both are purls of the inventory. */
export interface Relation {
  readonly from: string;
  readonly to: string;
}

/** How many executables an image has, and how many of them no package explains. Hard links to one file count once. */
export interface Executables {
  readonly files: number;
  readonly bytes: number;
  /** Neither owned by the operating system, nor part of a package that was found. */
  readonly unclaimed: {
    readonly files: number;
    readonly bytes: number;
    /** By size, then path; at most ten. */
    readonly largest: readonly { readonly path: string; readonly bytes: number }[];
  };
}

/** The image inventory: what is in it, before anything is judged. */
export interface Inventory {
  readonly operatingSystem: OperatingSystem | null;
  readonly packages: readonly Package[];
  readonly problems: readonly import('./problem.ts').Problem[];
  /** In code-unit order of both ends, each once. Absent where nothing states any. */
  readonly relations?: readonly Relation[];
  /** Absent where not every layer was asked for its executables (package lists, older reports): unknown, not none. */
  readonly executables?: Executables;
}

/** The advisory ecosystem of a package: `debian:12`, `alpine:3.20`, `npm`, `pypi`, `golang`. Undefined: none judges it. */
export type EcosystemKey = string;
