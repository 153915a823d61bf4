import { fieldOf, type JsonObject, objectOf, stringOf, toObject } from '../../formats/json/index.ts';
import { parseToml } from '../../formats/toml/index.ts';
import { limits } from '../limits.ts';
import { type LockEdge, type LockNode, type PythonLockResult, toNode, toPythonLock } from './lock-graph.ts';
import { distributionName } from './names.ts';
import { parseRequirement } from './requirement.ts';

const UNREADABLE: PythonLockResult = {
  fault: 'the lock file is no TOML document that lists packages',
  code: 'unreadable',
};

/**
 * uv.lock. The project's own packages are in it too, with what they ask for: what these need without their development groups is
 * for production. https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
 */
export function parseUvLock(bytes: Uint8Array): PythonLockResult {
  const root = parseToml(bytes);
  const entries = root === undefined ? undefined : packagesOf(root, 'package');
  // A project without dependencies has an entry of its own; a script without any has only the header.
  if (root === undefined || (entries === undefined && fieldOf(root, 'version') === undefined)) return UNREADABLE;
  const own = (entries ?? []).filter(isOwn);
  const manifest = objectOf(root, 'manifest') ?? {};
  const nodes = (entries ?? []).flatMap((entry) => {
    if (isOwn(entry)) return [];
    return toNode(stringOf(entry, 'name'), stringOf(entry, 'version'), { edges: uvEdges(entry) }) ?? [];
  });
  const production = [...own.flatMap(uvEdges), ...tableEdges(fieldOf(manifest, 'requirements'))];
  const development = [...own, manifest].flatMap((entry) => [
    ...groupedEdges(entry, 'dev-dependencies'),
    ...groupedEdges(entry, 'dependency-groups'),
  ]);
  const isRooted = own.length > 0 || production.length > 0;
  return toPythonLock(nodes, isRooted ? { production, development } : undefined);
}

/** A package of the workspace, which no index published. */
function isOwn(entry: JsonObject): boolean {
  const source = objectOf(entry, 'source');
  return source !== undefined && ['virtual', 'editable', 'directory'].some((key) => Object.hasOwn(source, key));
}

function uvEdges(entry: JsonObject): readonly LockEdge[] {
  return [...tableEdges(fieldOf(entry, 'dependencies')), ...groupedEdges(entry, 'optional-dependencies')];
}

function groupedEdges(entry: JsonObject, key: string): readonly LockEdge[] {
  return Object.values(objectOf(entry, key) ?? {}).flatMap(tableEdges);
}

/** `[{ name = "anyio", version = "4.12.1", marker = "…" }]`. */
function tableEdges(value: unknown): readonly LockEdge[] {
  return listOf(value).flatMap((item) => {
    const table = toObject(item);
    const name = distributionName(table === undefined ? undefined : stringOf(table, 'name'));
    if (table === undefined || name === undefined) return [];
    return [{ name, version: stringOf(table, 'version'), marker: stringOf(table, 'marker') }];
  });
}

/**
 * poetry.lock: groups are stated by Poetry 2 (`groups`) and before 1.5 (`category`); in between only pyproject.toml knows them.
 * https://python-poetry.org/docs/libraries/#lock-file
 */
export function parsePoetryLock(bytes: Uint8Array): PythonLockResult {
  const root = parseToml(bytes);
  const entries = root === undefined ? undefined : packagesOf(root, 'package');
  if (root === undefined || (entries === undefined && objectOf(root, 'metadata') === undefined)) return UNREADABLE;
  const nodes = (entries ?? []).flatMap((entry) => {
    if (stringOf(objectOf(entry, 'source') ?? {}, 'type') === 'directory') return [];
    const category = stringOf(entry, 'category');
    return (
      toNode(stringOf(entry, 'name'), stringOf(entry, 'version'), {
        marker: stringOf(entry, 'markers'),
        dev: isForDevelopment(entry, 'main') ?? (category === undefined ? undefined : category === 'dev'),
        edges: poetryEdges(entry),
      }) ?? []
    );
  });
  return toPythonLock(nodes, undefined);
}

