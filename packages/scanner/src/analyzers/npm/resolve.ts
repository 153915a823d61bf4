import type { ImageView, Package, Problem, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { fileProblem } from '../foreign-text.ts';
import { toLanguagePackage } from '../language-package.ts';
import { keyOf, relationsOf } from '../lock-analyzer.ts';
import { presentSince } from '../presence.ts';
import type { NpmEvidence } from './index.ts';
import { manifestsOf } from './manifests.ts';
import { neededFolders } from './needed-folders.ts';
import { folderOf, type InstalledPlace, installedPlace } from './paths.ts';
import { runningPackages } from './running-packages.ts';

type View = ImageView<NpmEvidence>;

interface Installed {
  readonly file: ViewFile<NpmEvidence>;
  readonly place: InstalledPlace;
  readonly needs: readonly string[];
  readonly pkg: Package;
}

/** Installed packages; and for each project that has none installed, what its lock file names for production. */
export function resolveNpm(view: View): Resolution {
  const manifests = manifestsOf(view);
  const installed = view.files.flatMap((file): readonly Installed[] => {
    const { evidence } = file;
    const place = evidence.kind === 'package' ? installedPlace(file.path) : undefined;
    if (evidence.kind !== 'package' || place === undefined) return [];
    const pkg = toPackage(evidence, file, view, presentSince(file, keysOf), manifests.isDirect(place));
    return [{ file, place, needs: evidence.needs ?? [], pkg }];
  });
  const projects = new Set(installed.map(({ place }) => place.project));
  const packages = installed.map(({ pkg }) => pkg);
  const relations: Relation[] = [...relationsOfInstalled(installed, view)];
  const problems: Problem[] = [];
  const locked = new Set(
    view.files.flatMap(({ path, evidence }) => (evidence.kind === 'lock' ? [folderOf(path)] : [])),
  );
  for (const file of view.files) {
    const folder = folderOf(file.path);
    if (projects.has(folder)) continue;
    if (file.evidence.kind === 'binary-lock' && !locked.has(folder))
      problems.push(fileProblem('unsupported', file.path, 'binary lock files of Bun are not read; `bun.lock` is'));
    if (file.evidence.kind !== 'lock') continue;
    const since = presentSince(file, keysOf);
    const purls = new Map<string, string>();
    const running = runningPackages(file.evidence.packages, manifests.at(folder));
    for (const entry of running) {
      const pkg = toPackage(entry, file, view, since, entry.direct);
      purls.set(keyOf(entry), pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(running, purls));
  }
  return { packages, problems, relations };
}

function relationsOfInstalled(installed: readonly Installed[], view: View): readonly Relation[] {
  const purls = new Map(installed.map(({ place, pkg }) => [place.folder, pkg.purl] as const));
  const find = neededFolders(purls, view);
  return installed.flatMap(({ place, needs, pkg }) =>
    needs.flatMap((name) => {
      const folder = find(place.folder, name);
      const to = folder === undefined ? undefined : purls.get(folder);
      return to === undefined ? [] : [{ from: pkg.purl, to }];
    }),
  );
}

function toPackage(
  found: { readonly name: string; readonly version: string; readonly licenses?: readonly string[] },
  file: ViewFile<NpmEvidence>,
  view: View,
  since: ReadonlyMap<string, number>,
  direct: boolean | null,
): Package {
  const { name, version, licenses } = found;
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  return toLanguagePackage(
    {
      type: 'npm',
      namespace: name.slice(0, Math.max(slash, 0)),
      name: name.slice(slash + 1),
      fullName: name,
      version,
      licenses: licenses ?? [],
      direct,
    },
    { view, file, layer: since.get(keyOf(found)), analyzer: 'npm' },
  );
}

function keysOf(evidence: NpmEvidence): readonly string[] {
  if (evidence.kind === 'package') return [keyOf(evidence)];
  return evidence.kind === 'lock' ? evidence.packages.map(keyOf) : [];
}
