import { type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { isNugetVersion } from './published.ts';

export interface DepsFile {
  /** Names of the projects that were built, sorted. */
  readonly projects: readonly string[];
  /** Base names of the assemblies that the file accounts for, sorted. */
  readonly assemblies: readonly string[];
  readonly packages: LockResult;
}

/** Kinds of files that run. What else a package has (`compile`, `build`, documentation) is for those who build. */
const RUNNING = ['runtime', 'runtimeTargets', 'native', 'resources'];
/** The SDK puts it before the name of a runtime that an application brings along. */
const RUNTIME_PACK = 'runtimepack.';

interface Library {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly assets: readonly string[];
  /** Lower-case names; NuGet knows no case, and a target has one version of each package. */
  readonly needs: readonly string[];
}

/**
 * <app>.deps.json, which the .NET host reads to find an application's assemblies, and the file of the same form beside each
 * shared framework. A package without files that run is left out: where the framework has a newer copy of its assemblies, the SDK
 * takes them away from the package and leaves its name (https://github.com/aquasecurity/trivy/pull/7039).
 * Form: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
 */
export function parseDepsFile(bytes: Uint8Array): DepsFile {
  const document = parseJsonObject(bytes);
  const libraries = document === undefined ? undefined : objectOf(document, 'libraries');
  const target = document === undefined ? undefined : chosenTarget(document);
  if (libraries === undefined || target === undefined) {
    const fault = document === undefined ? 'the file is no JSON object' : 'the file has no target or no libraries';
    return { projects: [], assemblies: [], packages: { fault, code: 'unreadable' } };
  }
  return toDepsFile(toLibraries(libraries, target));
}

/** The target of this file's runtime; the SDK writes an empty one for the framework beside it. */
function chosenTarget(document: JsonObject): JsonObject | undefined {
  const targets = objectOf(document, 'targets');
  if (targets === undefined) return undefined;
  const stated = objectOf(document, 'runtimeTarget');
  const name = stated === undefined ? stringOf(document, 'runtimeTarget') : stringOf(stated, 'name');
  const named = name === undefined ? undefined : objectOf(targets, name);
  if (named !== undefined) return named;
  const [only, ...others] = Object.values(targets);
  return others.length === 0 ? toObject(only) : undefined;
}

function toLibraries(libraries: JsonObject, target: JsonObject): readonly Library[] {
  return Object.entries(target).flatMap(([key, value]) => {
    const entry = toObject(value);
    const type = stringOf(objectOf(libraries, key) ?? {}, 'type');
    const slash = key.indexOf('/');
    if (entry === undefined || type === undefined || slash === -1) return [];
    return {
      name: withoutPrefix(key.slice(0, slash)),
      version: key.slice(slash + 1),
      type,
      assets: assetsOf(entry),
      needs: needsOf(entry),
    };
  });
}

/** Paths of files that run; `_._` stands for none. */
export function assetsOf(entry: JsonObject): readonly string[] {
  return RUNNING.flatMap((kind) => Object.keys(objectOf(entry, kind) ?? {})).filter((path) => !path.endsWith('_._'));
}

/** Lower-case names of what one library of a target needs. */
export function needsOf(entry: JsonObject): readonly string[] {
  return Object.keys(objectOf(entry, 'dependencies') ?? {})
    .slice(0, limits.needsPerPackageMax)
    .map((name) => withoutPrefix(name).toLowerCase());
}

function withoutPrefix(name: string): string {
  return name.startsWith(RUNTIME_PACK) ? name.slice(RUNTIME_PACK.length) : name;
}

function toDepsFile(libraries: readonly Library[]): DepsFile {
  const ownProjects = libraries.filter(({ type }) => type === 'project');
  const direct = new Set(ownProjects.flatMap(({ needs }) => needs));
  const keys = new Map(libraries.map(({ name, version }) => [name.toLowerCase(), `${name}@${version}`]));
  const locked = new LockedPackages(isNugetVersion);
  for (const { name, version, type, assets, needs } of libraries) {
    if ((type !== 'package' && type !== 'runtimepack') || assets.length === 0) continue;
    locked.add({
      name,
      version,
      dev: false,
      direct: ownProjects.length === 0 ? null : direct.has(name.toLowerCase()),
      needs: needs.flatMap((need) => keys.get(need) ?? []),
    });
    if (locked.full) break;
  }
  const assemblies = new Set<string>();
  for (const path of libraries.flatMap(({ assets }) => assets)) {
    const base = path.slice(path.lastIndexOf('/') + 1);
    if (assemblies.size >= limits.packagesPerFileMax) break;
    if (/\.(?:dll|exe)$/i.test(base) && identifierOf(base, limits.nameCharsMax) !== undefined) assemblies.add(base);
  }
  const projects = ownProjects
    .flatMap(({ name }) => identifierOf(name, limits.nameCharsMax) ?? [])
    .slice(0, limits.packagesPerFileMax);
  return { projects: [...new Set(projects)].sort(), assemblies: [...assemblies].sort(), packages: locked.result() };
}
