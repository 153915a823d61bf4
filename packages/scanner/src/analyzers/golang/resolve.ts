import {
  compareVersions,
  type ImageView,
  type Package,
  type Relation,
  type Resolution,
  type ViewFile,
} from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import type { GoEvidence } from './index.ts';
import type { GoManifest } from './parse.ts';
import type { GoProgram } from './parse-program.ts';
import type { GoSums } from './parse-sums.ts';

interface Versioned {
  readonly path: string;
  readonly version: string;
}

/**
 * The modules of each program, with the standard library as package `stdlib`, as the Go vulnerability database names it. Then
 * those of projects of which no program is there: a build links fewer modules than go.mod names, and the program says which.
 */
export function resolveGo(view: ImageView<GoEvidence>): Resolution {
  const packages: Package[] = [];
  const relations: Relation[] = [];
  const built = new Set<string>();
  for (const file of view.files) {
    if (file.evidence.kind !== 'program') continue;
    for (const { path, main } of file.evidence.modules) if (main) built.add(path);
    const found = resolveProgram(file, file.evidence, view);
    appendAll(packages, found.packages);
    appendAll(relations, found.relations);
  }
  const byPath = new Map(view.files.map((file) => [file.path, file] as const));
  for (const file of view.files) {
    if (file.evidence.kind !== 'manifest' || built.has(file.evidence.module) || isOfDistribution(file.evidence))
      continue;
    appendAll(packages, resolveProject(file, file.evidence, byPath, view));
  }
  return { packages, problems: [], relations };
}

function resolveProgram(
  file: ViewFile<GoEvidence>,
  program: GoProgram,
  view: ImageView<GoEvidence>,
): { readonly packages: readonly Package[]; readonly relations: readonly Relation[] } {
  const since = presentSince(file, keysOf);
  const all = [{ path: 'stdlib', version: program.goVersion, main: false }, ...program.modules];
  const packages = all.map((module) => ({ pkg: toPackage(module, null, file, since, view), main: module.main }));
  const main = packages.find((each) => each.main)?.pkg;
  return {
    packages: packages.map(({ pkg }) => pkg),
    relations: main === undefined ? [] : packages.map(({ pkg }) => ({ from: main.purl, to: pkg.purl })),
  };
}

/** What was copied for the build says more than what go.mod names; go.sum only adds what an old go.mod leaves out. */
function resolveProject(
  file: ViewFile<GoEvidence>,
  manifest: GoManifest,
  byPath: ReadonlyMap<string, ViewFile<GoEvidence>>,
  view: ImageView<GoEvidence>,
): readonly Package[] {
  const inside = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const vendor = byPath.get(`${inside}vendor/modules.txt`);
  if (vendor?.evidence.kind === 'vendor') {
    const since = presentSince(vendor, keysOf);
    const direct = new Set(manifest.modules.flatMap((module) => (module.direct ? [module.path] : [])));
    return vendor.evidence.modules.map((module) => toPackage(module, direct.has(module.required), vendor, since, view));
  }
  const replaced = replacerOf(manifest);
  const since = presentSince(file, keysOf);
  const named = manifest.modules.flatMap((module) => {
    const selected = replaced(module);
    return selected === null ? [] : [toPackage(selected, module.direct, file, since, view)];
  });
  const sums = byPath.get(`${inside}go.sum`);
  if (manifest.complete || sums?.evidence.kind !== 'sums') return named;
  const sinceOfSums = presentSince(sums, keysOf);
  const others = unnamedModules(sums.evidence, manifest).flatMap((module) => {
    const selected = replaced(module);
    return selected === null ? [] : [toPackage(selected, false, sums, sinceOfSums, view)];
  });
  return [...named, ...others];
}

/** The greatest version of each module that go.mod doesn't name, which is the one that minimal version selection takes. */
function unnamedModules(sums: GoSums, manifest: GoManifest): readonly Versioned[] {
  const known = new Set(
    [...manifest.modules, ...manifest.replacements.flatMap(({ to }) => (to === null ? [] : [to]))].map(
      ({ path }) => path,
    ),
  );
  const greatest = new Map<string, string>();
  for (const { path, version } of sums.modules) {
    if (known.has(path)) continue;
    const before = greatest.get(path);
    if (before === undefined || compareVersions('golang', before, version) === -1) greatest.set(path, version);
  }
  return [...greatest].map(([path, version]) => ({ path, version }));
}

/** A replacement of one version goes before one of all versions. Null where a folder without version takes a module's place. */
function replacerOf({ replacements }: GoManifest): (module: Versioned) => Versioned | null {
  const byModule = new Map(replacements.map(({ path, version, to }) => [keyOf({ path, version: version ?? '' }), to]));
  return (module) => {
    const one = byModule.get(keyOf(module));
    const all = byModule.get(keyOf({ path: module.path, version: '' }));
    return one !== undefined ? one : all !== undefined ? all : module;
  };
}

/** The Go distribution's own source code. What it needs is part of the standard library and the tools that are built of it. */
function isOfDistribution({ module }: GoManifest): boolean {
  return module === 'std' || module === 'cmd';
}

function toPackage(
  module: Versioned,
  direct: boolean | null,
  file: ViewFile<GoEvidence>,
  since: ReadonlyMap<string, number>,
  view: ImageView<GoEvidence>,
): Package {
  const { path, version } = module;
  const slash = path.lastIndexOf('/');
  return toLanguagePackage(
    {
      type: 'golang',
      namespace: path.slice(0, Math.max(slash, 0)),
      name: path.slice(slash + 1),
      fullName: path,
      version,
      direct,
    },
    { view, file, layer: since.get(keyOf(module)), analyzer: 'golang' },
  );
}

function keysOf(evidence: GoEvidence): readonly string[] {
  switch (evidence.kind) {
    case 'program':
      return [keyOf({ path: 'stdlib', version: evidence.goVersion }), ...evidence.modules.map(keyOf)];
    case 'manifest':
      return [...evidence.modules, ...evidence.replacements.flatMap(({ to }) => (to === null ? [] : [to]))].map(keyOf);
    case 'sums':
    case 'vendor':
      return evidence.modules.map(keyOf);
  }
}

function keyOf({ path, version }: Versioned): string {
  return `${path}\u0000${version}`;
}
