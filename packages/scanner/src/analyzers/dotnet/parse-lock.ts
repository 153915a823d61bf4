import { type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { assetsOf, needsOf } from './parse.ts';
import { isNugetVersion } from './published.ts';

/**
 * packages.lock.json of versions 1 and 2: for each framework the packages with their resolved versions, `Direct`, `Transitive`,
 * `CentralTransitive`, or `Project` for those of the same solution.
 * https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies
 */
export function parsePackagesLock(bytes: Uint8Array): LockResult {
  const document = parseJsonObject(bytes);
  const frameworks = document === undefined ? undefined : objectOf(document, 'dependencies');
  if (frameworks === undefined)
    return { fault: 'the lock file is no JSON object with dependencies', code: 'unreadable' };
  const locked = new LockedPackages(isNugetVersion);
  for (const value of Object.values(frameworks)) {
    const packages = Object.entries(toObject(value) ?? {}).flatMap(([name, entry]) => {
      const fields = toObject(entry);
      return fields === undefined ? [] : [{ name, fields, version: stringOf(fields, 'resolved') }];
    });
    const keys = new Map(packages.map(({ name, version }) => [name.toLowerCase(), `${name}@${version}`]));
    for (const { name, fields, version } of packages) {
      locked.add({
        name,
        version,
        dev: false,
        direct: stringOf(fields, 'type') === 'Direct',
        needs: needsOf(fields).flatMap((need) => keys.get(need) ?? []),
      });
      if (locked.full) return locked.result();
    }
  }
  return locked.result();
}

export interface AssetsFile {
  /** Name of the project that was restored; null where the file doesn't say. */
  readonly project: string | null;
  readonly packages: LockResult;
}

/** obj/project.assets.json: what NuGet restored, by target, and what the project asks for in `projectFileDependencyGroups`. */
export function parseAssetsFile(bytes: Uint8Array): AssetsFile {
  const document = parseJsonObject(bytes);
  const targets = document === undefined ? undefined : objectOf(document, 'targets');
  if (document === undefined || targets === undefined)
    return { project: null, packages: { fault: 'the file is no JSON object with targets', code: 'unreadable' } };
  const direct = directNames(document);
  const locked = new LockedPackages(isNugetVersion);
  for (const value of Object.values(targets)) addTarget(toObject(value) ?? {}, direct, locked);
  const restore = objectOf(objectOf(document, 'project') ?? {}, 'restore');
  return { project: (restore && stringOf(restore, 'projectName')) ?? null, packages: locked.result() };
}

/** Packages of which nothing runs only take part in building: analyzers, source generators, reference assemblies. */
function addTarget(target: JsonObject, direct: ReadonlySet<string>, locked: LockedPackages): void {
  const libraries = Object.entries(target).flatMap(([key, value]) => {
    const fields = toObject(value);
    const slash = key.indexOf('/');
    return fields === undefined || slash === -1
      ? []
      : [{ name: key.slice(0, slash), version: key.slice(slash + 1), fields }];
  });
  const keys = new Map(libraries.map(({ name, version }) => [name.toLowerCase(), `${name}@${version}`]));
  for (const { name, version, fields } of libraries) {
    if (locked.full) return;
    if (stringOf(fields, 'type') !== 'package' || assetsOf(fields).length === 0) continue;
    locked.add({
      name,
      version,
      dev: false,
      direct: direct.has(name.toLowerCase()),
      needs: needsOf(fields).flatMap((need) => keys.get(need) ?? []),
    });
  }
}

/** `Newtonsoft.Json >= 13.0.1` */
function directNames(document: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  for (const group of Object.values(objectOf(document, 'projectFileDependencyGroups') ?? {})) {
    const wanted: readonly unknown[] = Array.isArray(group) ? group : [];
    for (const text of wanted.slice(0, limits.packagesPerFileMax))
      if (typeof text === 'string') names.add((text.split(' ', 1)[0] ?? '').toLowerCase());
  }
  return names;
}
