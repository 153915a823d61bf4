import type { ImageView, Package, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { toLanguagePackage } from '../language-package.ts';
import { keyOf, relationsOf } from '../lock-analyzer.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { presentSince } from '../presence.ts';
import type { DotnetEvidence } from './index.ts';
import { folderOf, projectFolder } from './paths.ts';

type View = ImageView<DotnetEvidence>;

interface Found {
  readonly packages: Package[];
  readonly relations: Relation[];
}

/**
 * What applications and frameworks run with; assemblies that none of their files accounts for; and what projects name that were not
 * built in this image, by the best file that each has.
 */
export function resolveDotnet(view: View): Resolution {
  const found: Found = { packages: [], relations: [] };
  const accounted = accountedAssemblies(view);
  for (const file of view.files) {
    const { evidence } = file;
    if (evidence.kind === 'runtime') addPackages(evidence.packages, file, view, found);
    else if (evidence.kind === 'tool' || (evidence.kind === 'assembly' && !accounted(file.path)))
      addPackages([{ ...evidence, dev: false, direct: null }], file, view, found);
  }
  const central = centralVersions(view);
  for (const file of projectFiles(view)) addPackages(lockedOf(file, central), file, view, found);
  return { ...found, problems: [] };
}

function addPackages(
  packages: readonly (LockedPackage & { readonly licenses?: readonly string[] })[],
  file: ViewFile<DotnetEvidence>,
  view: View,
  found: Found,
): void {
  const since = presentSince(file, keysOf);
  const purls = new Map<string, string>();
  for (const { name, version, dev, direct, licenses } of packages) {
    if (dev) continue;
    const key = keyOf({ name, version });
    const pkg = toLanguagePackage(
      { type: 'nuget', name, version, direct, licenses: licenses ?? [] },
      { view, file, layer: since.get(key), analyzer: 'dotnet' },
    );
    purls.set(key, pkg.purl);
    found.packages.push(pkg);
  }
  appendAll(found.relations, relationsOf(packages, purls));
}

/** Whether a deps.json beside an assembly or in a folder above names it. */
function accountedAssemblies(view: View): (path: string) => boolean {
  const byFolder = new Map<string, Set<string>>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'runtime') continue;
    const names = byFolder.get(folderOf(path)) ?? new Set();
    for (const name of evidence.assemblies) names.add(name.toLowerCase());
    byFolder.set(folderOf(path), names);
  }
  return (path) => {
    const base = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      if (byFolder.get(folder)?.has(base) === true) return true;
      if (folder === '') return false;
    }
  };
}

/** Best first. */
const RANKS: readonly DotnetEvidence['kind'][] = ['assets', 'lock', 'config', 'project'];

/**
 * One file for each project, or several of the same kind. None for projects whose application is in the image: by name, or because its
 * deps.json lies in the project's folder for output (`bin/Release/net8.0/`).
 */
function projectFiles(view: View): readonly ViewFile<DotnetEvidence>[] {
  const builtNames = new Set<string>();
  const builtFolders = new Set<string>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'runtime') continue;
    for (const name of evidence.projects) builtNames.add(name.toLowerCase());
    const output = path.lastIndexOf('/bin/');
    if (output !== -1) builtFolders.add(path.slice(0, output));
  }
  const byFolder = new Map<string, ViewFile<DotnetEvidence>[]>();
  const built = new Set<string>();
  for (const file of view.files) {
    if (!RANKS.includes(file.evidence.kind)) continue;
    const folder = projectFolder(file.path);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []).slice(-FILES_MAX), file]);
    const name = nameOf(file);
    if (builtFolders.has(folder) || (name !== null && builtNames.has(name.toLowerCase()))) built.add(folder);
  }
  return [...byFolder].flatMap(([folder, files]) => {
    const best = RANKS.find((kind) => files.some(({ evidence }) => evidence.kind === kind));
    return built.has(folder) ? [] : files.filter(({ evidence }) => evidence.kind === best);
  });
}

/** Project files that one folder may have. */
const FILES_MAX = 100;

function nameOf({ path, evidence }: ViewFile<DotnetEvidence>): string | null {
  if (evidence.kind === 'assets') return evidence.project;
  if (evidence.kind !== 'project') return null;
  return path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));
}

function lockedOf(
  { path, evidence }: ViewFile<DotnetEvidence>,
  central: (path: string) => ReadonlyMap<string, string>,
): readonly LockedPackage[] {
  if ('packages' in evidence) return evidence.packages;
  if (evidence.kind !== 'project') return [];
  const versions = central(path);
  return evidence.references.flatMap(({ name, version }) => {
    const stated = version ?? versions.get(name.toLowerCase());
    return stated === undefined ? [] : [{ name, version: stated, dev: false, direct: true }];
  });
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Versions by lower-case name in the nearest Directory.Packages.props, in the project's folder or above. */
function centralVersions(view: View): (path: string) => ReadonlyMap<string, string> {
  const byFolder = new Map<string, ReadonlyMap<string, string>>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'central') continue;
    const stated = evidence.references.flatMap(({ name, version }) =>
      version === null ? [] : [[name.toLowerCase(), version] as const],
    );
    byFolder.set(folderOf(path), new Map(stated));
  }
  return (path) => {
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      const versions = byFolder.get(folder);
      if (versions !== undefined || folder === '') return versions ?? NONE;
    }
  };
}

function keysOf(evidence: DotnetEvidence): readonly string[] {
  if ('packages' in evidence) return evidence.packages.map(keyOf);
  if ('references' in evidence)
    return evidence.references.flatMap(({ name, version }) => (version === null ? [] : [keyOf({ name, version })]));
  return [keyOf(evidence)];
}
