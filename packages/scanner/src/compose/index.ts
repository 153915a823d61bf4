import type {
  Analyzer,
  ImageView,
  Inventory,
  Json,
  OperatingSystem,
  Problem,
  Resolution,
  ViewFile,
} from '@hullcheck/core';
import { analyzers, packageManagers, statingAnalyzers } from '../analyzers/catalogue.ts';
import { cleanText } from '../analyzers/foreign-text.ts';
import { osRelease } from '../analyzers/os-release/index.ts';
import { resolveOperatingSystem } from '../analyzers/os-release/resolve.ts';
import { programs } from '../analyzers/programs/index.ts';
import { applyLayers, type ComposedLayer } from './apply-layers.ts';
import { type Executable, weighExecutables } from './executables.ts';
import type { LiveFile } from './image-tree.ts';
import { mergePackages, mergeRelations } from './merge.ts';
import { ownerLookup } from './ownership.ts';
import { withoutRestated } from './stated.ts';

export type { ComposedLayer } from './apply-layers.ts';

/**
 * The inventory of an image from the reports of its non-empty layers, lowest first. Pure: equal reports give an equal
 * inventory, in a stated order (packages by purl, problems by layer). What can't be read becomes a problem; nothing throws.
 */
export function composeInventory(layers: readonly ComposedLayer[]): Inventory {
  const { tree, problems } = applyLayers(layers, analyzers);
  const files = tree.files();
  const diffIds = layers.map(({ diffId }) => diffId);
  const viewOf = (analyzer: Analyzer, system: OperatingSystem | null, ownerOf: OwnerOf): ImageView<Json> => ({
    files: viewFiles(files, analyzer.id),
    operatingSystem: system,
    layers: diffIds,
    ownerOf,
    realPath: (path) => tree.realPath(path),
  });

  // The operating system names every distribution package, and ownership decides who judges the rest: hence three steps.
  const system = resolveOperatingSystem({
    files: viewFiles(files, osRelease.id).flatMap(({ path, evidence }) => {
      const fields = osRelease.parseEvidence(evidence);
      return fields === undefined ? [] : [{ path, evidence: fields }];
    }),
    realPath: (path) => tree.realPath(path),
  });
  const resolve = (chosen: readonly Analyzer[], ownerOf: OwnerOf): readonly Resolution[] =>
    chosen.map((analyzer) => resolveSafely(analyzer, viewOf(analyzer, system.operatingSystem, ownerOf)));
  const managed = resolve(
    analyzers.filter(({ id }) => packageManagers.has(id)),
    nobody,
  );
  const others = analyzers.filter(({ id }) => !packageManagers.has(id) && id !== osRelease.id);
  const ownerOf = ownerLookup(tree, diffIds, managed);
  const rest = resolve(others, ownerOf);

  const resolutions = [...managed, ...rest];
  const found = resolutions.flatMap((resolution) => resolution.packages);
  const packages = mergePackages(withoutRestated(found, statingAnalyzers), diffIds);
  const { relations, problems: ofRelations } = mergeRelations(
    resolutions.map((resolution) => resolution.relations ?? []),
    packages,
  );
  return {
    operatingSystem: system.operatingSystem,
    packages,
    ...(relations.length === 0 ? {} : { relations }),
    ...(layers.length > 0 && layers.every(isWeighed)
      ? { executables: weighExecutables(executablesOf(files), packages, ownerOf) }
      : {}),
    problems: distinct([
      ...problems,
      ...system.problems,
      ...resolutions.flatMap((resolution) => resolution.problems),
      ...unnamedSystem(system.operatingSystem, managed),
      ...ofRelations,
    ]),
  };
}

/** Layers that could not be read, and those read by a version that did not weigh executables, leave the sum unknown. */
function isWeighed({ report }: ComposedLayer): boolean {
  return report?.readers[programs.id] !== undefined;
}

function executablesOf(files: readonly LiveFile[]): readonly Executable[] {
  return viewFiles(files, programs.id).flatMap(({ path, layer, evidence }) => {
    const executable = programs.parseEvidence(evidence)?.executable;
    return executable === undefined ? [] : [{ path, layer, ...executable }];
  });
}

type OwnerOf = ImageView<Json>['ownerOf'];

function nobody(): undefined {
  return undefined;
}

function viewFiles(files: readonly LiveFile[], analyzer: string): readonly ViewFile<Json>[] {
  return files.flatMap(({ path, histories }) => {
    const history = histories.get(analyzer);
    const visible = history?.at(-1);
    if (history === undefined || visible === undefined) return [];
    return [{ path, layer: visible.layer, evidence: visible.evidence, history }];
  });
}

/** A defect in one analyzer must not cost the image, and must not look like an image without packages. */
function resolveSafely(analyzer: Analyzer, view: ImageView<Json>): Resolution {
  try {
    return analyzer.resolve(view);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const detail = cleanText(`${analyzer.id} could not turn its evidence into packages: ${reason}`, 1000);
    return { packages: [], problems: [{ code: 'crashed', path: null, layer: null, detail }] };
  }
}

/** Without a distribution nobody can judge its packages. */
function unnamedSystem(system: OperatingSystem | null, managed: readonly Resolution[]): readonly Problem[] {
  if (system !== null || managed.every(({ packages }) => packages.length === 0)) return [];
  const detail = 'the image has distribution packages but no file that names the distribution';
  return [{ code: 'no-operating-system', path: null, layer: null, detail }];
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