/** `idna = ">=2.8"`, `h2 = { version = "…", markers = "…" }`, or a list of such for different environments. */
function poetryEdges(entry: JsonObject): readonly LockEdge[] {
  return Object.entries(objectOf(entry, 'dependencies') ?? {}).flatMap(([name, value]) => {
    if (distributionName(name) === undefined) return [];
    const alternatives = Array.isArray(value) ? listOf(value) : [value];
    return alternatives.map((item) => ({ name, marker: stringOf(toObject(item) ?? {}, 'markers') }));
  });
}

/** pdm.lock, https://pdm-project.org/en/latest/usage/lockfile/. A package with extras has an entry of its own beside the plain one. */
export function parsePdmLock(bytes: Uint8Array): PythonLockResult {
  const root = parseToml(bytes);
  const entries = root === undefined ? undefined : packagesOf(root, 'package');
  if (root === undefined || (entries === undefined && objectOf(root, 'metadata') === undefined)) return UNREADABLE;
  const nodes = (entries ?? []).flatMap((entry): readonly LockNode[] => {
    if (stringOf(entry, 'path') !== undefined) return [];
    const node = toNode(stringOf(entry, 'name'), stringOf(entry, 'version'), {
      marker: stringOf(entry, 'marker'),
      dev: isForDevelopment(entry, 'default'),
      edges: specifierEdges(fieldOf(entry, 'dependencies')),
    });
    return node === undefined ? [] : [node];
  });
  return toPythonLock(nodes, undefined);
}

function specifierEdges(value: unknown): readonly LockEdge[] {
  return listOf(value).flatMap((item) => {
    const found = typeof item === 'string' ? parseRequirement(item) : undefined;
    return found === undefined ? [] : [{ name: found.name, version: found.pinned, marker: found.marker }];
  });
}

/** pylock.toml (PEP 751), https://packaging.python.org/en/latest/specifications/pylock-toml/ */
export function parsePylock(bytes: Uint8Array): PythonLockResult {
  const root = parseToml(bytes);
  if (root === undefined || stringOf(root, 'lock-version') === undefined)
    return { fault: 'the file is no TOML document with a lock-version', code: 'unreadable' };
  const defaults = listOf(fieldOf(root, 'default-groups')).filter((group) => typeof group === 'string');
  const nodes = (packagesOf(root, 'packages') ?? []).flatMap((entry) => {
    if (objectOf(entry, 'directory') !== undefined) return [];
    const marker = stringOf(entry, 'marker');
    return (
      toNode(stringOf(entry, 'name'), stringOf(entry, 'version'), {
        marker,
        dev: marker === undefined ? undefined : isOfGroups(marker, defaults) || undefined,
        edges: tableEdges(fieldOf(entry, 'dependencies')),
      }) ?? []
    );
  });
  return toPythonLock(nodes, undefined);
}

/** Whether a marker asks for dependency groups, and for none that is installed by default. */
function isOfGroups(marker: string, defaults: readonly string[]): boolean {
  if (marker.length > limits.markerCharsMax) return false;
  const groups = [...marker.matchAll(/['"]([^'"]{1,200})['"] in dependency_groups/g)].map((match) => match[1] ?? '');
  return groups.length > 0 && !groups.some((group) => group === 'default' || defaults.includes(group));
}

/** By the groups that an entry names; undefined where it names none. */
function isForDevelopment(entry: JsonObject, production: string): boolean | undefined {
  const groups = listOf(fieldOf(entry, 'groups'));
  return groups.length === 0 ? undefined : !groups.includes(production);
}

function packagesOf(root: JsonObject, key: string): readonly JsonObject[] | undefined {
  const value = fieldOf(root, key);
  if (!Array.isArray(value)) return undefined;
  // One above the limit, so that what was cut off is noticed.
  const cut: readonly unknown[] = value.slice(0, limits.packagesPerFileMax + 1);
  return cut.map(toObject).filter((item) => item !== undefined);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, limits.needsPerPackageMax) : [];
}
