import type { ImageView, Package, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { folderOf } from '../image-path.ts';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import type { PythonEvidence } from './index.ts';
import { normalizeName } from './names.ts';
import type { PythonDistribution } from './parse.ts';
import { siteOf } from './paths.ts';
import { resolveLocks } from './resolve-locks.ts';

interface Installed {
  readonly file: ViewFile<PythonEvidence>;
  readonly found: PythonDistribution;
  readonly pkg: Package;
}

/**
 * Each distribution with its own metadata file, those that others carry along (`setuptools/_vendor`) included; and of projects that
 * have nothing installed what their lock files name.
 */
export function resolvePython(view: ImageView<PythonEvidence>): Resolution {
  const requested = new Set<string>();
  const requires = new Map<string, readonly string[]>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind === 'requested') requested.add(folderOf(path));
    if (evidence.kind === 'requires') requires.set(folderOf(path), evidence.needs);
  }
  const installed: Installed[] = [];
  for (const file of view.files) {
    if (file.evidence.kind !== 'distribution') continue;
    const found = file.evidence.distribution;
    const pkg = toPackage(found, file, view, requested.has(folderOf(file.path)));
    const more = file.path.endsWith('/PKG-INFO') ? (requires.get(folderOf(file.path)) ?? []) : [];
    installed.push({ file, found: { ...found, needs: [...new Set([...found.needs, ...more])] }, pkg });
  }
  const locked = resolveLocks(view, witnessesOf(installed));
  return {
    packages: [...installed.map(({ pkg }) => pkg), ...locked.packages],
    problems: [],
    relations: [...installedRelations(installed), ...locked.relations],
  };
}

/** What virtual environments and base images have without any project. */
const CARRIED = new Set(['pip', 'setuptools', 'wheel', 'distribute']);

/**
 * Normalised names that show that some project was installed. What a distribution package owns is there without any project, and so
 * is what other packages carry along.
 */
function witnessesOf(installed: readonly Installed[]): ReadonlySet<string> {
  return new Set(
    installed.flatMap(({ file, found, pkg }) => {
      const name = normalizeName(found.name);
      return pkg.ownedBy !== null || CARRIED.has(name) || file.path.includes('/_vendor/') ? [] : [name];
    }),
  );
}

/** To what the distribution imports: in its own folder first; a system's Python has several, so else where only one has it. */
function* installedRelations(installed: readonly Installed[]): Generator<Relation> {
  const bySite = new Map<string, string>();
  const byName = new Map<string, string | null>();
  for (const { file, found, pkg } of installed) {
    const name = normalizeName(found.name);
    const key = `${siteOf(file.path)}\u0000${name}`;
    if (!bySite.has(key)) bySite.set(key, pkg.purl);
    const other = byName.get(name);
    byName.set(name, other === undefined || other === pkg.purl ? pkg.purl : null);
  }
  for (const { file, found, pkg } of installed) {
    const site = siteOf(file.path);
    for (const need of found.needs) {
      const to = bySite.get(`${site}\u0000${need}`) ?? byName.get(need);
      if (typeof to === 'string') yield { from: pkg.purl, to };
    }
  }
}

function toPackage(
  found: PythonDistribution,
  file: ViewFile<PythonEvidence>,
  view: ImageView<PythonEvidence>,
  requested: boolean,
): Package {
  return toLanguagePackage(
    {
      type: 'pypi',
      name: normalizeName(found.name),
      fullName: found.name,
      version: found.version,
      licenses: found.licenses,
      // Installers older than pip 20.2, and setuptools, leave no mark, so its absence says nothing.
      direct: requested ? true : null,
    },
    { view, file, layer: presentSince(file, keysOf).get(keyOf(found)), analyzer: 'python' },
  );
}

function keysOf(evidence: PythonEvidence): readonly string[] {
  return evidence.kind === 'distribution' ? [keyOf(evidence.distribution)] : [];
}

function keyOf({ name, version }: PythonDistribution): string {
  return `${name}\u0000${version}`;
}
