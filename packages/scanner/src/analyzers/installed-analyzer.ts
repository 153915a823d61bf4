import type {
  Analysis,
  Analyzer,
  AnalyzerSupport,
  ClaimedFile,
  FileClaim,
  ImageView,
  Package,
  Relation,
  Resolution,
  ViewFile,
} from '@hullcheck/core';
import { z } from 'zod';
import { appendAll } from './append-all.ts';
import { type FoundPackage, toLanguagePackage } from './language-package.ts';
import { lazily } from './lazily.ts';
import { limits } from './limits.ts';
import { analyzeLock, relationsOf, statedBy } from './lock-analyzer.ts';
import { keyOf, type LockedPackage, type LockResult, lockedPackageSchema } from './locked-packages.ts';
import { presentSince } from './presence.ts';

/** `installed`: what lies there; its `needs` are names. `lock`: what would be installed; its `needs` are keys of the same file. */
export type InstalledEvidence = { readonly kind: 'installed' | 'lock'; readonly packages: readonly LockedPackage[] };

export interface InstalledAnalyzerOptions {
  readonly id: string;
  readonly version: number;
  readonly support: AnalyzerSupport;
  readonly claims: FileClaim;
  /** What a claimed file is by its path; undefined for those that say nothing of what is here. */
  readonly kindOf: (path: string) => InstalledEvidence['kind'] | undefined;
  /** Undefined where the file is something else of the same name. */
  readonly parse: (bytes: Uint8Array, path: string) => LockResult | undefined;
  /** The package of one entry; undefined for what no registry publishes under this name. */
  readonly toFound: (stated: LockedPackage, path: string) => FoundPackage | undefined;
  /** The folder whose packages find each other first. */
  readonly homeOf: (path: string) => string;
  /** Comes with the language itself: being there is no sign of any project. */
  readonly isCarried?: (name: string) => boolean;
  /** Paths whose files say the same as this one and more: where one of them is there, this file does not count. */
  readonly yieldsTo?: (path: string) => readonly string[];
}

const schema = lazily(() => {
  return z.object({
    kind: z.enum(['installed', 'lock']),
    packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax),
  });
});

/**
 * An ecosystem that leaves traces of what it installed, in folders that projects share, and lock files beside. Installed packages
 * count, and the locked ones of each project of which nothing is installed. What a distribution package or the language
 * itself brought is no sign of a project.
 */
export function installedAnalyzer(options: InstalledAnalyzerOptions): Analyzer<InstalledEvidence> {
  const { id, version, support, claims } = options;
  return {
    id,
    version,
    support,
    claims,
    analyze: (file) => analyze(file, options),
    parseEvidence: (value) => schema().safeParse(value).data,
    resolve: (view) => resolveInstalled(view, options),
  };
}

function analyze(file: ClaimedFile, options: InstalledAnalyzerOptions): Analysis<InstalledEvidence> {
  const kind = options.kindOf(file.path);
  if (kind === undefined) return { evidence: null, problems: [] };
  const { evidence, problems } = analyzeLock(file, options.parse);
  return { evidence: evidence === null ? null : { kind, packages: evidence.packages }, problems };
}

interface Installed {
  readonly name: string;
  readonly home: string;
  readonly needs: readonly string[];
  readonly pkg: Package;
}

function resolveInstalled(view: ImageView<InstalledEvidence>, options: InstalledAnalyzerOptions): Resolution {
  const paths = new Set(view.files.map(({ path }) => path));
  const counts = ({ path }: ViewFile<InstalledEvidence>): boolean =>
    options.yieldsTo?.(path).some((other) => paths.has(other)) !== true;
  const locks = view.files.filter((file) => file.evidence.kind === 'lock' && counts(file));
  const directness = new Map<string, boolean>();
  for (const { name, version, direct } of locks.flatMap(({ evidence }) => evidence.packages)) {
    const key = keyOf({ name, version });
    if (direct !== null) directness.set(key, direct || directness.get(key) === true);
  }
  const installed = view.files
    .filter((file) => file.evidence.kind === 'installed' && counts(file))
    .flatMap((file) => toInstalled(file, view, options, directness));
  const witnesses = new Set(
    installed
      .filter(({ name, pkg }) => pkg.ownedBy === null && options.isCarried?.(name) !== true)
      .map(({ name }) => name),
  );
  const packages = installed.map(({ pkg }) => pkg);
  const relations = [...installedRelations(installed)];
  for (const file of locks) {
    if (file.evidence.packages.some(({ name }) => witnesses.has(name))) continue;
    const purls = new Map<string, string>();
    for (const { stated, pkg } of toPackages(file, view, options)) {
      purls.set(keyOf(stated), pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(file.evidence.packages, purls));
  }
  return { packages, problems: [], relations };
}

function toInstalled(
  file: ViewFile<InstalledEvidence>,
  view: ImageView<InstalledEvidence>,
  options: InstalledAnalyzerOptions,
  directness: ReadonlyMap<string, boolean>,
): readonly Installed[] {
  const home = options.homeOf(file.path);
  return toPackages(file, view, options).map(({ stated, pkg }) => ({
    name: stated.name,
    home,
    needs: stated.needs ?? [],
    pkg: {
      ...pkg,
      direct: pkg.direct ?? directness.get(keyOf({ name: stated.name, version: stated.version })) ?? null,
    },
  }));
}

function toPackages(
  file: ViewFile<InstalledEvidence>,
  view: ImageView<InstalledEvidence>,
  { id, toFound }: InstalledAnalyzerOptions,
): readonly { readonly stated: LockedPackage; readonly pkg: Package }[] {
  const since = presentSince(file, (evidence) => evidence.packages.map(keyOf));
  return file.evidence.packages.flatMap((stated) => {
    const found = stated.dev ? undefined : toFound(stated, file.path);
    if (found === undefined) return [];
    const place = { view, file, layer: since.get(keyOf(stated)), analyzer: id };
    return [{ stated, pkg: toLanguagePackage({ direct: stated.direct, ...statedBy(stated), ...found }, place) }];
  });
}

/** To the packages of the needed name in the same home, else to those of any. */
function installedRelations(installed: readonly Installed[]): readonly Relation[] {
  const byName = new Map<string, Installed[]>();
  for (const found of installed) {
    const same = byName.get(found.name);
    if (same === undefined) byName.set(found.name, [found]);
    else if (same.length < limits.versionsPerNameMax) same.push(found);
  }
  const relations: Relation[] = [];
  for (const { needs, home, pkg } of installed) {
    for (const need of needs) {
      const named = byName.get(need) ?? [];
      const near = named.filter((other) => other.home === home);
      for (const other of near.length > 0 ? near : named) relations.push({ from: pkg.purl, to: other.pkg.purl });
      // One above the limit tells the composer that there are more.
      if (relations.length > limits.relationsMax) return relations;
    }
  }
  return relations;
}
