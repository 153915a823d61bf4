import type { ImageView, Package, Relation, ViewFile } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { folderOf, joinPath } from '../image-path.ts';
import { toLanguagePackage } from '../language-package.ts';
import { keyOf, relationsOf } from '../lock-analyzer.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { presentSince } from '../presence.ts';
import type { PythonEvidence } from './index.ts';
import { type PythonLock, reachable } from './lock-graph.ts';
import { normalizeName } from './names.ts';
import type { PythonProject } from './parse-project.ts';
import { isForDevelopment } from './paths.ts';

/** Lock files whose direct packages, and where they state none their groups too, stand in a manifest beside them. */
const MANIFESTS: ReadonlyMap<string, string> = new Map([
  ['Pipfile.lock', 'Pipfile'],
  ['pdm.lock', 'pyproject.toml'],
  ['poetry.lock', 'pyproject.toml'],
]);

/**
 * What the lock files of projects that were not installed name for production.
 *
 * Unlike node_modules, site-packages doesn't lie in the project that it serves, so nothing says which installed package came of
 * which lock file. A lock file counts as installed, and then names nothing, as soon as one package that it names for production is
 * installed in any version. The other two answers were worse. To list every lock file reports what was never installed: packages
 * of other platforms, of groups and extras that were left out, of files that the build copied and did not use — the complaint that
 * scanners hear most about lock files in images. To list what no installed package has the name of still reports all but the
 * last of these. What this rule misses is a project whose packages lost their metadata, beside another that shares a
 * package with it and kept it.
 */
export function resolveLocks(
  view: ImageView<PythonEvidence>,
  installed: ReadonlySet<string>,
): { readonly packages: readonly Package[]; readonly relations: readonly Relation[] } {
  const projects = new Map<string, PythonProject>();
  for (const { path, evidence } of view.files) if (evidence.kind === 'project') projects.set(path, evidence);
  const included = includedForProduction(view);
  const packages: Package[] = [];
  const relations: Relation[] = [];
  for (const file of view.files) {
    const { evidence, path } = file;
    if (evidence.kind !== 'lock' && evidence.kind !== 'requirements') continue;
    // A distribution package's own lock file is documentation.
    if (view.ownerOf(path) !== undefined) continue;
    if (evidence.kind === 'requirements' && isForDevelopment(path) && !included.has(path)) continue;
    const wanted = forProduction(evidence, projects.get(manifestOf(path)));
    if (wanted.some(({ name }) => installed.has(normalizeName(name)))) continue;
    const since = presentSince(file, lockedKeys);
    const purls = new Map<string, string>();
    for (const locked of wanted) {
      const pkg = toPackage(locked, file, view, since);
      purls.set(keyOf(locked), pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(wanted, purls));
  }
  return { packages, relations };
}

/** Requirements files that one for production takes in with `-r`, directly or not, whatever they are called. */
function includedForProduction(view: ImageView<PythonEvidence>): ReadonlySet<string> {
  const includes = new Map<string, readonly string[]>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'requirements') continue;
    includes.set(
      path,
      evidence.includes.map((other) => joinPath(folderOf(path), other)),
    );
  }
  return reachable(
    [...includes.keys()].filter((path) => !isForDevelopment(path)),
    includes,
  );
}

function manifestOf(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1);
  const manifest = MANIFESTS.get(base);
  return manifest === undefined ? '' : path.slice(0, -base.length) + manifest;
}

/** Packages that production needs, with directness: as the lock file has it, else as the manifest beside it tells. */
function forProduction(lock: PythonLock, project: PythonProject | undefined): readonly LockedPackage[] {
  if (project === undefined) return lock.packages.filter(({ dev }) => !dev);
  const requires = new Set([...project.requires, ...project.development]);
  const all = lock.packages.map((locked) => ({
    ...locked,
    direct: locked.direct ?? requires.has(normalizeName(locked.name)),
  }));
  if (lock.grouped) return all.filter(({ dev }) => !dev);
  const production = new Set(project.requires);
  const needs = new Map(all.map((locked) => [keyOf(locked), locked.needs ?? []]));
  const wanted = reachable(all.filter(({ name }) => production.has(normalizeName(name))).map(keyOf), needs);
  return all.filter((locked) => wanted.has(keyOf(locked)));
}

function toPackage(
  locked: LockedPackage,
  file: ViewFile<PythonEvidence>,
  view: ImageView<PythonEvidence>,
  since: ReadonlyMap<string, number>,
): Package {
  const { name, version, direct } = locked;
  return toLanguagePackage(
    { type: 'pypi', name: normalizeName(name), fullName: name, version, direct },
    { view, file, layer: since.get(keyOf(locked)), analyzer: 'python' },
  );
}

function lockedKeys(evidence: PythonEvidence): readonly string[] {
  return evidence.kind === 'lock' || evidence.kind === 'requirements' ? evidence.packages.map(keyOf) : [];
}
