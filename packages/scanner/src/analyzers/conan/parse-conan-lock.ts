import {
  fieldOf,
  type JsonObject,
  listOf,
  objectOf,
  parseJsonObject,
  stringOf,
  toObject,
} from '../../formats/json/index.ts';
import { keyOf, LockedPackages, type LockResult } from '../locked-packages.ts';
import { type ConanReference, parseReference } from './reference.ts';

/**
 * conan.lock. Versions up to 0.4 (Conan 1) hold the graph, 0.5 (Conan 2) lists of references.
 * https://docs.conan.io/1/versioning/lockfiles/introduction.html https://docs.conan.io/2/tutorial/versioning/lockfiles.html
 */
export function parseConanLock(bytes: Uint8Array): LockResult {
  const document = parseJsonObject(bytes);
  if (document === undefined) return { fault: 'the file is no JSON object', code: 'unreadable' };
  const version = stringOf(document, 'version');
  if (version !== undefined && !/^0\.[0-5]$/.test(version)) {
    return { fault: `version ${version} of conan.lock is not known`, code: 'unsupported' };
  }
  const graph = objectOf(document, 'graph_lock');
  const nodes = graph === undefined ? undefined : objectOf(graph, 'nodes');
  if (nodes !== undefined) return parseGraph(nodes);
  if (version === undefined) return { fault: 'the file has neither a version nor a graph', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const [section, dev] of SECTIONS) {
    for (const text of listOf(document, section)) {
      const reference = typeof text === 'string' ? parseReference(text) : undefined;
      if (reference !== undefined) locked.add({ ...reference, dev, direct: null });
    }
  }
  return locked.result();
}

/** What recipes and tools need at build time is not in what is built. */
const SECTIONS = [
  ['requires', false],
  ['build_requires', true],
  ['python_requires', true],
] as const;

function parseGraph(nodes: JsonObject): LockResult {
  const references = new Map<string, ConanReference>();
  const asked = new Set<string>();
  for (const id of Object.keys(nodes)) {
    const node = objectOf(nodes, id) ?? {};
    const reference = parseReference(stringOf(node, 'ref') ?? stringOf(node, 'pref') ?? '');
    // The project itself has a path, or no reference at all.
    if (reference === undefined || stringOf(node, 'path') !== undefined)
      for (const to of requiredOf(node)) asked.add(to);
    else references.set(id, { ...reference, qualifiers: { ...reference.qualifiers, ...buildOf(node) } });
  }
  const locked = new LockedPackages();
  for (const [id, reference] of references) {
    const node = objectOf(nodes, id) ?? {};
    const needs = requiredOf(node).flatMap((to) => {
      const needed = references.get(to);
      return needed === undefined ? [] : [keyOf({ ...needed, qualifiers: withoutMissing(needed.qualifiers) })];
    });
    locked.add({ ...reference, dev: stringOf(node, 'context') === 'build', direct: asked.has(id), needs });
  }
  return locked.result();
}

function buildOf(node: JsonObject): { readonly [key: string]: string } {
  const prev = stringOf(node, 'prev');
  return prev === undefined || !/^[0-9a-f]{2,64}$/.test(prev) ? {} : { prev };
}

/** A list of nodes, or before version 0.4 a map from references to nodes. */
function requiredOf(node: JsonObject): readonly string[] {
  const requires = fieldOf(node, 'requires');
  const ids: readonly unknown[] = Array.isArray(requires) ? requires : Object.values(toObject(requires) ?? {});
  return ids.filter((id) => typeof id === 'string');
}

function withoutMissing(qualifiers: ConanReference['qualifiers']): { readonly [key: string]: string } {
  return Object.fromEntries(
    Object.entries(qualifiers).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}
