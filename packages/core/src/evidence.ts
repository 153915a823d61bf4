import type { Digest } from './digest.ts';
import type { OperatingSystem, Package, Relation } from './package.ts';
import type { Problem } from './problem.ts';

/** Plain JSON: what crosses a process, a network or a database column. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Which files an analyzer wants, as data: one compiled matcher serves all analyzers. Paths are relative, no leading `/`. */
export interface FileClaim {
  /** Exact paths: `var/lib/dpkg/status`. */
  readonly paths?: readonly string[];
  /** Path prefixes that end in `/`: `var/lib/dpkg/status.d/`. */
  readonly folders?: readonly string[];
  /** Base names anywhere: `package.json`. */
  readonly names?: readonly string[];
  /** Path endings anywhere: `.dist-info/METADATA`. */
  readonly suffixes?: readonly string[];
  /** Files right in a folder of that name anywhere, by their ending: `conda-meta` and `.json`. */
  readonly within?: readonly { readonly folder: string; readonly suffix: string }[];
  /** First bytes of a regular file with an execute bit. */
  readonly executableMagic?: readonly Uint8Array[];
}

/** One regular file of a layer, bounded by the walker. Reads are synchronous: they happen in the reading process. */
export interface ClaimedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Unix mode bits. */
  readonly mode: number;
  /** The whole content; throws when it is above the in-memory limit (use `read`). */
  bytes(): Uint8Array;
  /** Up to `length` bytes from `offset`; shorter at the end of the file. */
  read(offset: number, length: number): Uint8Array;
}

/** What an analyzer may ask about the layer while it looks at one file. */
export interface LayerContext {
  /** Whether any analyzer claims this path by name: lets a package database keep only the listed files that matter. */
  isClaimed(path: string): boolean;
}

export interface Analysis<E> {
  readonly evidence: E | null;
  readonly problems: readonly Problem[];
}

/** Evidence at one path of the composed image, with what each lower layer said at the same path. */
export interface ViewFile<E> {
  readonly path: string;
  /** Index into the image's non-empty layers, lowest first. */
  readonly layer: number;
  readonly evidence: E;
  /** Every layer that holds evidence of this analyzer at this path, lowest first, the visible one last. A deletion in between is `null`. */
  readonly history: readonly { readonly layer: number; readonly evidence: E | null }[];
}

/** The composed image as one analyzer sees it. */
export interface ImageView<E> {
  readonly files: readonly ViewFile<E>[];
  readonly operatingSystem: OperatingSystem | null;
  /** diffIDs of the non-empty layers, lowest first. */
  readonly layers: readonly Digest[];
  /** Whether the operating system's package manager owns the path, by the name of the owning package. */
  ownerOf(path: string): string | undefined;
  /** Follows symbolic links of the composed image (at most 40 hops), inside the image. */
  realPath(path: string): string;
}

export interface Resolution {
  readonly packages: readonly Package[];
  readonly problems: readonly Problem[];
  /** Which package needs which, where the files state it. */
  readonly relations?: readonly Relation[];
  /** Files owned by packages of this analyzer: path → package name. Only operating-system package managers fill it. */
  readonly owned?: ReadonlyMap<string, string>;
}

/** One row of the documentation's support table: a kind of file and what is taken from it. */
export interface FileSupport {
  /** As users name it: `package-lock.json (versions 1 to 3)`. */
  readonly file: string;
  /**
   * `installed`: the package is there. `locked`: a lock file names the version that would be installed. `declared`: a
   * manifest pins it. `embedded`: stated inside a program or archive.
   */
  readonly states: 'installed' | 'locked' | 'declared' | 'embedded';
  readonly licenses?: boolean;
  /** Whether it tells direct from indirect dependencies. */
  readonly direct?: boolean;
  readonly relations?: boolean;
}

/** What an analyzer reads, as data: the support table of the documentation is generated from it. */
export interface AnalyzerSupport {
  /** Heading of its rows: `Debian packages`, `Java`. */
  readonly title: string;
  readonly kind: 'system' | 'language' | 'binary' | 'sbom' | 'facts';
  /** purl types of the packages that it finds; empty for facts. */
  readonly purlTypes: readonly string[];
  readonly reads: readonly FileSupport[];
}

/**
 * An analyzer turns files into evidence (per layer, without context) and evidence into packages (per image).
 * `id` is its folder's name and is stored; `version` rises when its evidence changes, which makes kept layer reports stale.
 */
export interface Analyzer<E extends Json = Json> {
  readonly id: string;
  readonly version: number;
  readonly support: AnalyzerSupport;
  readonly claims: FileClaim;
  /** Pure of everything but the file. A throw becomes a problem of that file. */
  analyze(file: ClaimedFile, layer: LayerContext): Analysis<E>;
  /** Evidence that was kept or sent, checked again: a report from an agent is foreign bytes. */
  parseEvidence(value: unknown): E | undefined;
  resolve(view: ImageView<E>): Resolution;
}

export interface EvidenceRecord {
  readonly analyzer: string;
  readonly path: string;
  /** Null when the file was claimed but could not be read: it still hides what lower layers have at this path. */
  readonly data: Json;
}

/** All that reading one layer leaves behind. Kept under (trust domain, diffID, readers). */
export interface LayerReport {
  readonly schemaVersion: 1;
  readonly diffId: Digest;
  /** Digest of the stored blob; equals diffId where it is not compressed. */
  readonly blobDigest: Digest;
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly blobBytes: number;
  readonly tarBytes: number;
  readonly entries: number;
  /** Versions of walker and analyzers that made it: `{ walker: 1, dpkg: 1, … }`. */
  readonly readers: { readonly [id: string]: number };
  /** Paths that this layer deletes. */
  readonly whiteouts: readonly string[];
  /** Folders whose lower content this layer hides. */
  readonly opaque: readonly string[];
  /** Symbolic links: path → target as written. */
  readonly links: { readonly [path: string]: string };
  readonly evidence: readonly EvidenceRecord[];
  readonly problems: readonly Problem[];
}
